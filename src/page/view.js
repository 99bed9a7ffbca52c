// SPDX-License-Identifier: Apache-2.0
// What part of the time the timeline shows, and where its lanes lie. Start at
// layOut(); every change of the window goes through showWindow().

const AXIS = 28; // height of the axis above the lanes
const ROW = 24; // height of a row of clients' reads
const LANES_MAX = 500; // higher than that, the lanes scroll
const GUTTER = 176; // names of groups, where there is room
const NAME_LINE = 20; // where there is none, a line above the lanes
const LANE_HEIGHTS = [34, 22, 15]; // the highest that needs no scrolling
const MIN_SPAN = 5; // ms

const view = {
  t0: 0, t1: 1000, // the window, ms
  whole: true, // follows the data when they grow
  by: 'operation',
  width: 0, height: 0, ratio: 1, left: 0,
  groups: [], lanes: [], rows: [],
  laneHeight: LANE_HEIGHTS[0],
  lanesHeight: 0, contentHeight: 0, scroll: 0,
  hover: null,
};

const bodyWidth = () => Math.max(1, view.width - view.left);
const xOf = (t) => view.left + (t - view.t0) * bodyWidth() / (view.t1 - view.t0);
const timeOf = (x) => view.t0 + (x - view.left) * (view.t1 - view.t0) / bodyWidth();
const lanesBottom = () => AXIS + view.lanesHeight;
const yOfLane = (lane) => AXIS + lane.y - view.scroll;

function groupAgain() {
  view.groups = makeGroups(page.model, view.by);
  view.laneOf = new Int32Array(page.model.mutations.length);
  layOut();
}

/** Heights and places, from the width of the page and the number of lanes. */
function layOut() {
  const wide = view.width >= 720;
  view.left = wide ? GUTTER : 0;
  const names = wide ? 8 : NAME_LINE + 6; // what a group needs besides lanes
  const lanes = view.groups.reduce((sum, group) => sum + group.lanes.length, 0);
  const fits = (height) => lanes * height + view.groups.length * names <= LANES_MAX;
  view.laneHeight = LANE_HEIGHTS.find(fits) ?? LANE_HEIGHTS[LANE_HEIGHTS.length - 1];
  view.lanes = [];
  let y = 0;
  for (const group of view.groups) {
    group.y = y;
    y += wide ? 4 : NAME_LINE + 2;
    for (const lane of group.lanes) {
      lane.y = y;
      placeLane(lane);
      y += view.laneHeight;
    }
    y += 4;
    group.height = y - group.y;
  }
  view.contentHeight = y;
  view.lanesHeight = Math.max(Math.min(y, LANES_MAX), 60);
  view.rows = page.model.rows.filter((row) => row.points.length > 0)
    .sort((a, b) => b.kind - a.kind);
  const band = Math.max(view.rows.length, 1) * ROW + 12 + (wide ? 0 : NAME_LINE);
  view.height = lanesBottom() + band;
  scrollTo(view.scroll);
}

function placeLane(lane) {
  lane.number = view.lanes.length;
  for (const i of lane.items) {
    view.laneOf[i] = lane.number;
  }
  view.lanes.push(lane);
}

const yOfRow = (n) => view.height - 6 - (view.rows.length - n) * ROW;

function scrollTo(y) {
  view.scroll = clamp(y, 0, Math.max(0, view.contentHeight - view.lanesHeight));
}

// ---- the window ----

/** Shows [t0, t1], moved and cut so that it lies inside the report. */
function showWindow(t0, t1) {
  const end = page.model.end;
  const span = clamp(t1 - t0, Math.min(MIN_SPAN, end), end);
  view.t0 = clamp(t0, 0, end - span);
  view.t1 = view.t0 + span;
  view.whole = span >= end;
  say('view');
}

function showAll() {
  showWindow(0, page.model.end);
}

/** Factor below 1: closer. What lies below `x` stays there. */
function zoomAt(x, factor) {
  const at = clamp(timeOf(x), view.t0, view.t1);
  const end = page.model.end;
  const limited = clamp((view.t1 - view.t0) * factor, Math.min(MIN_SPAN, end), end) /
    (view.t1 - view.t0);
  showWindow(at - (at - view.t0) * limited, at + (view.t1 - at) * limited);
}

/** Without a pointer: around what is selected, where it is in sight. */
function zoomMiddle(factor) {
  const i = page.selected;
  const middle = i < 0 ? NaN : xOf((page.model.sent[i] + page.model.finished[i]) / 2);
  zoomAt(middle >= view.left && middle <= view.width ? middle
    : view.left + bodyWidth() / 2, factor);
}

function moveBy(part) {
  const shift = (view.t1 - view.t0) * part;
  showWindow(view.t0 + shift, view.t1 + shift);
}

/** Brings a mutation into sight, with room around it when it is alone. */
function reveal(i) {
  const { sent, finished } = page.model;
  const length = finished[i] - sent[i];
  const span = view.t1 - view.t0;
  if (sent[i] < view.t0 || finished[i] > view.t1 || length < span / 200) {
    const wanted = Math.max(Math.min(span, Math.max(length, MIN_SPAN) * 20), length * 1.3);
    const middle = (sent[i] + finished[i]) / 2;
    showWindow(middle - wanted / 2, middle + wanted / 2);
  }
  const lane = view.lanes[view.laneOf[i]];
  const below = lane.y + view.laneHeight - view.lanesHeight;
  scrollTo(clamp(view.scroll, below, lane.y));
}

// ---- what lies at a place ----

function laneAt(y) {
  if (y < AXIS || y >= lanesBottom()) {
    return null;
  }
  const inside = y - AXIS + view.scroll;
  return view.lanes.find((lane) =>
    inside >= lane.y && inside < lane.y + view.laneHeight) ?? null;
}

/** The mutation of the lane that is nearest to x, within `reach` pixels. */
function mutationIn(lane, x, reach) {
  const first = lowerBound(lane.ends, timeOf(x - reach));
  let best = -1;
  let distance = reach + 0.01;
  for (let n = first; n < lane.items.length; n++) {
    const i = lane.items[n];
    const begin = xOf(page.model.sent[i]);
    if (begin > x + reach) {
      break;
    }
    const end = Math.max(xOf(page.model.finished[i]), begin + 2);
    const off = x < begin ? begin - x : x > end ? x - end : 0;
    if (off < distance) {
      [best, distance] = [i, off];
    }
  }
  return best;
}

/** The read-back of a mutation that is nearest to x, within `reach`. */
function readBackNear(i, x, reach) {
  const { readsFrom, readAt } = page.model;
  let best = -1;
  let distance = reach;
  for (let n = readsFrom[i]; n < readsFrom[i + 1]; n++) {
    const off = Math.abs(xOf(readAt[n]) - x);
    if (off <= distance) {
      [best, distance] = [n, off];
    }
  }
  return best;
}

function pointNear(row, x, reach) {
  const near = lowerBound(row.at, timeOf(x));
  const off = (n) => (n < 0 || n >= row.at.length ? Infinity : Math.abs(xOf(row.at[n]) - x));
  const best = off(near - 1) < off(near) ? near - 1 : near;
  return off(best) <= reach ? row.points[best] : null;
}

/** { mutation, read } or { point }, or null. */
function thingAt(x, y, reach = 5) {
  if (x < view.left) {
    return null;
  }
  const rowNumber = view.rows.findIndex((_, n) => y >= yOfRow(n) && y < yOfRow(n) + ROW);
  if (rowNumber >= 0) {
    const point = pointNear(view.rows[rowNumber], x, reach + 2);
    return point === null ? null : { point };
  }
  const lane = laneAt(y);
  const mutation = lane === null ? -1 : mutationIn(lane, x, reach);
  return mutation < 0 ? null
    : { mutation, read: readBackNear(mutation, x, reach) };
}
