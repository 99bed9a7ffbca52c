// SPDX-License-Identifier: Apache-2.0
// The last file: puts the parts together. showData() takes a report; all that
// follows a change is listed in connect().

const dark = matchMedia('(prefers-color-scheme: dark)');

/** A new report, or a longer one: what was chosen stays chosen. */
function showData(data) {
  const chosen = page.selected >= 0 ? mutationKey(page.selected) : null;
  const first = page.model === null;
  page.model = makeModel(data);
  page.selected = page.model.byId.get(chosen) ?? -1;
  page.matches = null;
  view.hover = null;
  byId('main').hidden = false;
  byId('notice').hidden = true;
  measure();
  groupAgain();
  if (first || view.whole) {
    showAll();
  } else {
    showWindow(view.t0, view.t1);
  }
  say('model');
}

function connect() {
  const again = oncePerFrame(followWindow);
  for (const show of [showSections, showRunChoice, showRaces, showHistograms, showCalls,
    refreshDetail, forgetStrip, redraw]) {
    on('model', show);
  }
  for (const show of [redraw, tellWindow, again]) {
    on('view', show);
  }
  on('filter', redraw);
  on('select', redraw);
  on('open', openDetail);
  for (const show of [readColours, clearSprites, forgetStrip, redraw]) {
    on('theme', show);
  }
}

// ---- size ----

function measure() {
  view.width = byId('plot').clientWidth;
  view.ratio = Math.min(devicePixelRatio || 1, 3);
}

function onResize() {
  if (page.model === null) {
    return;
  }
  measure();
  layOut();
  clearSprites();
  forgetStrip();
  redraw();
}

// ---- theme: the system's, or what was chosen, until the page is closed ----

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  const other = name === 'dark' ? 'Light' : 'Dark';
  byId('theme').textContent = other;
  byId('theme').setAttribute('aria-label', `${other} colours`);
  say('theme');
}

const theme = () => document.documentElement.dataset.theme;

function startTheme() {
  let chosen = null;
  setTheme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => setTheme(chosen ?? (dark.matches ? 'dark' : 'light')));
  byId('theme').addEventListener('click', () => {
    chosen = theme() === 'dark' ? 'light' : 'dark';
    setTheme(chosen);
  });
}

/** Paper is white; canvases must be drawn anew before it is printed. */
function startPrinting() {
  let before = null;
  addEventListener('beforeprint', () => {
    before = theme();
    setTheme('light');
    if (page.model !== null) {
      drawTimeline();
    }
  });
  addEventListener('afterprint', () => setTheme(before));
}

// ---- the tools of the timeline ----

function startTools() {
  byId('group-by').addEventListener('change', (event) => {
    view.by = event.target.value;
    view.scroll = 0;
    groupAgain();
    redraw();
  });
  byId('run').addEventListener('change', (event) => {
    const run = list(page.model.data.runs)[Number(event.target.value)];
    if (run) {
      showWindow(run.from, run.to);
    } else {
      showAll();
    }
  });
  byId('zoom-in').addEventListener('click', () => zoomMiddle(0.5));
  byId('zoom-out').addEventListener('click', () => zoomMiddle(2));
  byId('zoom-all').addEventListener('click', showAll);
  byId('legend').append(...legendItems());
}

function legendItems() {
  const item = (picture, text, kind) => el('li', { class: kind }, picture, text);
  const swatch = (kind) => el('span', { class: `swatch ${kind}` });
  return [
    item(swatch('sent'), 'AWS answers'),
    item(swatch('held'), 'watched until settled'),
    item(el('span', { class: 'tick' }), 'visible'),
    item(swatch('unsettled'), 'unsettled'), item(swatch('failed'), 'failed'),
    ...VERDICTS.slice(0, OTHER_VERDICT).map((mark, n) =>
      item(icon(mark), mark.label, n === 0 ? 'apart' : null)),
    ...[STALE, LUCKY, FINE].map((kind) =>
      item(icon(READ_KINDS[kind]), `${READ_KINDS[kind].label} read`, 'narrow-only')),
  ];
}

function showRunChoice() {
  const runs = list(page.model.data.runs);
  const chosen = byId('run').value;
  byId('run-label').hidden = runs.length < 2;
  byId('run').replaceChildren(el('option', { value: '' }, 'all'),
    ...runs.map((run, n) => el('option', { value: n }, `${run.run} ${aboutRun(run)}`.trim())));
  byId('run').value = chosen !== '' && runs[chosen] ? chosen : '';
}

function tellWindow() {
  const { t0, t1 } = view;
  const step = Math.max(1, (t1 - t0) / 100);
  byId('window').textContent = `Shown: ${offset(t0, step)} ${DASH} ${offset(t1, step)}, ${
    duration(t1 - t0)}${view.whole ? ' (all)' : ''}`;
}

// ---- start ----

function tellFailure(text) {
  byId('main').hidden = true;
  byId('notice').textContent = text;
  byId('notice').hidden = false;
}

function showBuiltIn() {
  let data = null;
  try {
    data = JSON.parse(byId('data').textContent);
    checkReport(data);
  } catch (error) {
    tellFailure(error instanceof SyntaxError
      ? 'The data of this page cannot be read: it may have been cut off.' : error.message);
    return;
  }
  byId('data').remove();
  showData(data);
}

function start() {
  connect();
  startTheme();
  startPrinting();
  startTools();
  startCalls();
  startRaces();
  startDetail();
  listenToChart();
  listenToOverview();
  new ResizeObserver(oncePerFrame(onResize)).observe(byId('plot'));
  const events = document.body.dataset.events;
  if (events) {
    startLive(events);
  } else {
    showBuiltIn();
  }
}

start();
