// SPDX-License-Identifier: Apache-2.0
// Settle times per operation, as small histograms that share one scale. Start
// at showHistograms().

const BINS_PER_DECADE = 8;
const SHOWN_FIRST = 12; // the others come on request
const PLOT = { width: 320, height: 128, top: 30, bottom: 22, side: 4 };
const MARKED = [['median', 'median'], ['p90', 'p90'], ['p99', 'p99']];

let showsAllHistograms = false;

function showHistograms() {
  const host = byId('histograms');
  const groups = settleGroups();
  if (groups.length === 0) {
    host.replaceChildren(emptyNote('No mutation has settled.',
      'Settle times are those of mutations whose read-backs all held.'));
    return;
  }
  const scale = makeLogScale(groups);
  const shown = showsAllHistograms ? groups : groups.slice(0, SHOWN_FIRST);
  const figures = shown.map((group) => makeHistogram(group, scale));
  if (groups.length > shown.length) {
    figures.push(el('button', { type: 'button', class: 'more', onclick: showAllHistograms },
      `Show all ${count(groups.length)} operations`));
  }
  host.replaceChildren(...figures);
}

function showAllHistograms() {
  showsAllHistograms = true;
  showHistograms();
}

/** Operations with the settle times of their mutations. */
function settleGroups() {
  const times = new Map();
  for (const m of page.model.mutations) {
    if (m.outcome === 'settled' && Number.isFinite(m.visible_ms)) {
      const key = `${m.service} ${m.operation}`;
      if (!times.has(key)) {
        times.set(key, []);
      }
      times.get(key).push(m.visible_ms);
    }
  }
  return page.model.operations
    .map((operation) => ({ operation,
      values: times.get(`${operation.service} ${operation.operation}`) ?? [] }))
    .filter((group) => group.values.length > 0)
    .sort((a, b) => b.values.length - a.values.length);
}

/** Half decades around all values; what is below 1 ms counts as 1 ms. */
function makeLogScale(groups) {
  let [low, high] = [Infinity, 1];
  for (const { values } of groups) {
    for (const value of values) {
      low = Math.min(low, Math.max(value, 1));
      high = Math.max(high, value);
    }
  }
  const from = Math.floor(Math.log10(low) * 2) / 2;
  const to = Math.max(from + 1, Math.ceil(Math.log10(high * 1.001) * 2) / 2);
  const width = PLOT.width - 2 * PLOT.side;
  return { from, to, bins: (to - from) * BINS_PER_DECADE,
    x: (ms) => PLOT.side + (Math.log10(Math.max(ms, 1)) - from) / (to - from) * width,
    bin: (ms) => Math.floor((Math.log10(Math.max(ms, 1)) - from) * BINS_PER_DECADE + 1e-9) };
}

function makeHistogram({ operation, values }, scale) {
  const bins = new Array(scale.bins).fill(0);
  for (const value of values) {
    bins[clamp(scale.bin(value), 0, scale.bins - 1)]++;
  }
  const figures = operation.settle_ms ?? {};
  const words = MARKED.filter(([key]) => Number.isFinite(figures[key]))
    .map(([key, label]) => `${label} ${duration(figures[key])}`).join(' · ');
  const name = `${operation.service} ${operation.operation}`;
  return el('figure', {},
    el('figcaption', {}, el('h3', { title: name }, operation.operation),
      el('span', { class: 'soft' }, plural(values.length, 'settled', 'settled'))),
    el('p', { class: 'figures' }, words),
    svg('svg', { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, role: 'img',
      'aria-label': `Settle times of ${operation.operation}: ${words}` },
    ...drawColumns(bins, scale), ...drawScale(scale), ...drawMarks(figures, scale)));
}

function drawColumns(bins, scale) {
  const width = (PLOT.width - 2 * PLOT.side) / scale.bins;
  const room = PLOT.height - PLOT.top - PLOT.bottom;
  const most = Math.max(...bins);
  return bins.map((n, i) => n > 0 && svg('rect', { class: 'column',
    x: (PLOT.side + i * width + 0.5).toFixed(1), width: (width - 1).toFixed(1),
    y: (PLOT.height - PLOT.bottom - Math.max(1.5, room * n / most)).toFixed(1),
    height: Math.max(1.5, room * n / most).toFixed(1) }));
}

function drawScale(scale) {
  const base = PLOT.height - PLOT.bottom;
  const parts = [svg('line', { class: 'base', x1: 0, x2: PLOT.width, y1: base, y2: base })];
  for (let power = Math.ceil(scale.from); power <= scale.to; power++) {
    const x = scale.x(10 ** power);
    const anchor = x < 20 ? 'start' : x > PLOT.width - 20 ? 'end' : 'middle';
    parts.push(svg('line', { class: 'base', x1: x, x2: x, y1: base, y2: base + 4 }),
      svg('text', { x, y: PLOT.height - 5, 'text-anchor': anchor }, decade(10 ** power)));
  }
  return parts;
}

/** Lines at median, p90, p99; names where they do not run into each other. */
function drawMarks(figures, scale) {
  let free = -Infinity;
  return MARKED.flatMap(([key, label]) => {
    if (!Number.isFinite(figures[key])) {
      return [];
    }
    const x = scale.x(figures[key]);
    const width = label.length * 7;
    const at = clamp(x, width / 2, PLOT.width - width / 2);
    const fits = at - width / 2 >= free;
    free = fits ? at + width / 2 + 4 : free;
    return [svg('line', { class: `at ${key}`, x1: x, x2: x, y1: PLOT.top - 10,
      y2: PLOT.height - PLOT.bottom }),
    fits && svg('text', { x: at, y: PLOT.top - 14, 'text-anchor': 'middle' }, label)];
  });
}
