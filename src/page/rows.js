// SPDX-License-Identifier: Apache-2.0
// The lower part of the timeline: clients' own reads, and the lines from those
// that came too early to the write they were early for. Start at drawRows()
// and drawEarly().

const LINES_MAX = 400; // more lines than that say nothing

function drawRows() {
  const top = lanesBottom();
  pen.fillStyle = colours.paper;
  pen.fillRect(0, top, view.left, view.height - top);
  pen.fillStyle = colours['strong-line'];
  pen.fillRect(0, top, view.width, 1);
  pen.textBaseline = 'middle';
  if (view.left === 0) {
    setFont(12, 500);
    pen.fillStyle = colours.paper;
    pen.fillRect(0, top + 4, 130, NAME_LINE);
    pen.fillStyle = colours.ink;
    pen.fillText('Clients’ own reads', 0, top + 14);
  }
  if (view.rows.length === 0) {
    setFont(12);
    pen.fillStyle = colours.soft;
    pen.fillText('No client read is in the log.', view.left, view.height - 18);
  }
  view.rows.forEach((row, n) => drawRow(row, yOfRow(n)));
}

function drawRow(row, y) {
  const mark = READ_KINDS[row.kind];
  if (view.left > 0) {
    drawRowName(row, mark, y);
  }
  pen.save();
  pen.beginPath();
  pen.rect(view.left, y, bodyWidth(), ROW);
  pen.clip();
  const from = lowerBound(row.at, view.t0);
  const to = lowerBound(row.at, view.t1 + 1e-9);
  if (to - from > bodyWidth() / 5) {
    drawDensity(row, from, to, y, mark);
  } else {
    drawPoints(row, from, to, y, mark);
  }
  pen.restore();
}

function drawRowName(row, mark, y) {
  const middle = y + ROW / 2;
  pen.drawImage(sprite(mark, 1, view.ratio), -1, middle - SPRITE / 2, SPRITE, SPRITE);
  setFont(12, 500);
  pen.fillStyle = colours.ink;
  const name = `${mark.label} reads`;
  pen.fillText(name, 20, middle);
  const width = pen.measureText(name).width;
  setFont(11);
  pen.fillStyle = colours.soft;
  pen.fillText(`${count(row.points.length)}×`, 20 + width + 8, middle);
}

function drawPoints(row, from, to, y, mark) {
  const picture = sprite(mark, 1, view.ratio);
  for (let n = from; n < to; n++) {
    const x = xOf(row.at[n]);
    const took = number(row.points[n].read?.took);
    const tail = took * bodyWidth() / (view.t1 - view.t0);
    if (tail > 6) {
      pen.fillStyle = colours['strong-line'];
      pen.fillRect(x, y + ROW / 2 - 0.5, tail, 1);
    }
    pen.drawImage(picture, x - SPRITE / 2, y + ROW / 2 - SPRITE / 2, SPRITE, SPRITE);
    frame.drawn++;
  }
}

/** Columns of three pixels, as high as there are many reads in them. */
function drawDensity(row, from, to, y, mark) {
  const columns = new Uint16Array(Math.ceil(bodyWidth() / 3) + 1);
  const scale = bodyWidth() / (view.t1 - view.t0) / 3;
  let most = 1;
  for (let n = from; n < to; n++) {
    const c = ((row.at[n] - view.t0) * scale) | 0;
    columns[c]++;
    most = Math.max(most, columns[c]);
  }
  pen.fillStyle = colours[mark.colour];
  for (let c = 0; c < columns.length; c++) {
    if (columns[c] > 0) {
      const height = 2 + (ROW - 6) * columns[c] / most;
      pen.fillRect(view.left + c * 3, y + ROW - 2 - height, 2, height);
      frame.drawn++;
    }
  }
}

// ---- reads that came too early ----

function drawEarly() {
  const shown = earlyInSight();
  if (shown.length <= LINES_MAX) {
    const strength = clamp(20 / shown.length, 0.15, 0.5);
    for (const early of shown) {
      drawEarlyLine(early, isDim(early.write) ? 0.08 : strength);
    }
  }
  const chosen = view.hover?.point?.early;
  if (chosen) {
    drawEarlyLine(chosen);
  }
  const write = view.hover?.mutation ?? page.selected;
  if (write >= 0 && page.model.earlyCount[write] > 0) {
    for (const early of racesOf(page.model, write)) {
      drawEarlyLine(early);
    }
  }
}

/** Those whose read lies in the window; sorted rows make that quick. */
function earlyInSight() {
  const found = [];
  for (const row of page.model.rows) {
    if (row.kind === FINE) {
      continue;
    }
    const from = lowerBound(row.at, view.t0);
    const to = lowerBound(row.at, view.t1);
    if (found.length + to - from > LINES_MAX) {
      return row.points.slice(0, LINES_MAX + 1);
    }
    for (let n = from; n < to; n++) {
      found.push(row.points[n].early);
    }
  }
  return found;
}

/** From the write's bar down to the read; at full strength with the gap. */
function drawEarlyLine(early, strength = 1) {
  if (early.write < 0) {
    return;
  }
  const lane = view.lanes[view.laneOf[early.write]];
  const place = barPlace(lane);
  const from = clamp(place.y + place.height, AXIS, lanesBottom());
  const row = view.rows.findIndex((r) => r.kind === early.kind);
  const to = yOfRow(row) + ROW / 2 - 6;
  const x = Math.round(xOf(early.point.at)) + 0.5;
  pen.strokeStyle = colours.bad;
  pen.globalAlpha = strength;
  pen.lineWidth = strength === 1 ? 1.5 : 1;
  pen.beginPath();
  pen.moveTo(x, from);
  pen.lineTo(x, to);
  pen.stroke();
  if (strength === 1) {
    drawGap(early, x, place);
  }
  pen.globalAlpha = 1;
  frame.drawn++;
}

/** Above the bar: the gap, full; what was still needed, hollow. */
function drawGap(early, x, place) {
  const since = early.kind === REGRET ? page.model.finished[early.write]
    : page.model.answered[early.write];
  const needed = number(early.fact.needed_ms);
  const y = place.y - 5;
  pen.fillStyle = colours.bad;
  pen.fillRect(xOf(since), y, Math.max(1, x - xOf(since)), 3);
  if (Number.isFinite(needed)) {
    const end = xOf(since + needed);
    pen.fillRect(x, y + 1, Math.max(0, end - x), 1);
    pen.fillRect(end - 0.75, y - 2, 1.5, 7);
  }
  pen.beginPath();
  pen.arc(x, place.y + place.height, 2.5, 0, 2 * Math.PI);
  pen.fill();
}
