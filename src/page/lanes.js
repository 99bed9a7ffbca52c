// SPDX-License-Identifier: Apache-2.0
// Which mutation is drawn in which lane: groups by operation, resource or
// client, and inside a group as many lanes as there were calls at one time.

const GROUP_LIMIT = 40; // more are one group together

const GROUPINGS = {
  operation: (m) => ({ key: `${m.service} ${m.operation}`, label: m.operation, small: m.service }),
  resource: (m) => ({ key: `${m.service} ${m.resource}`,
    label: m.resource ?? 'no resource', small: m.service }),
  client: (m) => ({ key: `${m.client} ${m.group ?? ''}`,
    label: m.group ?? m.client ?? 'no client', small: m.group ? m.client : '' }),
};

/** Groups with their mutations in order of time; those with races first. */
function groupMutations(model, by) {
  const groups = new Map();
  model.mutations.forEach((mutation, i) => {
    const name = GROUPINGS[by](mutation);
    if (!groups.has(name.key)) {
      groups.set(name.key, { ...name, indices: [], races: 0 });
    }
    const group = groups.get(name.key);
    group.indices.push(i);
    group.races += model.earlyCount[i];
  });
  const sorted = [...groups.values()].sort((a, b) =>
    b.races - a.races || b.indices.length - a.indices.length || (a.key < b.key ? -1 : 1));
  return sorted.length <= GROUP_LIMIT ? sorted
    : [...sorted.slice(0, GROUP_LIMIT - 1), joinGroups(sorted.slice(GROUP_LIMIT - 1))];
}

function joinGroups(rest) {
  const indices = rest.flatMap((group) => group.indices).sort((a, b) => a - b);
  return { key: 'others', label: `${count(rest.length)} others`, small: '', indices,
    races: rest.reduce((sum, group) => sum + group.races, 0) };
}

/** First lane that is free; `pad` (ms) keeps neighbours apart. */
function packLanes(model, indices, pad) {
  const lanes = [];
  const ends = [];
  for (const i of indices) {
    let lane = 0;
    while (lane < ends.length && ends[lane] > model.sent[i]) {
      lane++;
    }
    if (lane === ends.length) {
      lanes.push([]);
    }
    lanes[lane].push(i);
    ends[lane] = model.finished[i] + pad;
  }
  return lanes.map((items) => ({
    items: Int32Array.from(items),
    ends: Float64Array.from(items, (i) => model.finished[i]),
  }));
}

function makeGroups(model, by) {
  const pad = model.end / 1500;
  return groupMutations(model, by).map((group) => ({
    ...group, lanes: packLanes(model, group.indices, pad) }));
}
