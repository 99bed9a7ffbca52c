// SPDX-License-Identifier: Apache-2.0
// The table of mutations and its filters. What passes them is bright in the
// timeline too. Start at showCalls().

let callGrid = null;

const mutationOf = (i) => page.model.mutations[i];
const mutationKey = (i) => callKey(mutationOf(i).run, mutationOf(i).id);
const heldFor = (i) => number(mutationOf(i).waited_ms);

const CALL_COLUMNS = [
  { key: 'resource', label: 'Resource', kind: 'w-name',
    value: (i) => mutationOf(i).resource, cell: (i) => mutationOf(i).resource ?? DASH },
  { key: 'operation', label: 'Operation', kind: 'w-op',
    value: (i) => mutationOf(i).operation, cell: (i) => mutationOf(i).operation },
  { key: 'sent', label: 'Sent', kind: 'w-time c-mid',
    value: (i) => page.model.sent[i], cell: (i) => clock(page.model.sent[i]) },
  { key: 'outcome', label: 'Outcome', kind: 'w-mark',
    value: (i) => page.model.outcome[i],
    cell: (i) => marked(OUTCOMES[page.model.outcome[i]]) },
  { key: 'answered', label: 'Answered in', kind: 'w-ms c-wide', num: true,
    value: (i) => mutationOf(i).answered - page.model.sent[i],
    cell: (i) => duration(mutationOf(i).answered - page.model.sent[i]) },
  { key: 'visible', label: 'Visible', kind: 'w-ms', num: true,
    value: (i) => number(mutationOf(i).visible_ms),
    cell: (i) => duration(mutationOf(i).visible_ms) },
  { key: 'held', label: 'Watched', kind: 'w-ms c-mid', num: true,
    value: heldFor, cell: (i) => duration(heldFor(i)) },
  { key: 'reads', label: 'Reads', kind: 'w-n c-wide', num: true,
    value: (i) => list(mutationOf(i).reads).length,
    cell: (i) => count(list(mutationOf(i).reads).length) },
  { key: 'races', label: 'Early', kind: 'w-n c-mid', num: true,
    value: (i) => page.model.raceCount[i],
    cell: (i) => (page.model.raceCount[i] === 0 ? '' : el('b', { class: 'bad' },
      count(page.model.raceCount[i]))) },
  { key: 'client', label: 'Client', kind: 'w-long c-wide',
    value: (i) => mutationOf(i).client, cell: (i) => mutationOf(i).client ?? DASH },
];

function startCalls() {
  callGrid = makeGrid({ label: 'Mutations', columns: CALL_COLUMNS,
    sort: ['sent', 1], key: mutationKey,
    open: (i) => say('open', { mutation: i }) });
  byId('call-grid').append(callGrid.element, el('div', { id: 'no-calls' }));
  const filters = byId('filters');
  filters.addEventListener('input', oncePerFrame(filterCalls));
  filters.addEventListener('reset', () => setTimeout(filterCalls));
  filters.addEventListener('submit', (event) => event.preventDefault());
}

function showCalls() {
  fillChoice(byId('only-operation'), 'all operations',
    [...new Set(page.model.mutations.map((m) => m.operation))].sort());
  const present = new Set(page.model.outcome);
  fillChoice(byId('only-outcome'), 'all outcomes',
    OUTCOMES.map((o) => o.label).filter((_, i) => present.has(i)));
  filterCalls();
}

/** Choices that come from the data; what was chosen stays chosen. */
function fillChoice(select, all, values) {
  const chosen = select.value;
  select.replaceChildren(el('option', { value: '' }, all),
    ...values.map((value) => el('option', { value }, value)));
  select.value = values.includes(chosen) ? chosen : '';
}

function readFilters() {
  return {
    text: byId('find').value.trim().toLowerCase(),
    operation: byId('only-operation').value,
    outcome: byId('only-outcome').value,
    races: byId('only-races').checked,
    inWindow: byId('only-window').checked,
  };
}

const searchTexts = new WeakMap();

/** All that can be searched in a mutation, made when first needed. */
function searchText(mutation) {
  if (!searchTexts.has(mutation)) {
    const { id, client, group, service, operation, region, resource } = mutation;
    searchTexts.set(mutation, [id, client, group, service, operation, region, resource,
      mutation.request_id, JSON.stringify(mutation.request) ?? ''].join('\n').toLowerCase());
  }
  return searchTexts.get(mutation);
}

function passes(i, filters) {
  const mutation = mutationOf(i);
  const model = page.model;
  return (!filters.operation || mutation.operation === filters.operation) &&
    (!filters.outcome || OUTCOMES[model.outcome[i]].label === filters.outcome) &&
    (!filters.races || model.earlyCount[i] > 0) &&
    (!filters.inWindow || (model.finished[i] >= view.t0 && model.sent[i] <= view.t1)) &&
    (!filters.text || searchText(mutation).includes(filters.text));
}

function filterCalls() {
  const filters = readFilters();
  const n = page.model.mutations.length;
  const matches = new Uint8Array(n);
  const rows = [];
  for (let i = 0; i < n; i++) {
    if (passes(i, filters)) {
      matches[i] = 1;
      rows.push(i);
    }
  }
  page.matches = rows.length === n ? null : matches;
  setRows(callGrid, rows);
  tellCalls(rows.length, n);
  say('filter');
}

function tellCalls(shown, all) {
  byId('call-count').textContent = shown === all ? plural(all, 'mutation')
    : `${count(shown)} of ${plural(all, 'mutation')}`;
  callGrid.element.hidden = shown === 0;
  byId('no-calls').replaceChildren(shown > 0 ? '' : all === 0
    ? emptyNote('Nothing was changed.',
      'The log holds no call that rules confirm; settled explain lists those that are.')
    : emptyNote('No mutation passes these filters.', 'Clear shows all of them again.'));
}

function followWindow() {
  if (byId('only-window').checked) {
    filterCalls();
  }
}
