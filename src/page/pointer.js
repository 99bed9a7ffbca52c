// SPDX-License-Identifier: Apache-2.0
// Wheel, fingers and keys on the timeline. Start at listenToChart(). Every
// handler changes the window, the hover or the selection, and asks for a frame.

const WHEEL_REST = 250; // ms: a page that scrolls goes on scrolling
const TAP = 5; // pixels: less is a click, more is a drag

const pointers = new Map(); // those that are down
const gesture = { moved: 0, pinch: 0 };
let scrolledAt = -Infinity;
let letGo = false; // Escape: the next Tab leaves the timeline

const redraw = oncePerFrame(() => {
  if (page.model !== null) {
    drawTimeline();
    drawOverview();
  }
});

function listenToChart() {
  const chart = byId('chart');
  chart.addEventListener('wheel', onWheel, { passive: false });
  chart.addEventListener('pointerdown', onDown);
  chart.addEventListener('pointermove', onMove);
  chart.addEventListener('pointerup', onUp);
  chart.addEventListener('pointercancel', onUp);
  chart.addEventListener('pointerleave', () => hoverOver(null));
  chart.addEventListener('dblclick', (event) => zoomAt(placeOf(event).x, 1 / 3));
  chart.addEventListener('keydown', onKey);
  chart.addEventListener('blur', () => { letGo = false; });
  document.addEventListener('scroll', () => { scrolledAt = performance.now(); },
    { passive: true });
}

function placeOf(event) {
  const box = byId('chart').getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

// ---- the wheel: zoom; sideways: move; with Shift: up and down the lanes ----

function onWheel(event) {
  if (performance.now() - scrolledAt < WHEEL_REST && !event.ctrlKey) {
    scrolledAt = performance.now();
    return;
  }
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  if (event.shiftKey && view.contentHeight > view.lanesHeight) {
    event.preventDefault();
    scrollTo(view.scroll + (dy || dx));
    redraw();
  } else if (Math.abs(dx) > Math.abs(dy)) {
    event.preventDefault();
    moveBy(dx / bodyWidth());
  } else if (!(dy > 0 && view.whole) || event.ctrlKey) {
    event.preventDefault();
    zoomAt(placeOf(event).x, Math.exp(dy * (event.ctrlKey ? 0.01 : 0.002)));
  }
}

// ---- pointers: drag moves, two fingers zoom, a tap opens ----

function onDown(event) {
  if (event.button !== 0) {
    return;
  }
  byId('chart').setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, placeOf(event));
  gesture.moved = pointers.size > 1 ? Infinity : 0;
}

function onMove(event) {
  const place = placeOf(event);
  const before = pointers.get(event.pointerId);
  if (before === undefined) {
    hoverOver(thingAt(place.x, place.y), place);
    return;
  }
  pointers.set(event.pointerId, place);
  gesture.moved += Math.abs(place.x - before.x) + Math.abs(place.y - before.y);
  if (pointers.size === 2) {
    pinch(event.pointerId, before);
  } else if (gesture.moved > TAP) {
    byId('chart').classList.add('dragging');
    hoverOver(null);
    if (event.pointerType === 'mouse') {
      scrollTo(view.scroll - (place.y - before.y));
    }
    moveBy((before.x - place.x) / bodyWidth());
  }
}

/** What lay below both fingers stays there. */
function pinch(moved, before) {
  const [a, b] = [...pointers.entries()].map(([id, now]) =>
    ({ now: now.x, was: id === moved ? before.x : now.x }));
  const was = Math.max(8, Math.abs(a.was - b.was));
  const now = Math.max(8, Math.abs(a.now - b.now));
  zoomAt((a.was + b.was) / 2, was / now);
  moveBy(((a.was + b.was) - (a.now + b.now)) / 2 / bodyWidth());
}

function onUp(event) {
  const wasDown = pointers.delete(event.pointerId);
  byId('chart').classList.remove('dragging');
  if (wasDown && event.type === 'pointerup' && gesture.moved <= TAP) {
    const { x, y } = placeOf(event);
    openThing(thingAt(x, y, event.pointerType === 'mouse' ? 5 : 12));
  }
}

function openThing(thing) {
  if (thing === null) {
    selectMutation(-1);
  } else if (thing.point?.early) {
    say('open', { early: thing.point.early });
  } else if (thing.mutation !== undefined) {
    say('open', { mutation: thing.mutation });
  }
}

function hoverOver(thing, place) {
  const same = JSON.stringify(nameOf(thing)) === JSON.stringify(nameOf(view.hover));
  view.hover = thing;
  byId('chart').classList.toggle('pointing',
    thing !== null && (thing.mutation !== undefined || thing.point.early !== null));
  showTip(thing, place?.x, place?.y);
  if (!same) {
    redraw();
  }
}

const nameOf = (thing) => thing && [thing.mutation, thing.read, thing.point?.at,
  thing.point?.read?.id];

// ---- keys ----

const KEYS = {
  ArrowLeft: () => moveBy(-0.2),
  ArrowRight: () => moveBy(0.2),
  ArrowUp: () => { scrollTo(view.scroll - 60); redraw(); },
  ArrowDown: () => { scrollTo(view.scroll + 60); redraw(); },
  PageUp: () => moveBy(-0.9),
  PageDown: () => moveBy(0.9),
  '+': () => zoomMiddle(0.6),
  '=': () => zoomMiddle(0.6),
  '-': () => zoomMiddle(1 / 0.6),
  0: showAll,
  Home: () => showWindow(0, view.t1 - view.t0),
  End: () => showWindow(page.model.end - (view.t1 - view.t0), page.model.end),
};

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  if (event.key === 'Tab') {
    stepSelection(event);
  } else if (event.key === 'Escape') {
    letGo = true;
    selectMutation(-1);
    speak(-1);
  } else if ((event.key === 'Enter' || event.key === ' ') && page.selected >= 0) {
    event.preventDefault();
    say('open', { mutation: page.selected });
  } else if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
}

/** Tab goes from one mutation to the next, and beyond the last one out. */
function stepSelection(event) {
  if (letGo) {
    return;
  }
  const next = nextSelection(event.shiftKey ? -1 : 1);
  if (next < 0) {
    return;
  }
  event.preventDefault();
  selectMutation(next);
  reveal(next);
  speak(next);
}

/** The next that passes the filters; at first, the first in the window. */
function nextSelection(step) {
  const { mutations, finished } = page.model;
  let i = page.selected + step;
  if (page.selected < 0) {
    if (step < 0) {
      return -1;
    }
    i = finished.findIndex((end, n) => end >= view.t0 && page.model.sent[n] <= view.t1);
  }
  while (i >= 0 && i < mutations.length && isDim(i)) {
    i += step;
  }
  return i < mutations.length ? i : -1;
}

function selectMutation(i) {
  page.selected = i;
  say('select');
}
