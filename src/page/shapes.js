// SPDX-License-Identifier: Apache-2.0
// The marks. Each has a shape of its own besides its colour, and is drawn from
// one path, in the canvases as in legends and tables.

const PATHS = {
  disc: 'M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0Z',
  ring: 'M-3.3 0A3.3 3.3 0 1 1 3.3 0A3.3 3.3 0 1 1 -3.3 0Z',
  cross: 'M-3.6 -3.6L3.6 3.6M3.6 -3.6L-3.6 3.6',
  up: 'M0 -4.4L4.6 3.6H-4.6Z',
  down: 'M0 5L5.2 -4.2H-5.2Z',
  square: 'M-3.3 -3.3H3.3V3.3H-3.3Z',
  diamond: 'M0 -5.2L5.2 0L0 5.2L-5.2 0Z',
  hollow: 'M0 -4.6L4.6 0L0 4.6L-4.6 0Z',
  dash: 'M-4 0H4',
  dot: 'M-2.2 0A2.2 2.2 0 1 1 2.2 0A2.2 2.2 0 1 1 -2.2 0Z',
};

/** What a read-back saw. The order is the number in the typed arrays. */
const VERDICTS = [
  { key: 'holds', label: 'holds', path: 'disc', colour: 'accent', filled: true },
  { key: 'not-yet', label: 'not yet', path: 'ring', colour: 'warn' },
  { key: 'never', label: 'never', path: 'cross', colour: 'bad' },
  { key: 'try-again', label: 'try again', path: 'up', colour: 'odd', filled: true },
  { key: 'unverifiable', label: 'unverifiable', path: 'square', colour: 'grey' },
  { key: 'assumed', label: 'assumed', path: 'hollow', colour: 'accent' },
  { key: 'other', label: 'other', path: 'dash', colour: 'grey' },
];
const OTHER_VERDICT = VERDICTS.length - 1;

/** What a client's own read was. Worse ones have higher numbers. */
const FINE = 0;
const LUCKY = 1;
const STALE = 2;
const REGRET = 3;
const READ_KINDS = [
  { key: 'fine', label: 'fine', path: 'dot', colour: 'grey', filled: true,
    says: 'no write was under way, or it could already be seen' },
  { key: 'lucky', label: 'lucky', path: 'hollow', colour: 'bad',
    says: 'came too early, yet saw the new state' },
  { key: 'stale', label: 'stale', path: 'diamond', colour: 'bad', filled: true,
    says: 'came too early and saw the old state' },
  { key: 'regret', label: 'regret', path: 'down', colour: 'bad', filled: true,
    says: 'saw the old state after “settled”' },
];

/** The outcomes of a mutation; `bar` and `edge` colour its bar. */
const OUTCOMES = [
  { key: 'settled', label: 'settled', path: 'disc', colour: 'accent',
    filled: true, bar: 'held', edge: null },
  { key: 'unsettled', label: 'unsettled', path: 'ring', colour: 'warn',
    bar: 'warn-soft', edge: 'warn' },
  { key: 'failed', label: 'failed', path: 'cross', colour: 'bad',
    bar: 'bad-soft', edge: 'bad' },
  { key: 'unverifiable', label: 'unverifiable', path: 'square', colour: 'grey',
    bar: 'sent', edge: 'grey' },
  { key: 'unknown', label: 'unknown', path: 'dash', colour: 'grey',
    bar: 'sent', edge: 'grey' },
  { key: 'none', label: 'no outcome', path: 'dot', colour: 'grey',
    bar: 'sent', edge: null },
];
const NO_OUTCOME = OUTCOMES.length - 1;

function indexOfKey(list, key, otherwise) {
  const at = list.findIndex((item) => item.key === key);
  return at < 0 ? otherwise : at;
}

/** A mark as a small picture beside words that say the same. */
function icon(mark) {
  return svg('svg', { class: 'icon', viewBox: '-6 -6 12 12', 'aria-hidden': 'true' },
    markPath(mark));
}

function markPath(mark, place) {
  return svg('path', { d: PATHS[mark.path], transform: place,
    fill: mark.filled ? `var(--${mark.colour})` : 'none',
    stroke: mark.filled ? 'none' : `var(--${mark.colour})`,
    'stroke-width': mark.filled ? null : 1.8 });
}

/** A mark and its word. */
function marked(mark, text = mark.label) {
  return el('span', { class: 'mark' }, icon(mark), el('span', { class: 'word' }, text));
}

// ---- marks for the canvases, drawn once for each theme and size ----

const SPRITE = 14; // CSS pixels, the shape in the middle
const sprites = new Map();

function clearSprites() {
  sprites.clear();
}

function sprite(mark, scale, ratio) {
  const key = `${mark.path} ${mark.colour} ${scale} ${ratio}`;
  if (!sprites.has(key)) {
    sprites.set(key, drawSprite(mark, scale, ratio));
  }
  return sprites.get(key);
}

/** A thin edge in the paper's colour keeps marks apart that touch. */
function drawSprite(mark, scale, ratio) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(SPRITE * ratio);
  canvas.height = canvas.width;
  const pen = canvas.getContext('2d');
  const path = new Path2D(PATHS[mark.path]);
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.scale(ratio * scale, ratio * scale);
  pen.strokeStyle = colours.paper;
  pen.lineWidth = mark.filled ? 2 : 4;
  pen.stroke(path);
  if (mark.filled) {
    pen.fillStyle = colours[mark.colour];
    pen.fill(path);
  } else {
    if (mark.path !== 'cross' && mark.path !== 'dash') {
      pen.fillStyle = colours.paper;
      pen.fill(path);
    }
    pen.strokeStyle = colours[mark.colour];
    pen.lineWidth = 1.9;
    pen.stroke(path);
  }
  return canvas;
}
