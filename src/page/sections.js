// SPDX-License-Identifier: Apache-2.0
// The parts that are text: headline, totals, operations, slowest, guarantees,
// footer. Start at showSections().

function showSections() {
  showHeadline();
  showTotals();
  showRuns();
  showOperations();
  showSlowest();
  showGuarantees();
  showFoot();
}

function emptyNote(title, text) {
  return el('div', { class: 'empty' }, el('b', {}, title), text);
}

/** A table without further ado; a heading that begins with # has figures. */
function plainTable(caption, heads, rows) {
  const isNumber = heads.map((head) => head.startsWith('#'));
  const dressed = (n) => ({ class: isNumber[n] ? 'num' : null });
  return el('table', {}, el('caption', { class: 'out-of-sight' }, caption),
    el('thead', {}, el('tr', {}, heads.map((head, n) =>
      el('th', { scope: 'col', ...dressed(n) }, head.replace(/^#/, ''))))),
    el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell, n) =>
      el('td', dressed(n), cell))))));
}

/** A wide table scrolls by itself, also by keyboard. */
function scrolling(label, table) {
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, table);
}

// ---- the lead: which read came too early, how early, how often ----

function showHeadline() {
  const { data } = page.model;
  const runs = list(data.runs);
  const parts = [period(data.from, data.to),
    runs.length === 1 ? `run ${runs[0].run}` : runs.length > 1 ? plural(runs.length, 'run') : null,
    runs.length === 1 ? aboutRun(runs[0]) : null];
  byId('period').textContent = parts.filter(Boolean).join(' · ');
  byId('headline').textContent = headline();
  byId('subline').replaceChildren(...subline());
}

const aboutRun = (run) => [run.stage, run.context].filter(Boolean).join(', ');

function headline() {
  const model = page.model;
  const races = total(model, 'races', model.races.length);
  const regrets = total(model, 'regrets', model.regrets.length);
  if (races > 0) {
    return `${plural(races, 'client read')} came too early.`;
  }
  if (regrets > 0) {
    return `${plural(regrets, 'read')} saw the old state after “settled”.`;
  }
  if (total(model, 'mutations', model.mutations.length) > 0) {
    return 'No client read came too early.';
  }
  return feed.path ? 'Nothing was changed yet.' : 'Nothing was changed.';
}

function subline() {
  const races = page.model.early.filter((early) => early.kind !== REGRET);
  if (races.length > 0) {
    return raceSentences(races);
  }
  const settled = outcomeTotal(page.model, 'settled');
  const times = page.model.settleTimes;
  return settled === 0 ? [] : [`${plural(settled, 'mutation')} settled`,
    times.length > 0 ? `, half of them within ${duration(quantile(times, 0.5))}, the last after ${
      duration(times[times.length - 1])}.` : '.'];
}

function raceSentences(races) {
  const stale = races.filter((early) => early.kind === STALE).length;
  const lucky = races.length - stale;
  const reads = total(page.model, 'client_reads', page.model.reads.length);
  const worst = worstRace(races);
  const never = races.filter((early) => early.tooEarly === Infinity).length;
  const regrets = total(page.model, 'regrets', page.model.regrets.length);
  return [
    reads >= races.length ? `Of ${plural(reads, 'recorded read')}, ` : '',
    el('b', {}, `${count(stale)} saw the old state`),
    lucky > 0 ? ` and ${count(lucky)} ${lucky === 1 ? 'was' : 'were'} lucky. ` : '. ',
    ...(worst === null ? [] : ['Furthest off: ', el('b', {}, worst.fact.read_operation),
      ` of ${worst.fact.resource ?? 'a resource'}, ${earlySentence(worst)}.`]),
    never > 0 ? ` In ${plural(never, 'case')} the change was never seen to settle.` : null,
    regrets > 0 ? el('b', { class: 'bad' }, ` ${plural(regrets, 'regret')} besides.`) : null,
  ].filter((part) => part !== null && part !== '');
}

function worstRace(races) {
  return races.reduce((worst, early) => (Number.isFinite(early.tooEarly) &&
    (worst === null || early.tooEarly > worst.tooEarly) ? early : worst), null);
}

function showTotals() {
  const model = page.model;
  const times = model.settleTimes;
  const races = total(model, 'races', model.races.length);
  const regrets = total(model, 'regrets', model.regrets.length);
  const settle = (p) => (times.length > 0 ? duration(quantile(times, p)) : DASH);
  const rows = [
    ['Mutations', count(total(model, 'mutations', model.mutations.length))],
    ...outcomeRows(model),
    ...[['Unfinished', 'unfinished', null], ['Settled too early', 'too_early', 'bad']]
      .map(([label, name, tone]) => [label, total(model, name, 0), tone])
      .filter(([, n]) => n > 0).map(([label, n, tone]) => [label, count(n), tone]),
    ['Early reads', count(races), races > 0 ? 'bad' : null],
    ['Regrets', count(regrets), regrets > 0 ? 'bad' : null],
    ['Joined', count(total(model, 'joined', NaN))],
    ['Read-backs', count(total(model, 'read_backs', model.readAt.length))],
    ['Median settle', settle(0.5)],
    ['p99 settle', settle(0.99)],
  ];
  byId('totals').replaceChildren(...rows.map(([label, value, tone]) => el('div', {},
    el('dt', {}, label), el('dd', { class: tone }, value))));
}

/** Settled and unsettled always; the others where there are any. */
function outcomeRows(model) {
  return OUTCOMES.slice(0, NO_OUTCOME)
    .map(({ key, label }) => ({ key, label, n: outcomeTotal(model, key) }))
    .filter(({ key, n }) => key === 'settled' || key === 'unsettled' || n > 0)
    .map(({ key, label, n }) => [label[0].toUpperCase() + label.slice(1), count(n),
      n > 0 && (key === 'unsettled' || key === 'failed') ? 'warn' : null]);
}

function showRuns() {
  const runs = list(page.model.data.runs);
  const told = runs.some((run) => run.meta && Object.keys(run.meta).length > 0);
  if (runs.length < 2 && !told) {
    byId('runs').replaceChildren();
    return;
  }
  const open = byId('runs').querySelector('details')?.open;
  byId('runs').replaceChildren(el('details', { class: 'runs', open },
    el('summary', {}, runs.length === 1 ? 'About this run' : `The ${count(runs.length)} runs`),
    scrolling('Runs', plainTable('Runs', ['Run', 'From', '#Lasted', 'Stage', 'Context', 'More'],
      runs.map((run) => [run.run, clock(number(run.from) || 0), duration(run.to - run.from),
        run.stage ?? '', run.context ?? '', Object.entries(run.meta ?? {})
          .map(([key, value]) => `${key}=${asText(value)}`).join(' ')])))));
}

// ---- operations ----

function showOperations() {
  const operations = page.model.operations;
  if (operations.length === 0) {
    byId('operations').replaceChildren();
    return;
  }
  const overshoot = operations.some((o) => o.overshoot_ms);
  const heads = ['Operation', 'Service', '#Count', 'Outcomes', '#Settle median', '#p90', '#p99',
    '#worst', '#Watched median', '#p99', '#Reads median', '#worst',
    ...(overshoot ? ['#Overshoot median', '#p99', '#Settled too early'] : []), '#Early', '#Regrets', '#Joined'];
  byId('operations').replaceChildren(scrolling('Figures by operation',
    plainTable('Figures by operation', heads, operations.map((o) => operationRow(o, overshoot)))));
}

function operationRow(o, overshoot) {
  const [settle, held, reads, over] = [o.settle_ms, o.held_ms, o.reads, o.overshoot_ms]
    .map((figures) => figures ?? {});
  return [o.operation, o.service, count(o.count), outcomeWords(o.outcomes),
    duration(settle.median), duration(settle.p90), duration(settle.p99), duration(settle.worst),
    duration(held.median), duration(held.p99), count(reads.median), count(reads.worst),
    ...(overshoot ? [duration(over.median), duration(over.p99), count(o.too_early ?? 0)] : []),
    count(o.races), count(o.regrets), count(o.joined)];
}

function outcomeWords(outcomes) {
  return Object.entries(outcomes ?? {}).sort((a, b) => b[1] - a[1])
    .map(([key, n]) => `${count(n)} ${key}`).join(', ');
}

function showSlowest() {
  const slowest = list(page.model.data.slowest);
  if (slowest.length === 0) {
    byId('slowest').replaceChildren();
    return;
  }
  const rows = slowest.map((slow) => [
    openLink(slow.run, slow.id, slow.resource ?? DASH), slow.operation,
    marked(OUTCOMES[indexOfKey(OUTCOMES, slow.outcome, NO_OUTCOME)]), duration(slow.visible_ms),
    duration(slow.waited_ms)]);
  byId('slowest').replaceChildren(el('div', { class: 'part' }, el('h3', {}, 'The slowest'),
    scrolling('The slowest', plainTable('The slowest',
      ['Resource', 'Operation', 'Outcome', '#Visible after', '#Watched'], rows))));
}

/** A text that opens the evidence of a mutation, where the data have it. */
function openLink(run, id, text) {
  const i = mutationNamed(page.model, run ?? runOfWrite(page.model, id), id);
  return i < 0 ? text : el('button', { type: 'button', class: 'link',
    onclick: () => say('open', { mutation: i }) }, text);
}

// ---- guarantees ----

const FIRST_EXAMPLES = 3;

const PROMISES = [
  ['read_your_writes', 'Read your writes', 'who wrote something reads it afterwards'],
  ['monotonic_reads', 'Monotonic reads', 'what was read once is not unread'],
  ['monotonic_writes', 'Monotonic writes', 'writes of one client show in their order'],
  ['writes_follow_reads', 'Writes follow reads', 'a write comes after what its writer had read'],
];

function showGuarantees() {
  const { guarantees } = page.model.data;
  const checked = guarantees?.checked === true;
  byId('guarantees').replaceChildren(...(checked
    ? [el('p', { class: 'soft' }, `Checked on ${plural(guarantees.reads, 'read')} and ${
      plural(guarantees.writes, 'write')} of clients.`),
    el('ul', { class: 'promises' }, PROMISES.map((promise) => promiseItem(guarantees, promise)))]
    : [emptyNote('Not checked.',
      'This report says nothing of the guarantees between reads and writes.')]));
}

function promiseItem(guarantees, [key, name, meaning]) {
  const found = guarantees[key];
  const n = found?.violations;
  const mark = n === 0 ? OUTCOMES[0] : n > 0 ? OUTCOMES[2] : OUTCOMES[NO_OUTCOME];
  const words = n === 0 ? 'kept' : n > 0 ? plural(n, 'violation') : 'not told';
  return el('li', {},
    el('div', {}, el('h3', {}, name), el('p', { class: 'soft' }, meaning)),
    el('p', { class: `verdict${n > 0 ? ' bad' : ''}` }, marked(mark, words)),
    exampleList(list(found?.examples)));
}

function exampleList(examples) {
  const lines = examples.map((example) =>
    el('p', {}, openLink(example.run, example.write, asText(example.sentence))));
  return el('div', { class: 'examples' }, lines.slice(0, FIRST_EXAMPLES),
    lines.length > FIRST_EXAMPLES && el('details', {},
      el('summary', {}, `${count(lines.length - FIRST_EXAMPLES)} more examples`),
      lines.slice(FIRST_EXAMPLES)));
}

function showFoot() {
  const { lines, damaged } = page.model.data;
  const parts = [Number.isFinite(lines) ? `Made from ${plural(lines, 'line')} of log` : null,
    damaged > 0 ? `${plural(damaged, 'line')} could not be read` : null,
    'times are UTC', 'visible: from AWS’s answer to the first of the read-backs that confirmed',
    'watched: until the outcome was known'];
  byId('foot').textContent = `${parts.filter(Boolean).join(' · ')}.`;
}
