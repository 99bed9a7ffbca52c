// SPDX-License-Identifier: Apache-2.0
// The evidence for one mutation, at the side: facts, its own small timeline,
// the reads that came too early, each confirmation with its read-backs, the
// request. Start at openDetail().

const shownDetail = { what: null, id: null, back: null };

/** what: { mutation: index } or { early } */
function openDetail(what) {
  const panel = byId('detail');
  const i = what.early ? what.early.write : what.mutation;
  if (panel.hidden) {
    shownDetail.back = document.activeElement;
  }
  shownDetail.what = what;
  shownDetail.id = i >= 0 ? mutationKey(i) : null;
  selectMutation(i);
  fillDetail(panel, i, what.early ?? null);
  panel.hidden = false;
  panel.scrollTop = 0;
  drawStory(i);
  byId('detail-title').focus({ preventScroll: true });
  markOpen(callGrid, shownDetail.id);
  markOpen(raceGrids.race, what.early ? earlyKey(what.early) : null);
}

function closeDetail() {
  const panel = byId('detail');
  if (panel.hidden) {
    return;
  }
  panel.hidden = true;
  markOpen(callGrid, null);
  markOpen(raceGrids.race, null);
  const { back } = shownDetail;
  Object.assign(shownDetail, { what: null, id: null, back: null });
  (back?.isConnected ? back : rowButton(callGrid) ?? byId('chart')).focus({ preventScroll: true });
}

/** New data: the same mutation, as it is now. */
function refreshDetail() {
  const panel = byId('detail');
  const i = page.model.byId.get(shownDetail.id); // its key
  if (panel.hidden || i === undefined) {
    return;
  }
  const held = panel.contains(document.activeElement);
  const top = panel.scrollTop;
  fillDetail(panel, i, null);
  drawStory(i);
  panel.scrollTop = top;
  if (held) {
    byId('detail-title').focus({ preventScroll: true });
  }
}

function startDetail() {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !byId('detail').hidden) {
      event.preventDefault();
      closeDetail();
    }
  });
}

function fillDetail(panel, i, early) {
  panel.replaceChildren(...[
    detailHead(i, early),
    early && part('This read', earlyNote(early)),
    ...(i < 0 ? [part('The write', 'It is not in this report.')] : mutationParts(i, early)),
  ].filter(Boolean));
}

function mutationParts(i, early) {
  const others = racesOf(page.model, i).filter((e) => e !== early);
  const request = mutationOf(i).request;
  return [
    part(null, el('div', { id: 'story' })),
    part(early ? 'The write' : null, factsOf(i)),
    others.length > 0 && part(othersTitle(others, early), ...others.map(earlyNote)),
    ...confirmationParts(i),
    part('Request', request === undefined ? el('p', { class: 'soft' }, 'It is not in the log.')
      : el('pre', { tabindex: 0 }, JSON.stringify(request, null, 2))),
  ];
}

function othersTitle(others, early) {
  const words = others.some((other) => other.kind === REGRET)
    ? 'reads that came too early, and regrets' : 'reads that came too early';
  return early ? `Other ${words}` : `R${words.slice(1)}`;
}

function part(title, ...content) {
  return el('section', {}, title && el('h3', {}, title), content);
}

function detailHead(i, early) {
  const title = early ? `${early.fact.read_operation} came too early`
    : mutationOf(i).operation;
  const about = early ? early.fact.resource : mutationOf(i).resource;
  const go = (step, label, sign) => el('button', { type: 'button', class: 'quiet',
    'aria-label': label, title: label, onclick: () => stepDetail(step) }, sign);
  return el('div', { class: 'detail-head' },
    el('div', {}, el('h2', { id: 'detail-title', tabindex: -1 },
      early?.kind === REGRET ? `${early.fact.read_operation}: a regret` : title),
    el('p', { class: 'soft' }, about ?? '')),
    go(-1, 'The one before in the table', '↑'), go(1, 'The next in the table', '↓'),
    el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', title: 'Close (Esc)',
      onclick: closeDetail }, '✕'));
}

/** The neighbour, in the order of the table that lists what is shown. */
function stepDetail(step) {
  const { what } = shownDetail;
  const grid = !what.early ? callGrid
    : what.early.kind === REGRET ? raceGrids.regret : raceGrids.race;
  const now = what.early ? earlyKey(what.early) : shownDetail.id;
  const at = grid.order.findIndex((row) => grid.spec.key(row) === now) + step;
  if (at >= 0 && at < grid.order.length) {
    openDetail(what.early ? { early: grid.order[at] } : { mutation: grid.order[at] });
  }
}

// ---- facts ----

function factList(rows) {
  return el('dl', { class: 'facts' }, rows
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .flatMap(([label, value]) => [el('dt', {}, label), el('dd', {}, value)]));
}

const timing = (ms) => (Number.isFinite(ms) ? duration(ms) : null);
const code = (text) => (text === undefined || text === null ? null : el('code', {}, asText(text)));

function factsOf(i) {
  const m = mutationOf(i);
  const runs = list(page.model.data.runs);
  return factList([
    ['Outcome', marked(OUTCOMES[page.model.outcome[i]])],
    ['Sent', clock(page.model.sent[i])],
    ['AWS answered after', timing(m.answered - page.model.sent[i])],
    ['Visible after', timing(m.visible_ms)],
    ['Watched for', timing(m.waited_ms)],
    ['Client answered after', timing(m.given - page.model.sent[i])],
    ['Status', m.status || null],
    ['Wrote', m.value === undefined ? null : asText(m.value)],
    ['Call', `${m.service} ${m.operation}`],
    ['Region', m.region],
    ['Client', code(m.client)],
    ['Group', m.group],
    ['Run', runs.length > 1 ? runs[m.run]?.run : null],
    ['Joined by', m.joined > 0 ? plural(m.joined, 'retry', 'retries') : null],
    ['Sent again', m.resent > 0 ? `${count(m.resent)}×` : null],
    ['Client left', m.gone ? 'before it was answered' : null],
    ['x-settled-id', code(m.id)],
    ['AWS request id', code(m.request_id)],
  ]);
}

function earlyNote(early) {
  const { fact } = early;
  const { read } = early.point;
  return el('div', { class: 'race-note' },
    el('p', {}, marked(READ_KINDS[early.kind],
      `${READ_KINDS[early.kind].label}: ${READ_KINDS[early.kind].says}`)),
    factList([
      ['Read', fact.read_operation],
      [early.kind === REGRET ? 'After “settled”' : 'Sent after the answer',
        timing(fact.gap_ms)],
      ['Needed', early.kind === REGRET ? null : timing(fact.needed_ms) ?? 'never seen to settle'],
      ['Too early by', early.kind === REGRET ? null : timing(early.tooEarly)],
      ['Got', fact.got === undefined ? null : asText(fact.got)],
      ['Wanted', fact.wanted === undefined ? null : asText(fact.wanted)],
      ['Sent', Number.isFinite(early.point.at) ? clock(early.point.at) : null],
      ['Client', code(read?.client)],
      ['x-settled-id', code(fact.read)],
    ]));
}

// ---- confirmations ----

function confirmationParts(i) {
  const reads = list(mutationOf(i).reads);
  return list(mutationOf(i).confirmations).map((confirmation, n) =>
    part(`Confirmation “${confirmation.name}”`,
      factList([
        ['Outcome', marked(OUTCOMES[indexOfKey(OUTCOMES, confirmation.outcome, NO_OUTCOME)])],
        ['Read-back', confirmation.read],
        ['Visible after', timing(confirmation.visible_ms)],
        ['Watched for', timing(confirmation.waited_ms)],
        ['Wanted', code(confirmation.wanted)],
        ['Last read said', confirmation.last === undefined ? null : asText(confirmation.last)],
      ]),
      readTable(i, reads.filter((read) => read[2] === n))));
}

function readTable(i, reads) {
  if (reads.length === 0) {
    return el('p', { class: 'soft' }, 'No read-back of it is in the log.');
  }
  const table = plainTable('Read-backs', ['#After', '#Took', 'Saw', 'Said'],
    reads.map(([at, took, , verdict, errorCode, detail]) => {
      const mark = VERDICTS[indexOfKey(VERDICTS, verdict, OTHER_VERDICT)];
      return [duration(at - page.model.answered[i]), duration(took),
        marked(mark, mark.key === 'other' ? asText(verdict) : mark.label),
        [errorCode, detail].filter(Boolean).map(asText).join(': ')];
    }));
  for (const row of table.tBodies[0].rows) {
    row.cells[3].className = 'said';
  }
  return el('div', { class: 'scroll' }, table);
}
