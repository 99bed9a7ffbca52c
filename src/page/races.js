// SPDX-License-Identifier: Apache-2.0
// Reads that came too early: how often for which pair of calls, then each one
// with how early it was. Regrets come first: there should be none. Start at
// showRaces().

const raceGrids = { race: null, regret: null };

const earlyKey = ({ fact, write }) => `${fact.run} ${fact.read} ${write} ${fact.write}`;
const RACE_COLUMNS = [
  { key: 'resource', label: 'Resource', kind: 'w-name',
    value: (e) => e.fact.resource, cell: (e) => e.fact.resource ?? DASH },
  { key: 'read', label: 'Read', kind: 'w-op',
    value: (e) => e.fact.read_operation, cell: (e) => e.fact.read_operation ?? DASH },
  { key: 'write', label: 'After', kind: 'w-op c-mid',
    value: (e) => e.fact.operation, cell: (e) => e.fact.operation ?? DASH },
  { key: 'kind', label: 'Saw', kind: 'w-mark c-wide', value: (e) => -e.kind,
    cell: (e) => marked(READ_KINDS[e.kind]) },
  { key: 'at', label: 'At', kind: 'w-time c-wide', value: (e) => e.point.at,
    cell: (e) => clock(e.point.at) },
  { key: 'gap', label: 'Gap', kind: 'w-ms c-mid', num: true,
    value: (e) => number(e.fact.gap_ms), cell: (e) => duration(e.fact.gap_ms) },
  { key: 'needed', label: 'Needed', kind: 'w-ms c-mid', num: true,
    value: (e) => number(e.fact.needed_ms),
    cell: (e) => (Number.isFinite(e.fact.needed_ms) ? duration(e.fact.needed_ms) : 'never seen') },
  { key: 'early', label: 'Early by', kind: 'w-ms', num: true,
    value: (e) => e.tooEarly, cell: (e) => duration(e.tooEarly) },
  { key: 'bar', label: 'Gap of what it needed', kind: 'w-bar c-wide', cell: gapBar },
];
const REGRET_COLUMNS = RACE_COLUMNS
  .filter((column) => !['needed', 'early', 'bar', 'kind'].includes(column.key))
  .concat({ key: 'got', label: 'Got', kind: 'w-long c-wide',
    value: (e) => asText(e.fact.got), cell: (e) => asText(e.fact.got) },
  { key: 'wanted', label: 'Wanted', kind: 'w-long c-wide',
    value: (e) => asText(e.fact.wanted), cell: (e) => asText(e.fact.wanted) });

/** The share of the needed time that had passed; the longest is full width. */
function gapBar(early) {
  const { gap_ms: gap, needed_ms: needed } = early.fact;
  if (!Number.isFinite(needed) || !Number.isFinite(gap)) {
    return DASH;
  }
  const part = 100 / raceGrids.longest;
  return svg('svg', { class: 'gapbar', 'aria-hidden': 'true' },
    svg('rect', { class: 'needed', x: 0, y: 3, height: 6, width: `${needed * part}%` }),
    svg('rect', { class: 'gap', x: 0, y: 3, height: 6,
      width: `${Math.max(gap * part, 0.8)}%` }));
}

function startRaces() {
  const open = (early) => say('open', { early });
  raceGrids.race = makeGrid({ label: 'Reads that came too early', open,
    columns: RACE_COLUMNS, sort: ['early', -1], key: earlyKey });
  raceGrids.regret = makeGrid({ label: 'Regrets', open, columns: REGRET_COLUMNS,
    sort: ['at', 1], key: earlyKey });
  raceGrids.pairs = el('div', { class: 'scroll pairs' });
  raceGrids.note = el('div');
  raceGrids.regretPart = el('div', { class: 'part' });
  byId('race-part').append(raceGrids.note, raceGrids.pairs, raceGrids.race.element,
    raceGrids.regretPart);
}

function showRaces() {
  const races = page.model.early.filter((early) => early.kind !== REGRET);
  const regrets = page.model.early.filter((early) => early.kind === REGRET);
  raceGrids.longest = Math.max(1, ...races.map((e) => number(e.fact.needed_ms) || 0));
  raceGrids.note.replaceChildren(...(races.length === 0 ? [noRaces()] : []));
  raceGrids.race.element.hidden = races.length === 0;
  raceGrids.pairs.hidden = races.length === 0;
  raceGrids.pairs.replaceChildren(pairTable(races));
  setRows(raceGrids.race, races);
  showRegrets(regrets);
}

function noRaces() {
  const reads = total(page.model, 'client_reads', page.model.reads.length);
  return emptyNote('No client read came too early.', reads > 0
    ? `${plural(reads, 'client read')} of things that rules know ${
      reads === 1 ? 'is' : 'are'} in the log.`
    : 'No client read of anything that rules know is in the log.');
}

function showRegrets(regrets) {
  raceGrids.regretPart.hidden = regrets.length === 0;
  setRows(raceGrids.regret, regrets);
  if (regrets.length > 0) {
    raceGrids.regretPart.replaceChildren(
      el('h3', { class: 'bad' },
        `${plural(regrets.length, 'regret')}: the old state was seen after “settled”`),
      raceGrids.regret.element);
  }
}

/** How often: one line for each pair of write and read. */
function pairTable(races) {
  const pairs = new Map();
  for (const early of races) {
    const { service, operation, read_operation: read } = early.fact;
    const key = `${service} ${operation} ${read}`;
    const pair = pairs.get(key) ?? { service, operation, read, all: [], stale: 0 };
    pair.all.push(early);
    pair.stale += early.kind === STALE ? 1 : 0;
    pairs.set(key, pair);
  }
  const rows = [...pairs.values()].sort((a, b) => b.all.length - a.all.length);
  return plainTable('How often reads came too early, by pair of calls',
    ['Read', 'After', '#Too early', '#Stale', '#Lucky', '#Early by median', '#worst'],
    rows.map((pair) => {
      const by = pair.all.map((e) => e.tooEarly).filter(Number.isFinite).sort((a, b) => a - b);
      return [pair.read, `${pair.operation}`, el('b', {}, count(pair.all.length)),
        count(pair.stale), count(pair.all.length - pair.stale),
        duration(quantile(by, 0.5)), duration(by[by.length - 1])];
    }));
}
