// SPDX-License-Identifier: Apache-2.0
// Makes data of a report as `settled report --json` would: lags, flapping
// replicas, races, refusals, joined calls. The same seed makes the same data.
//
//   node sample.mjs [MUTATIONS [CLIENT_READS [SEED]]] >data.json

const OPERATIONS = [
  { service: 'ssm', operation: 'PutParameter', read: 'GetParameter',
    confirmations: ['value', 'listed'], lag: 420, spread: 0.7, weight: 5,
    resource: (n) => `/app/${pickName(n)}`,
    wanted: 'read.Parameter.Version >= response.Version' },
  { service: 'ssm', operation: 'DeleteParameter', read: 'GetParameter',
    confirmations: ['gone'], lag: 260, spread: 0.5, weight: 1,
    resource: (n) => `/app/${pickName(n)}`, wanted: 'error ParameterNotFound' },
  { service: 'ssm', operation: 'AddTagsToResource', read: 'ListTagsForResource',
    confirmations: ['tags'], lag: 900, spread: 0.6, weight: 2,
    resource: (n) => `/app/${pickName(n)}`,
    wanted: 'contains_all(read.TagList, request.Tags)' },
  { service: 'secretsmanager', operation: 'CreateSecret', read: 'DescribeSecret',
    confirmations: ['there', 'listed'], lag: 1400, spread: 0.8, weight: 2,
    resource: (n) => `prod/${pickName(n)}/key`, wanted: 'read.Name == request.Name' },
  { service: 'secretsmanager', operation: 'PutSecretValue',
    read: 'GetSecretValue', confirmations: ['value'], lag: 700, spread: 0.6,
    weight: 3, resource: (n) => `prod/${pickName(n)}/key`,
    wanted: 'read.VersionId == response.VersionId' },
  { service: 'secretsmanager', operation: 'TagResource', read: 'DescribeSecret',
    confirmations: ['tags'], lag: 2600, spread: 0.9, weight: 1,
    resource: (n) => `prod/${pickName(n)}/key`,
    wanted: 'contains_all(read.Tags, request.Tags)' },
];
const NAMES = ['colour', 'database/url', 'feature/checkout', 'limits', 'queue',
  'release', 'theme', 'worker/count', 'mail/sender', 'cache/ttl'];
const CLIENTS = ['AKIAIOSFODNN7EXAMPLE', 'AKIAI44QH8DHBEXAMPLE',
  'ASIAY34FZKBOKEXAMPLE'];

function pickName(n) {
  const name = NAMES[n % NAMES.length];
  return n < NAMES.length ? name : `${name}-${Math.floor(n / NAMES.length)}`;
}

/** A generator of random numbers (mulberry32) with the shapes used here. */
function makeDice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) *
    Math.cos(2 * Math.PI * next());
  return {
    next,
    below: (n) => Math.floor(next() * n),
    lognormal: (median, sigma) => median * Math.exp(sigma * normal()),
  };
}

function pickOperation(dice) {
  let at = dice.next() * OPERATIONS.reduce((sum, o) => sum + o.weight, 0);
  return OPERATIONS.find((o) => (at -= o.weight) < 0) ?? OPERATIONS[0];
}

/** The read-backs of one confirmation: no, no, perhaps a flap, yes x 3. */
function readBack(dice, mutation, index, lag, budget, gives_up) {
  const reads = [];
  let at = mutation.answered;
  let pause = 90 + dice.below(60);
  let held = 0;
  let visible = null;
  while (reads.length < budget) {
    const took = Math.round(dice.lognormal(28, 0.3));
    at += took;
    const since = at - mutation.answered;
    let verdict = since >= lag && !gives_up ? 'holds' : 'not-yet';
    if (verdict === 'not-yet' && !gives_up && dice.next() < 0.06) {
      verdict = 'holds'; // a replica that is ahead
    } else if (verdict === 'holds' && reads.length + 4 < budget &&
        dice.next() < 0.05) {
      verdict = 'not-yet'; // one that is behind
    } else if (dice.next() < 0.015) {
      verdict = 'try-again';
    }
    const code = verdict === 'try-again' ? 'ThrottlingException' :
      verdict === 'not-yet' && mutation.fresh ? 'ParameterNotFound' : null;
    reads.push([at, took, index, verdict, code,
      verdict === 'holds' ? null : code ? `says ${code}` : 'Version 3']);
    held = verdict === 'holds' ? held + 1 : verdict === 'not-yet' ? 0 : held;
    if (held === 1 && verdict === 'holds') {
      visible = since - took;
    }
    if (held >= 3) {
      break;
    }
    at += Math.round(held > 0 ? 250 : pause);
    pause = Math.min(pause * 1.6, 4000);
  }
  return { reads, at, visible: held >= 3 ? Math.max(visible, 0) : null };
}

function makeMutation(dice, n, sent, options) {
  const kind = pickOperation(dice);
  const resource = kind.resource(dice.below(options.resources));
  const answered = sent + Math.round(dice.lognormal(70, 0.35));
  const chance = dice.next();
  const outcome = chance < 0.012 ? 'unsettled' : chance < 0.017 ? 'failed' :
    chance < 0.025 ? 'unverifiable' : chance < 0.028 ? 'unknown' : 'settled';
  const mutation = {
    id: `8b6d-${n + 1}`, run: 0, client: CLIENTS[dice.below(CLIENTS.length)],
    service: kind.service, operation: kind.operation, region: 'eu-central-1',
    resource, received: Math.max(0, sent - 1), sent, answered, outcome,
    status: 200, joined: dice.next() < 0.03 ? 1 : 0, resent: 0,
    request: { Name: resource, Value: `v${n}`, Overwrite: true },
    confirmations: [], reads: [], fresh: dice.next() < 0.4, kind,
  };
  if (dice.next() < 0.02) {
    mutation.resent = 1;
  }
  if (outcome === 'unknown') {
    Object.assign(mutation, { status: 0, finished: answered + 30, given: answered + 30 });
    return mutation;
  }
  confirm(dice, mutation, options);
  return mutation;
}

function confirm(dice, mutation, options) {
  const { kind, outcome } = mutation;
  const names = kind.confirmations.slice(0, dice.next() < 0.3 ? 2 : 1);
  let end = mutation.answered;
  let visible = 0;
  names.forEach((name, index) => {
    const lag = dice.lognormal(kind.lag * (index + 1), kind.spread);
    const ended = outcome === 'settled' ? null : outcome;
    const budget = ended === 'unverifiable' ? 1 : ended ? 14 : 40;
    const got = readBack(dice, mutation, index, lag, budget, ended !== null);
    if (ended && ended !== 'unsettled') {
      const last = got.reads[got.reads.length - 1];
      last[3] = ended === 'failed' ? 'never' : 'unverifiable';
      last[4] = ended === 'failed' ? 'InvalidState' : 'AccessDeniedException';
      last[5] = `says ${last[4]}`;
    }
    end = Math.max(end, got.at);
    const confirmation = { name, read: kind.read,
      outcome: got.visible === null ? ended ?? 'unsettled' : 'settled',
      waited_ms: got.at - mutation.answered, wanted: kind.wanted,
      last: got.reads[got.reads.length - 1][5] ?? 'Version 4' };
    if (got.visible !== null) {
      confirmation.visible_ms = got.visible;
      visible = Math.max(visible, got.visible);
    } else if (!ended) {
      mutation.outcome = 'unsettled';
    }
    mutation.confirmations.push(confirmation);
    mutation.reads.push(...got.reads);
  });
  mutation.reads.sort((a, b) => a[0] - b[0]);
  mutation.finished = end;
  mutation.given = options.observe ? mutation.answered + 1 : end;
  mutation.waited_ms = end - mutation.answered;
  if (mutation.outcome === 'settled') {
    mutation.visible_ms = visible;
  }
  mutation.request_id = `1b2c${(mutation.sent * 7919 + 104729).toString(16)}-4d5e`;
}

/** A client's read; some follow a write closely, and come too early. */
function makeRead(dice, n, mutations, span, races) {
  const follows = dice.next() < 0.35;
  const write = mutations[dice.below(mutations.length)];
  const took = Math.round(dice.lognormal(24, 0.3));
  const gap = Math.round(dice.lognormal(220, 1.1));
  const sent = follows ? write.answered + gap : dice.below(span);
  const read = { id: `8b6d-r${n + 1}`, run: 0, client: write.client,
    service: write.service, operation: write.kind.read,
    resource: write.resource, at: sent + took, took, status: 200,
    value: 3 + (n % 5) };
  const needed = write.visible_ms;
  if (follows && write.outcome === 'settled' && gap < needed) {
    const lucky = dice.next() < 0.2;
    Object.assign(read, { write: write.id, verdict: lucky ? 'holds' : 'not-yet' });
    races.push({ read: read.id, write: write.id, service: write.service,
      operation: write.operation, read_operation: read.operation,
      resource: write.resource, at: read.at, gap_ms: gap, needed_ms: needed,
      verdict: lucky ? 'lucky' : 'stale', got: lucky ? 'Version 4' : 'Version 3',
      wanted: 'Version 4 or later' });
  } else if (follows) {
    Object.assign(read, { write: write.id, verdict: 'holds' });
  }
  return read;
}

const atRank = (sorted, p) => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
function figures(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? undefined : { median: atRank(sorted, 0.5),
    p90: atRank(sorted, 0.9), p99: atRank(sorted, 0.99), worst: sorted.at(-1) };
}

function countBy(list, key) {
  const counts = {};
  for (const item of list) {
    counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  }
  return counts;
}

function makeOperations(mutations, races, regrets) {
  const groups = Map.groupBy?.(mutations, (m) => m.operation) ??
    mutations.reduce((map, m) => map.set(m.operation,
      [...(map.get(m.operation) ?? []), m]), new Map());
  return [...groups].map(([operation, list]) => ({
    service: list[0].service, operation, count: list.length,
    outcomes: countBy(list, (m) => m.outcome),
    settle_ms: figures(list.filter((m) => m.outcome === 'settled').map((m) => m.visible_ms)),
    held_ms: figures(list.map((m) => m.waited_ms)),
    reads: figures(list.map((m) => m.reads.length)),
    races: races.filter((r) => r.operation === operation).length,
    regrets: regrets.filter((r) => r.operation === operation).length,
    joined: list.reduce((sum, m) => sum + m.joined, 0),
  }));
}

function makeGuarantees(races, reads, mutations) {
  const examples = races.filter((r) => r.verdict === 'stale').slice(0, 3).map((r) => ({
    process: 'AKIAIOSFODNN7EXAMPLE', key: r.resource, read: r.read, write: r.write,
    sentence: `wrote ${r.resource} (${r.wanted}), then read ${r.got}` }));
  const none = { violations: 0, examples: [] };
  return { checked: true, reads: reads.length, writes: mutations.length,
    read_your_writes: { violations: races.filter((r) => r.verdict === 'stale').length,
      examples },
    monotonic_reads: none, monotonic_writes: none, writes_follow_reads: none };
}

export function makeSample(given = {}) {
  const options = { mutations: 120, reads: 160, seed: 7, observe: true,
    resources: 30, pace: 900, regrets: 0, races: true, from: '2026-11-21T07:21:42.671Z',
    ...given };
  const dice = makeDice(options.seed);
  const mutations = [];
  let sent = 40;
  for (let n = 0; n < options.mutations; n++) {
    mutations.push(makeMutation(dice, n, sent, options));
    sent += Math.round(dice.next() < 0.15 ? dice.lognormal(options.pace * 3, 0.5)
      : dice.lognormal(options.pace * 0.4, 0.9));
  }
  const races = [];
  const reads = [];
  for (let n = 0; n < options.reads && mutations.length > 0; n++) {
    reads.push(makeRead(dice, n, mutations, sent, races));
  }
  reads.sort((a, b) => a.at - b.at);
  if (!options.races) {
    races.length = 0;
  }
  const regrets = makeRegrets(mutations, options.regrets);
  return finish(options, mutations, reads, races, regrets, sent);
}

function makeRegrets(mutations, count) {
  return mutations.filter((m) => m.outcome === 'settled').slice(0, count)
    .map((m, n) => ({ read: `8b6d-g${n}`, write: m.id, service: m.service,
      operation: m.operation, read_operation: m.kind.read, resource: m.resource,
      at: m.finished + 700, gap_ms: 690, got: 'Version 3', wanted: 'Version 4' }));
}

function finish(options, mutations, reads, races, regrets, span) {
  const operations = makeOperations(mutations, races, regrets);
  const end = Math.max(span, ...mutations.slice(-200).map((m) => m.finished));
  const slowest = mutations.filter((m) => m.visible_ms !== undefined)
    .sort((a, b) => b.visible_ms - a.visible_ms).slice(0, 10)
    .map(({ resource, service, operation, id, visible_ms, outcome }) =>
      ({ resource, service, operation, id, visible_ms, outcome }));
  mutations.sort((a, b) => a.sent - b.sent);
  const clean = mutations.map(({ kind, fresh, ...rest }) => rest);
  const from = Date.parse(options.from);
  return { format: 'settled report', version: 1, from: new Date(from).toISOString(),
    to: new Date(from + end).toISOString(), lines: mutations.length * 14 + reads.length,
    damaged: 0, runs: [{ run: '8b6d', from: 0, to: end, stage: 'test', context: 'nightly',
      meta: { branch: 'main', build: '4711' } }],
    totals: { calls: mutations.length + reads.length, mutations: mutations.length,
      read_backs: mutations.reduce((sum, m) => sum + m.reads.length, 0),
      joined: mutations.reduce((sum, m) => sum + m.joined, 0),
      resent: mutations.reduce((sum, m) => sum + m.resent, 0),
      races: races.length, regrets: regrets.length, client_reads: reads.length,
      outcomes: countBy(mutations, (m) => m.outcome) },
    operations, mutations: clean, reads, races, regrets, slowest,
    guarantees: makeGuarantees(races, reads, mutations) };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const [mutations = 120, reads = 160, seed = 7] = process.argv.slice(2).map(Number);
  process.stdout.write(JSON.stringify(makeSample({ mutations, reads, seed })));
}
