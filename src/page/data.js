// SPDX-License-Identifier: Apache-2.0
// From the report's JSON to what can be drawn quickly: times in typed arrays,
// sorted, and who belongs to whom. Start at makeModel(). Nothing is made up:
// what the log does not tell stays NaN.

const FORMAT = 'settled report';
const list = (value) => (Array.isArray(value) ? value : []);
const number = (value) => (typeof value === 'number' ? value : NaN);

/** The first of the numbers that is one. */
function firstNumber(...values) {
  return values.find((value) => Number.isFinite(value)) ?? NaN;
}

/** Throws with a sentence for people when this is no report. */
function checkReport(data) {
  if (data === null || typeof data !== 'object' || data.format !== FORMAT) {
    throw new Error('This is not the data of a report.');
  }
  if (data.version !== 1) {
    throw new Error(`This report has version ${asText(data.version)}; this page reads version 1.`);
  }
}

function makeModel(data) {
  checkReport(data);
  const model = {
    data,
    start: Date.parse(data.from),
    mutations: [...list(data.mutations)],
    reads: list(data.reads),
    races: list(data.races),
    regrets: list(data.regrets),
    operations: list(data.operations),
    totals: data.totals ?? {},
  };
  model.end = lastMoment(model);
  addMutations(model);
  addReadBacks(model);
  addPoints(model);
  model.settleTimes = settleTimes(model);
  return model;
}

/** The end of what there is to see; at least one second. */
function lastMoment(model) {
  let end = Math.max(0, number(Date.parse(model.data.to) - model.start) || 0);
  for (const mutation of model.mutations) {
    end = Math.max(end, mutation.finished || 0, mutation.answered || 0);
  }
  for (const read of model.reads) {
    end = Math.max(end, read.at || 0);
  }
  for (const early of [...model.races, ...model.regrets]) {
    end = Math.max(end, early.at || 0);
  }
  return Math.max(end, 1000);
}

const beginOf = (m) => firstNumber(m.sent, m.received, m.answered, 0);

/** sent, answered, finished: where the bar begins, changes, ends. */
function addMutations(model) {
  model.mutations.sort((a, b) => beginOf(a) - beginOf(b));
  const n = model.mutations.length;
  model.sent = new Float64Array(n);
  model.answered = new Float64Array(n);
  model.finished = new Float64Array(n);
  model.outcome = new Uint8Array(n);
  model.raceCount = new Uint16Array(n); // reads of it that came too early
  model.earlyCount = new Uint16Array(n); // the same, and regrets
  model.byId = new Map();
  model.mutations.forEach((mutation, i) => {
    const sent = beginOf(mutation);
    // Without an outcome it is still being watched.
    const finished = firstNumber(mutation.finished,
      Number.isFinite(mutation.answered) ? model.end : NaN, mutation.given, sent);
    model.sent[i] = sent;
    model.finished[i] = Math.max(sent, finished);
    model.answered[i] = clamp(firstNumber(mutation.answered, finished), sent,
      model.finished[i]);
    model.outcome[i] = indexOfKey(OUTCOMES, mutation.outcome, NO_OUTCOME);
    model.byId.set(callKey(mutation.run, mutation.id), i);
  });
}

/** Logs of several runs may use an id twice. */
const callKey = (run, id) => `${run ?? 0} ${id}`;

/** The index of a mutation; -1 where the data do not have it. */
function mutationNamed(model, run, id) {
  return model.byId.get(callKey(run, id)) ?? -1;
}

/** All read-backs in one row; those of mutation i from readsFrom[i] on. */
function addReadBacks(model) {
  const rows = model.mutations.map((mutation) => list(mutation.reads));
  const total = rows.reduce((sum, row) => sum + row.length, 0);
  model.readsFrom = new Uint32Array(rows.length + 1);
  model.readAt = new Float64Array(total);
  model.readVerdict = new Uint8Array(total);
  const verdicts = new Map(VERDICTS.map((verdict, i) => [verdict.key, i]));
  let at = 0;
  rows.forEach((row, i) => {
    model.readsFrom[i] = at;
    for (const read of row) {
      model.readAt[at] = number(read[0]);
      model.readVerdict[at] = verdicts.get(read[3]) ?? OTHER_VERDICT;
      at++;
    }
  });
  model.readsFrom[rows.length] = at;
}

/**
 * Clients' reads as points in time, by when they were sent. A race or regret
 * whose read is not in the data is a point too.
 */
function addPoints(model) {
  const points = model.reads.map((read) => ({ read, kind: FINE, early: null,
    at: number(read.at) - (number(read.took) || 0) }));
  const byRead = new Map(points.map((point) =>
    [callKey(point.read.run, point.read.id), point]));
  model.early = [];
  for (const race of model.races) {
    addEarly(model, points, byRead, race, race.verdict === 'lucky' ? LUCKY : STALE);
  }
  for (const regret of model.regrets) {
    addEarly(model, points, byRead, regret, REGRET);
  }
  points.sort((a, b) => a.at - b.at);
  model.points = points.filter((point) => Number.isFinite(point.at));
  model.rows = READ_KINDS.map((_, kind) => {
    const row = model.points.filter((point) => point.kind === kind);
    return { kind, points: row, at: Float64Array.from(row, (p) => p.at) };
  });
}

/** One race or regret: its point, its write, how much too early. */
function addEarly(model, points, byRead, fact, kind) {
  const run = fact.run ?? runOfWrite(model, fact.write);
  const write = mutationNamed(model, run, fact.write);
  // What was never seen to settle was too early by more than all others.
  const tooEarly = (fact.needed_ms === undefined ? Infinity : number(fact.needed_ms)) -
    number(fact.gap_ms);
  const early = { fact, kind, write, point: null, tooEarly };
  let point = byRead.get(callKey(run, fact.read));
  if (point === undefined) {
    const sent = write >= 0 && kind !== REGRET
      ? model.answered[write] + number(fact.gap_ms) : NaN;
    point = { read: null, kind, early, at: firstNumber(sent, fact.at) };
    points.push(point);
    byRead.set(callKey(run, fact.read), point);
  }
  if (point.early === null || kind > point.kind) {
    point.kind = kind;
    point.early = early;
  }
  early.point = point;
  if (write >= 0) {
    model.raceCount[write] += kind === REGRET ? 0 : 1;
    model.earlyCount[write]++;
  }
  model.early.push(early);
}

/** A race that names no run: the first run that knows its write. */
function runOfWrite(model, id) {
  const runs = Math.max(1, list(model.data.runs).length);
  for (let run = 0; run < runs; run++) {
    if (mutationNamed(model, run, id) >= 0) {
      return run;
    }
  }
  return 0;
}

/** Settle times of the settled mutations, sorted. */
function settleTimes(model) {
  return Float64Array.from(model.mutations
    .filter((m) => m.outcome === 'settled' && Number.isFinite(m.visible_ms))
    .map((m) => m.visible_ms)).sort();
}

const racesOf = (model, write) => model.early.filter((e) => e.write === write);

/** A total of the report; what it does not say is counted. */
function total(model, name, otherwise) {
  return Number.isFinite(model.totals[name]) ? model.totals[name] : otherwise;
}

function outcomeTotal(model, key) {
  const said = model.totals.outcomes?.[key];
  return Number.isFinite(said) ? said
    : model.mutations.filter((m) => m.outcome === key).length;
}
