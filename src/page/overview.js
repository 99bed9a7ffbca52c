// SPDX-License-Identifier: Apache-2.0
// The strip below the timeline: how much went on over the whole time, where
// reads came too early, and a brush that is the window. Start at
// drawOverview().

const STRIP = 44;
const HANDLE = 8; // pixels around an edge of the brush

const strip = { picture: null, drag: null };

const stripX = (t) => view.left + t * bodyWidth() / page.model.end;
const stripTime = (x) => clamp((x - view.left) / bodyWidth(), 0, 1) * page.model.end;

function forgetStrip() {
  strip.picture = null;
}

function drawOverview() {
  const canvas = byId('overview');
  fitCanvas(canvas, view.width, STRIP, view.ratio);
  strip.picture ??= drawStrip();
  const pen = canvas.getContext('2d');
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(strip.picture, 0, 0);
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  drawBrush(pen);
}

function drawBrush(pen) {
  const [a, b] = [stripX(view.t0), Math.max(stripX(view.t1), stripX(view.t0) + 3)];
  pen.globalAlpha = 0.65;
  pen.fillStyle = colours.paper;
  pen.fillRect(view.left, 0, a - view.left, STRIP);
  pen.fillRect(b, 0, view.width - b, STRIP);
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(a + 0.75, 0.75, Math.max(b - a - 1.5, 1.5), STRIP - 1.5);
  pen.fillStyle = colours.accent;
  for (const x of [a, b]) {
    pen.fillRect(clamp(x - 2, view.left, view.width - 4), STRIP / 2 - 8, 4, 16);
  }
}

/** Mutations per column as hills, early reads as ticks below them. */
function drawStrip() {
  const picture = document.createElement('canvas');
  picture.width = Math.max(1, Math.round(view.width * view.ratio));
  picture.height = Math.round(STRIP * view.ratio);
  const pen = picture.getContext('2d');
  pen.scale(view.ratio, view.ratio);
  pen.fillStyle = colours.raised;
  pen.fillRect(view.left, 0, bodyWidth(), STRIP);
  const columns = columnsOf(page.model.sent);
  const most = Math.max(1, ...columns);
  pen.fillStyle = colours['strong-line'];
  columns.forEach((n, c) => {
    const height = n === 0 ? 0 : 2 + (STRIP - 18) * n / most;
    pen.fillRect(view.left + c * 2, STRIP - 12 - height, 2, height);
  });
  const early = Float64Array.from(page.model.early, (e) => e.point.at);
  pen.fillStyle = colours.bad;
  const earlyColumns = columnsOf(early);
  const mostEarly = Math.max(1, ...earlyColumns);
  earlyColumns.forEach((n, c) => {
    const height = n === 0 ? 0 : 2 + 7 * n / mostEarly;
    pen.fillRect(view.left + c * 2, STRIP - 1 - height, 2, height);
  });
  drawStripNames(pen);
  return picture;
}

function drawStripNames(pen) {
  if (view.left === 0) {
    return;
  }
  pen.font = `400 11px ${colours.sans}`;
  pen.textBaseline = 'middle';
  pen.fillStyle = colours.soft;
  pen.fillText('Mutations, whole time', 0, STRIP / 2 - 6);
  if (page.model.early.length > 0) {
    pen.fillStyle = colours.bad;
    pen.fillText('early reads', 0, STRIP - 6);
  }
}

function columnsOf(times) {
  const columns = new Array(Math.ceil(bodyWidth() / 2)).fill(0);
  const scale = columns.length / page.model.end;
  for (const t of times) {
    columns[clamp(Math.floor(t * scale), 0, columns.length - 1)]++;
  }
  return columns;
}

// ---- the brush ----

function listenToOverview() {
  const canvas = byId('overview');
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    strip.drag = startBrush(event.offsetX);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (strip.drag !== null) {
      strip.drag(event.offsetX);
    } else {
      canvas.style.cursor = cursorAt(event.offsetX);
    }
  });
  for (const end of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(end, () => { strip.drag = null; });
  }
  canvas.addEventListener('dblclick', showAll);
}

function edgeAt(x) {
  const [a, b] = [stripX(view.t0), stripX(view.t1)];
  const near = Math.abs(x - a) < Math.abs(x - b) ? 'a' : 'b';
  return Math.abs(x - (near === 'a' ? a : b)) <= HANDLE ? near : null;
}

function cursorAt(x) {
  const inside = x > stripX(view.t0) && x < stripX(view.t1);
  return edgeAt(x) ? 'ew-resize' : inside && !view.whole ? 'grab' : 'crosshair';
}

/** What a drag that begins at x does: moves an edge, the window, or draws one. */
function startBrush(x) {
  const { t0, t1, whole } = view;
  const edge = edgeAt(x);
  const from = stripTime(x);
  if (edge !== null) {
    const fixed = edge === 'a' ? t1 : t0;
    return (to) => showWindow(Math.min(fixed, stripTime(to)), Math.max(fixed, stripTime(to)));
  }
  if (from > t0 && from < t1 && !whole) {
    return (to) => showWindow(t0 + stripTime(to) - from, t1 + stripTime(to) - from);
  }
  return (to) => {
    if (Math.abs(to - x) > 3) {
      showWindow(Math.min(from, stripTime(to)), Math.max(from, stripTime(to)));
    }
  };
}
