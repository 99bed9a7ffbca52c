// SPDX-License-Identifier: Apache-2.0
// Draws the timeline: only what can be seen, and what falls on one pixel only
// once. Start at drawTimeline(). It reads `view` and `page` and changes
// nothing but the canvas.

const MARKS_FROM = 22; // a bar narrower than that carries no marks
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3,
  3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];

let pen = null; // the context of the canvas
const frame = { ms: 0, drawn: 0 }; // of the last drawing; for the tests

function drawTimeline() {
  const began = performance.now();
  const canvas = byId('chart');
  fitCanvas(canvas, view.width, view.height, view.ratio);
  pen = canvas.getContext('2d');
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  frame.drawn = 0;
  const ticks = makeTicks();
  drawGridLines(ticks);
  clipTo(0, AXIS, view.width, view.lanesHeight, drawLanes);
  clipTo(view.left, AXIS, bodyWidth(), view.height - AXIS, drawEarly);
  drawRows();
  drawAxis(ticks);
  drawScrollBar();
  frame.ms = performance.now() - began;
}

/** The canvas as large as wanted; setting a size wipes it, so only if new. */
function fitCanvas(canvas, width, height, ratio) {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
}

function clipTo(x, y, width, height, draw) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  draw();
  pen.restore();
}

function setFont(size, weight = 400) {
  pen.font = `${weight} ${size}px ${colours.sans}`;
}

// ---- the axis ----

function makeTicks() {
  const room = bodyWidth() / 92;
  const step = STEPS.find((s) => (view.t1 - view.t0) / s <= room) ??
    Math.ceil((view.t1 - view.t0) / room / 864e5) * 864e5;
  const ticks = [];
  for (let t = Math.ceil(view.t0 / step) * step; t <= view.t1; t += step) {
    ticks.push({ t, x: Math.round(xOf(t)) + 0.5, label: offset(t, step) });
  }
  return ticks;
}

function drawGridLines(ticks) {
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const { x } of ticks) {
    pen.moveTo(x, AXIS - 6);
    pen.lineTo(x, view.height);
  }
  pen.stroke();
}

function drawAxis(ticks) {
  setFont(11);
  pen.fillStyle = colours.soft;
  pen.textBaseline = 'middle';
  for (const { x, label } of ticks) {
    const width = pen.measureText(label).width;
    if (x + 4 + width < view.width) {
      pen.fillText(label, x + 4, AXIS / 2 - 1);
    }
  }
  if (view.left > 0) {
    pen.fillText('min:s since the start', 0, AXIS / 2 - 1);
  }
}

function drawScrollBar() {
  if (view.contentHeight <= view.lanesHeight) {
    return;
  }
  const part = view.lanesHeight / view.contentHeight;
  const height = Math.max(24, view.lanesHeight * part);
  const way = view.lanesHeight - height;
  const at = view.scroll / (view.contentHeight - view.lanesHeight);
  pen.fillStyle = colours['strong-line'];
  pen.fillRect(view.width - 4, AXIS + way * at, 4, height);
}

// ---- the lanes ----

function drawLanes() {
  const top = view.scroll;
  const bottom = view.scroll + view.lanesHeight;
  for (const group of view.groups) {
    if (group.y + group.height < top || group.y > bottom) {
      continue;
    }
    drawGroupName(group);
    for (const lane of group.lanes) {
      if (lane.y + view.laneHeight >= top && lane.y <= bottom) {
        clipTo(view.left, yOfLane(lane) - 2, bodyWidth(), view.laneHeight + 4,
          () => drawLane(lane));
      }
    }
  }
}

function drawGroupName(group) {
  const y = AXIS + group.y - view.scroll;
  pen.fillStyle = colours.line;
  pen.fillRect(0, Math.round(y), view.width, 1);
  const narrow = view.left === 0;
  // A name stays in sight as long as one of its lanes does.
  const sticky = narrow ? y : clamp(AXIS, y, y + Math.max(0, group.height - 40));
  const line = sticky + (narrow ? 12 : 17);
  pen.textBaseline = 'middle';
  setFont(12, 500);
  pen.fillStyle = colours.ink;
  const name = fitText(group.label, narrow ? view.width * 0.7 : GUTTER - 16);
  pen.fillText(name, 0, line);
  const detail = [group.small, `${count(group.indices.length)}×`].filter(Boolean).join(' ');
  setFont(11);
  pen.fillStyle = colours.soft;
  if (narrow) {
    const text = fitText(detail, view.width * 0.3);
    pen.fillText(text, view.width - pen.measureText(text).width, line);
  } else if (group.height >= 40) {
    pen.fillText(fitText(detail, GUTTER - 16), 0, line + 16);
  }
}

/** Cut with an ellipsis to fit; by the font that is set. */
function fitText(text, width) {
  const whole = pen.measureText(text).width;
  if (whole <= width) {
    return text;
  }
  let keep = Math.floor(text.length * width / whole);
  while (keep > 0 && pen.measureText(`${text.slice(0, keep)}…`).width > width) {
    keep--;
  }
  return keep > 0 ? `${text.slice(0, keep)}…` : '';
}

/** Where in the lane the bar lies; labels stand above it or behind it. */
function barPlace(lane) {
  const high = view.laneHeight >= 30;
  const height = high ? 12 : Math.max(7, view.laneHeight - 9);
  const y = yOfLane(lane) + (high ? view.laneHeight - height - 5
    : (view.laneHeight - height) / 2);
  return { y: Math.round(y), height, high };
}

function drawLane(lane) {
  const place = barPlace(lane);
  const first = lowerBound(lane.ends, view.t0);
  setFont(11); // of the labels: setting it for each would take its time
  pen.textBaseline = 'middle';
  const run = { from: NaN, to: NaN, worst: 0, dim: false };
  for (let n = first; n < lane.items.length; n++) {
    const i = lane.items[n];
    const begin = page.model.sent[i];
    if (begin > view.t1) {
      break;
    }
    const x0 = xOf(begin);
    const x1 = xOf(page.model.finished[i]);
    if (x1 - x0 < 3) {
      joinRun(run, i, x0, x1, place);
      continue;
    }
    flushRun(run, place);
    const next = n + 1 < lane.items.length ? xOf(page.model.sent[lane.items[n + 1]]) : Infinity;
    drawBar(i, x0, x1, next, place);
  }
  flushRun(run, place);
}

// Bars too short for a pixel or two are drawn as one, in the worst colour.

const isDim = (i) => page.matches !== null && page.matches[i] === 0;

function joinRun(run, i, x0, x1, place) {
  const worst = page.model.outcome[i];
  const dim = isDim(i);
  if (x0 > run.to + 0.8 || dim !== run.dim || worst !== run.worst ||
      Number.isNaN(run.from)) {
    flushRun(run, place);
    Object.assign(run, { from: x0, to: x0 + 1.5, worst, dim });
  }
  run.to = Math.max(run.to, x1);
  if (i === page.selected) {
    outline(x0, x0 + 3, place);
  }
}

function flushRun(run, place) {
  if (!Number.isNaN(run.from)) {
    const { bar, edge } = OUTCOMES[run.worst];
    pen.globalAlpha = run.dim ? 0.25 : 1;
    pen.fillStyle = colours[edge ?? bar];
    pen.fillRect(run.from, place.y, run.to - run.from, place.height);
    pen.globalAlpha = 1;
    frame.drawn++;
    run.from = NaN;
    run.to = NaN;
  }
}

/** AWS's own time, then the held time, its marks, its label. */
function drawBar(i, x0, x1, next, place) {
  const { bar, edge } = OUTCOMES[page.model.outcome[i]];
  const xa = xOf(page.model.answered[i]);
  pen.globalAlpha = isDim(i) ? 0.25 : 1;
  pen.fillStyle = colours.sent;
  pen.fillRect(x0, place.y, Math.max(xa - x0, 1), place.height);
  if (x1 > xa) {
    pen.fillStyle = colours[bar];
    pen.fillRect(xa, place.y, x1 - xa, place.height);
  }
  if (edge !== null) {
    pen.fillStyle = colours[edge];
    pen.fillRect(x0, place.y + place.height - 2, x1 - x0, 2);
  }
  frame.drawn++;
  drawVisibleMoment(i, x0, x1, place);
  if (x1 - x0 >= MARKS_FROM) {
    drawReadBacks(i, place);
  }
  drawLabel(i, x0, x1, next, place);
  pen.globalAlpha = 1;
  if (i === page.selected) {
    outline(x0, x1, place);
  }
}

/** A line where the change could first be seen. */
function drawVisibleMoment(i, x0, x1, place) {
  const visible = page.model.mutations[i].visible_ms;
  if (Number.isFinite(visible) && x1 - x0 > 40) {
    const x = Math.round(xOf(page.model.answered[i] + visible));
    pen.fillStyle = colours.accent;
    pen.fillRect(x, place.y - 3, 1.5, place.height + 6);
  }
}

function drawReadBacks(i, place) {
  const { readsFrom, readAt, readVerdict } = page.model;
  const scale = place.high ? 1 : Math.min(1, place.height / 10 + 0.1);
  const size = SPRITE;
  const y = place.y + place.height / 2 - size / 2;
  const first = lowerBound(readAt, view.t0, readsFrom[i], readsFrom[i + 1]);
  let lastX = -Infinity;
  let lastVerdict = -1;
  for (let n = first; n < readsFrom[i + 1] && readAt[n] <= view.t1; n++) {
    const x = xOf(readAt[n]);
    const verdict = readVerdict[n];
    if (x - lastX < (verdict === lastVerdict ? 5 : 2)) {
      continue;
    }
    pen.drawImage(sprite(VERDICTS[verdict], scale, view.ratio), x - size / 2, y, size, size);
    frame.drawn++;
    lastX = x;
    lastVerdict = verdict;
  }
}

function drawLabel(i, x0, x1, next, place) {
  const begin = place.high ? Math.max(x0, view.left + 2) : x1 + 8;
  const room = Math.min(next, view.width) - begin - 10;
  if (room < 48 || (place.high && x1 - x0 < 12)) {
    return;
  }
  pen.fillStyle = colours.soft;
  const mutation = page.model.mutations[i];
  const name = view.by === 'resource' ? mutation.operation : mutation.resource;
  pen.fillText(fitText(name ?? '', room), begin,
    place.high ? place.y - 8 : place.y + place.height / 2);
}

function outline(x0, x1, place) {
  pen.strokeStyle = colours.ink;
  pen.lineWidth = 1.5;
  pen.strokeRect(x0 - 2, place.y - 2, x1 - x0 + 4, place.height + 4);
}
