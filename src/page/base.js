// SPDX-License-Identifier: Apache-2.0
// The script of the report. Its files are put one behind the other, so they
// share one scope: base.js first, main.js, where it starts, last. Texts of the
// data reach the document as text nodes only, never as markup.
'use strict';

/** What all parts look at. `model` is made by data.js. */
const page = {
  model: null,
  matches: null, // Uint8Array: which mutations pass the filters; null = all
  selected: -1, // index of a mutation
};

// ---- signals: parts tell each other what has changed, not what to do ----

const listeners = new Map();

/** model, view, theme, filter, select, open */
function on(name, hear) {
  listeners.set(name, [...(listeners.get(name) ?? []), hear]);
}

function say(name, value) {
  for (const hear of listeners.get(name) ?? []) {
    hear(value);
  }
}

// ---- elements ----

const byId = (id) => document.getElementById(id);
const SVG = byId('svg').namespaceURI;

/** Children may be nodes, texts, numbers; null and false are left out. */
function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      node.append(child);
    }
  }
  return node;
}

/** `given`: attributes; `on...` listens; false and null are left out. */
function dress(node, given) {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      node.addEventListener(name.slice(2), value);
    } else {
      node.setAttribute(name, value === true ? '' : value);
    }
  }
  return node;
}

function el(tag, given, ...children) {
  return append(dress(document.createElement(tag), given), children);
}

function svg(tag, given, ...children) {
  return append(dress(document.createElementNS(SVG, tag), given), children);
}

// ---- numbers ----

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** The first index in [from, to) whose value is not below `value`. */
function lowerBound(values, value, from = 0, to = values.length) {
  while (from < to) {
    const middle = (from + to) >> 1;
    if (values[middle] < value) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

/** By nearest rank; of sorted numbers. */
function quantile(sorted, p) {
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}

/** Runs `work` once before the next frame, however often it is asked for. */
function oncePerFrame(work) {
  let asked = 0;
  return () => {
    if (asked === 0) {
      asked = requestAnimationFrame(() => {
        asked = 0;
        work();
      });
    }
  };
}

// ---- colours: CSS says them, the canvases ask for them ----

const colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['paper', 'raised', 'ink', 'soft', 'line', 'strong-line',
    'accent', 'accent-soft', 'held', 'sent', 'bad', 'bad-soft', 'warn',
    'warn-soft', 'odd', 'grey']) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  colours.sans = style.getPropertyValue('--sans').replace(/\s+/g, ' ').trim();
}
