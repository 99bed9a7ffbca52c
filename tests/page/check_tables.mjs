// SPDX-License-Identifier: Apache-2.0
// The tables: sorting, filters, and evidence that opens by keyboard.

import assert from 'node:assert/strict';
import { makeSample } from './sample.mjs';
import { settle, text, texts } from './kit.mjs';

const GRID = '#call-grid';
const firstCells = async (page, n, column = 1) =>
  (await texts(page, `${GRID} tbody td:not(.spacer):nth-child(${column})`)).slice(0, n);

/** Ids of the first rows, as they stand. */
const firstIds = (page, n) => page.evaluate((many) =>
  callGrid.order.slice(0, many).map((i) => page.model.mutations[i].id), n);

const head = (page, label) => page.locator(`${GRID} th button`, { hasText: label });

/** Ids of the data, by a number; absent ones last; equal ones as they were. */
function idsBy(data, value, direction) {
  const bad = (v) => v === undefined || Number.isNaN(v);
  return data.mutations.map((m, i) => ({ id: m.id, i, v: value(m) }))
    .sort((a, b) => bad(a.v) - bad(b.v) || (a.v - b.v) * direction || a.i - b.i)
    .map((m) => m.id);
}

export const checks = {
  async 'the table has all mutations and says so to those who listen'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    const table = page.locator(`${GRID} table`);
    assert.equal(await table.getAttribute('aria-rowcount'), String(data.mutations.length + 1));
    assert.equal(await text(page, '#call-count'), `${data.mutations.length} mutations`);
    assert.equal(await page.locator(`${GRID} tr[aria-rowindex="2"]`).count(), 1);
  },

  async 'figures sort from the largest, then from the smallest'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    await head(page, 'Visible').click();
    assert.deepEqual(await firstIds(page, 200), idsBy(data, (m) => m.visible_ms, -1));
    assert.equal(await page.locator(`${GRID} th[aria-sort="descending"]`).textContent(), 'Visible');
    await head(page, 'Visible').click();
    assert.deepEqual(await firstIds(page, 200), idsBy(data, (m) => m.visible_ms, 1));
    assert.equal(await page.locator(`${GRID} th[aria-sort="ascending"]`).count(), 1);
  },

  async 'every column sorts'(kit) {
    const page = await kit.open(makeSample());
    const heads = await page.locator(`${GRID} th button`).all();
    assert.equal(heads.length, 10);
    for (const button of heads) {
      await button.click();
      const sorted = page.locator(`${GRID} th[aria-sort="ascending"], ${GRID} th[aria-sort="descending"]`);
      assert.equal(await sorted.count(), 1);
      assert.equal(await sorted.textContent(), await button.textContent());
    }
  },

  async 'names sort from the first'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    await head(page, 'Resource').click();
    const sorted = data.mutations.map((m) => m.resource).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    assert.deepEqual(await firstCells(page, 10), sorted.slice(0, 10));
  },

  async 'filters narrow the table and dim the timeline'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    const expect = async (wanted) => {
      await settle(page);
      const n = data.mutations.filter(wanted).length;
      assert.ok(n > 0 && n < data.mutations.length);
      assert.equal(await text(page, '#call-count'), `${n} of ${data.mutations.length} mutations`);
      assert.equal(await page.evaluate(() => page.matches.reduce((a, b) => a + b, 0)), n);
    };
    await page.fill('#find', 'Colour-1');
    await expect((m) => JSON.stringify(m).toLowerCase().includes('colour-1'));
    await page.click('#filters button[type=reset]');
    await page.selectOption('#only-operation', 'CreateSecret');
    await expect((m) => m.operation === 'CreateSecret');
    await page.selectOption('#only-operation', '');
    await page.selectOption('#only-outcome', 'unsettled');
    await expect((m) => m.outcome === 'unsettled');
    await page.selectOption('#only-outcome', '');
    await page.check('#only-races');
    const raced = new Set(data.races.map((r) => r.write));
    await expect((m) => raced.has(m.id));
  },

  async 'the table can follow the period shown'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    await page.check('#only-window');
    await page.evaluate(() => showWindow(10000, 30000));
    await settle(page);
    const n = data.mutations.filter((m) => m.finished >= 10000 && m.sent <= 30000).length;
    assert.equal(await text(page, '#call-count'), `${n} of ${data.mutations.length} mutations`);
  },

  async 'filters that nothing passes say so'(kit) {
    const page = await kit.open(makeSample());
    await page.fill('#find', 'no such thing');
    await settle(page);
    assert.match(await text(page, '#no-calls'), /No mutation passes these filters/);
    assert.equal(await page.locator(`${GRID} table`).isVisible(), false);
  },

  async 'evidence opens and closes by keyboard alone'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    await page.focus(`${GRID} tr[data-n="0"] button`);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const mutation = data.mutations[2];
    const panel = page.locator('#detail');
    assert.equal(await panel.isVisible(), true);
    assert.equal(await text(page, '#detail-title'), mutation.operation);
    const words = await panel.textContent();
    for (const said of [mutation.id, mutation.request_id, mutation.resource,
      ...mutation.confirmations.flatMap((c) => [c.name, c.wanted, c.last])]) {
      assert.ok(words.includes(said), `does not say ${said}`);
    }
    assert.deepEqual(JSON.parse(await text(page, '#detail pre')), mutation.request);
    assert.equal(await page.locator('#detail tbody tr').count(), mutation.reads.length);
    await page.keyboard.press('Escape');
    assert.equal(await panel.isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr').dataset.n), '2');
  },

  async 'each read-back is told with its time and what it saw'(kit) {
    const data = makeSample();
    const n = data.mutations.findIndex((m) => m.confirmations.length === 1 && m.reads.length > 4);
    const page = await kit.open(data);
    await page.evaluate((i) => say('open', { mutation: i }), n);
    const rows = await page.evaluate(() => [...document.querySelectorAll('#detail tbody tr')]
      .map((row) => [...row.cells].map((cell) => cell.textContent.replace(/\u00a0/g, ' '))));
    const words = { holds: 'holds', 'not-yet': 'not yet', 'try-again': 'try again' };
    data.mutations[n].reads.forEach(([at, took, , verdict], i) => {
      const after = at - data.mutations[n].answered;
      assert.equal(rows[i][0], after < 1000 ? `${after} ms`
        : `${(after / 1000).toFixed(after < 9995 ? 2 : 1)} s`);
      assert.equal(rows[i][1], `${took} ms`);
      assert.equal(rows[i][2], words[verdict]);
    });
  },

  async 'the next and the one before follow the table'(kit) {
    const page = await kit.open(makeSample());
    await head(page, 'Visible').click();
    const ids = await firstIds(page, 2);
    await page.locator(`${GRID} tr[data-n="0"] button`).click();
    await page.getByLabel('The next in the table').click();
    assert.equal(await page.evaluate(() => mutationOf(page.selected).id), ids[1]);
    await page.getByLabel('The one before in the table').click();
    assert.equal(await page.evaluate(() => mutationOf(page.selected).id), ids[0]);
  },

  async 'the races are listed, the one furthest off first, and open'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    const table = page.locator('#race-part .grid table').first();
    assert.equal(await table.getAttribute('aria-rowcount'), String(data.races.length + 1));
    const worst = [...data.races].sort((a, b) =>
      (b.needed_ms - b.gap_ms) - (a.needed_ms - a.gap_ms))[0];
    await table.locator('tr[data-n="0"] button').click();
    const words = await page.locator('#detail').textContent();
    for (const said of [worst.read, worst.write, worst.got, worst.wanted]) {
      assert.ok(words.includes(said), `does not say ${said}`);
    }
  },

  async 'a long table holds few rows and reaches its last by keyboard'(kit) {
    const data = makeSample({ mutations: 3000, reads: 10 });
    const page = await kit.open(data);
    const rows = page.locator(`${GRID} tbody tr[aria-rowindex]`);
    assert.ok(await rows.count() < 80);
    await page.focus(`${GRID} tr[data-n="0"] button`);
    await page.keyboard.press('End');
    await settle(page);
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr').dataset.n), '2999');
    assert.ok(await page.locator(`${GRID} tr[data-n="2999"]`).isVisible());
    await page.keyboard.press('Home');
    await settle(page);
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr').dataset.n), '0');
    await page.locator(`${GRID} .grid`).evaluate((grid) => { grid.scrollTop = 50000; });
    await settle(page);
    const seen = await page.evaluate(() => {
      document.documentElement.style.scrollBehavior = 'auto';
      document.querySelector('#call-grid .grid').scrollIntoView({ block: 'center' });
      const grid = document.querySelector('#call-grid .grid').getBoundingClientRect();
      const row = document.elementFromPoint(grid.left + 40, grid.top + 300).closest('tr');
      return [Number(row.dataset.n), row.cells[0].textContent];
    });
    assert.ok(seen[0] > 1300 && seen[0] < 1400, String(seen[0]));
    assert.equal(seen[1], data.mutations[seen[0]].resource);
  },

  async 'printed, a long table shows its first 500 rows'(kit) {
    const page = await kit.open(makeSample({ mutations: 800, reads: 10 }));
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    assert.equal(await page.locator(`${GRID} tbody tr[aria-rowindex]`).count(), 500);
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    assert.ok(await page.locator(`${GRID} tbody tr[aria-rowindex]`).count() < 80);
  },
};
