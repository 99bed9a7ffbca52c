// SPDX-License-Identifier: Apache-2.0
// A table that sorts by any column and, where it is long, holds only the rows
// that can be seen. It stays a real table: rows know their number, columns
// their order. Start at makeGrid().

const WHOLE_UP_TO = 15; // rows; such a table does not scroll by itself
const SPARE = 12; // rows kept above and below what is seen
const PRINTED = 500;

let gridCount = 0;

/**
 * spec: label, rows' `key(row)`, `open(row)`, `sort` [key, direction], and
 * columns: key, label, value(row) to sort by, cell(row) to show, num, kind
 * (CSS classes). The first column is what the keyboard walks through.
 */
function makeGrid(spec) {
  const grid = { spec, rows: [], order: [], sort: spec.sort, height: 37,
    first: 0, focus: 0, open: null, printing: false, id: `grid${gridCount++}` };
  grid.body = el('tbody', { onkeydown: (event) => onGridKey(grid, event) });
  grid.heads = spec.columns.map((column) => makeHead(grid, column));
  grid.table = el('table', {}, el('caption', { class: 'out-of-sight' }, spec.label),
    el('thead', {}, el('tr', { 'aria-rowindex': false }, grid.heads)), grid.body);
  grid.element = el('div', { class: 'grid', tabindex: -1,
    onscroll: oncePerFrame(() => showRows(grid)) }, grid.table);
  addEventListener('beforeprint', () => printGrid(grid, true));
  addEventListener('afterprint', () => printGrid(grid, false));
  return grid;
}

const columnClass = (column) =>
  [column.num && 'num', column.kind].filter(Boolean).join(' ') || null;

function makeHead(grid, column) {
  return el('th', { scope: 'col', class: columnClass(column) },
    column.value ? el('button', { type: 'button', onclick: () => sortGrid(grid, column) },
      column.label) : column.label);
}

/** Figures begin with the largest, names with the first. */
function sortGrid(grid, column) {
  const [key, direction] = grid.sort;
  const begins = column.num ? -1 : 1;
  grid.sort = [column.key, key === column.key ? -direction : begins];
  orderRows(grid);
  grid.element.scrollTop = 0;
  grid.focus = 0;
  showRows(grid, true);
}

function setRows(grid, rows) {
  grid.rows = rows;
  orderRows(grid);
  grid.focus = clamp(grid.focus, 0, Math.max(0, rows.length - 1));
  showRows(grid, true);
}

/** What has no value comes last, whatever the direction. */
function orderRows(grid) {
  const [key, direction] = grid.sort;
  const { value } = grid.spec.columns.find((column) => column.key === key);
  const keyed = grid.rows.map((row, i) => ({ row, i, value: value(row) }));
  const absent = (v) => v === undefined || v === null || Number.isNaN(v);
  keyed.sort((a, b) => absent(a.value) - absent(b.value) ||
    (a.value < b.value ? -direction : a.value > b.value ? direction : a.i - b.i));
  grid.order = keyed.map((item) => item.row);
  grid.heads.forEach((head, n) => {
    const column = grid.spec.columns[n];
    if (column.value) {
      head.setAttribute('aria-sort', column.key !== key ? 'none'
        : direction > 0 ? 'ascending' : 'descending');
    }
  });
}

// ---- the rows that are seen ----

function wantedRows(grid) {
  const all = grid.order.length;
  if (grid.printing) {
    return [0, Math.min(all, PRINTED)];
  }
  if (all <= WHOLE_UP_TO) {
    return [0, all];
  }
  const top = Math.floor(grid.element.scrollTop / grid.height);
  const seen = Math.ceil((grid.element.clientHeight || 560) / grid.height);
  const from = clamp(top - SPARE, 0, all - 1);
  return [from - (from % 2), Math.min(all, top + seen + SPARE)];
}

function showRows(grid, anew = false) {
  const all = grid.order.length;
  grid.element.classList.toggle('tall', all > WHOLE_UP_TO && !grid.printing);
  const [from, to] = wantedRows(grid);
  if (!anew && grid.first === from && grid.last === to) {
    return;
  }
  Object.assign(grid, { first: from, last: to });
  const hadFocus = grid.element.contains(document.activeElement) &&
    !grid.table.tHead.contains(document.activeElement);
  grid.table.setAttribute('aria-rowcount', all + 1);
  grid.body.replaceChildren(...[spacer(grid, from),
    ...grid.order.slice(from, to).map((row, n) => makeRow(grid, row, from + n)),
    spacer(grid, grid.printing ? 0 : all - to)].filter(Boolean));
  measureRow(grid);
  if (hadFocus) {
    (rowButton(grid) ?? grid.element).focus({ preventScroll: true });
  }
}

/** The height of a row is the style's to say; the spacers must follow it. */
function measureRow(grid) {
  const row = grid.body.querySelector('tr[aria-rowindex]');
  const height = row?.getBoundingClientRect().height ?? 0;
  if (height > 0 && Math.abs(height - grid.height) > 0.01) {
    grid.height = height;
    grid.last = -1;
    showRows(grid, true);
  }
}

function spacer(grid, rows) {
  if (rows <= 0) {
    return null;
  }
  const cell = el('td', { class: 'spacer' });
  cell.style.height = `${rows * grid.height}px`;
  return el('tr', { 'aria-hidden': 'true' }, cell);
}

function makeRow(grid, row, n) {
  const { columns, key } = grid.spec;
  return el('tr', { 'aria-rowindex': n + 2, 'data-n': n,
    class: grid.open !== null && key(row) === grid.open ? 'open' : null,
    onclick: () => openRow(grid, n) },
  columns.map((column, c) => makeCell(grid, column, row, n, c === 0)));
}

function makeCell(grid, column, row, n, first) {
  const content = column.cell(row);
  const title = typeof content === 'string' && content.length > 12 ? content : null;
  return el('td', { class: columnClass(column), title },
    !first ? content : el('button', { type: 'button', class: 'link',
      tabindex: n === grid.focus ? 0 : -1,
      onfocus: () => { grid.focus = n; } }, content));
}

function openRow(grid, n) {
  grid.focus = n;
  grid.spec.open(grid.order[n]);
}

/** Marks the row whose evidence is shown. */
function markOpen(grid, key) {
  grid.open = key;
  for (const row of grid.body.querySelectorAll('tr[data-n]')) {
    row.classList.toggle('open',
      key !== null && grid.spec.key(grid.order[Number(row.dataset.n)]) === key);
  }
}

function printGrid(grid, printing) {
  grid.printing = printing;
  showRows(grid, true);
}

// ---- the keyboard: one row can be reached by Tab, arrows go on ----

const rowButton = (grid) => grid.body.querySelector(`tr[data-n="${grid.focus}"] button.link`);

function onGridKey(grid, event) {
  const seen = Math.max(1, Math.floor(grid.element.clientHeight / grid.height) - 2);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: seen, PageUp: -seen,
    Home: -Infinity, End: Infinity };
  if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  event.preventDefault();
  focusRow(grid, clamp(grid.focus + steps[event.key], 0, grid.order.length - 1));
}

function focusRow(grid, n) {
  grid.focus = n;
  const top = n * grid.height;
  const head = grid.table.tHead.offsetHeight;
  const { scrollTop, clientHeight } = grid.element;
  if (grid.element.classList.contains('tall')) {
    grid.element.scrollTop = clamp(scrollTop, top + head + grid.height - clientHeight, top);
  }
  showRows(grid, true);
  rowButton(grid)?.focus();
}
