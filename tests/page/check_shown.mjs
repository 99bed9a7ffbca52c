// SPDX-License-Identifier: Apache-2.0
// The numbers shown are those of the data, and where there are none the page
// says something useful.

import assert from 'node:assert/strict';
import { makeSample } from './sample.mjs';
import { text, texts, totals } from './kit.mjs';

const empty = (more = {}) => ({ format: 'settled report', version: 1,
  from: '2026-11-21T07:00:00.000Z', to: '2026-11-21T07:00:05.000Z', lines: 0, damaged: 0,
  ...more });

export const checks = {
  async 'the totals are those of the data'(kit) {
    const data = makeSample();
    const shown = await totals(await kit.open(data));
    assert.equal(shown.Mutations, String(data.totals.mutations));
    assert.equal(shown.Settled, String(data.totals.outcomes.settled));
    assert.equal(shown.Unsettled, String(data.totals.outcomes.unsettled));
    assert.equal(shown['Early reads'], String(data.totals.races));
    assert.equal(shown.Regrets, '0');
    assert.equal(shown.Joined, String(data.totals.joined));
    assert.equal(shown['Read-backs'], String(data.totals.read_backs));
  },

  async 'a total that the data say is not counted again'(kit) {
    const data = makeSample();
    Object.assign(data.totals, { races: 1234567, joined: 42 });
    const page = await kit.open(data);
    assert.equal((await totals(page))['Early reads'], '1,234,567');
    assert.match(await text(page, '#headline'), /^1,234,567 client reads came too early/);
  },

  async 'the headline tells how often, how many, and the one furthest off'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    const stale = data.races.filter((r) => r.verdict === 'stale').length;
    const worst = data.races.reduce((a, b) =>
      (b.needed_ms - b.gap_ms > a.needed_ms - a.gap_ms ? b : a));
    const line = await text(page, '#subline');
    assert.equal(await text(page, '#headline'), `${data.races.length} client reads came too early.`);
    assert.match(line, new RegExp(`Of ${data.totals.client_reads} recorded reads, ${stale} saw`));
    assert.ok(line.includes(`${worst.read_operation} of ${worst.resource}`), line);
  },

  async 'a write that never settled makes its early reads the worst'(kit) {
    const data = makeSample();
    const races = data.races.slice(3, 5);
    races.forEach((race) => { delete race.needed_ms; });
    const page = await kit.open(data);
    assert.match(await text(page, '#subline'), /In 2 cases the change was never seen to settle/);
    const first = await texts(page, '#race-part .grid tr[aria-rowindex] td:nth-child(7)');
    assert.deepEqual(first.slice(0, 3).map((cell) => cell === 'never seen'), [true, true, false]);
  },

  async 'median and p99 are those of the settled mutations'(kit) {
    const data = makeSample();
    const sorted = data.mutations.filter((m) => m.outcome === 'settled')
      .map((m) => m.visible_ms).sort((a, b) => a - b);
    const at = (p) => sorted[Math.ceil(p * sorted.length) - 1];
    const words = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`);
    const shown = await totals(await kit.open(data));
    assert.equal(shown['Median settle'], words(at(0.5)));
    assert.equal(shown['p99 settle'], words(at(0.99)));
  },

  async 'every operation has its row of figures and its histogram'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    const rows = await page.locator('#operations tbody tr').allTextContents();
    assert.equal(rows.length, data.operations.length);
    for (const [n, operation] of data.operations.entries()) {
      assert.ok(rows[n].startsWith(operation.operation + operation.service + operation.count));
      const label = `Settle times of ${operation.operation}`;
      assert.equal(await page.locator(`#histograms svg[aria-label^="${label}:"]`).count(), 1);
    }
  },

  async 'the pairs of calls add up to all races'(kit) {
    const data = makeSample({ mutations: 300, reads: 900 });
    const page = await kit.open(data);
    const counts = await texts(page, '#race-part .pairs tbody td:nth-child(3)');
    assert.equal(counts.reduce((sum, n) => sum + Number(n), 0), data.races.length);
    assert.ok(counts.length > 3);
  },

  async 'the slowest, the guarantees and the runs are told'(kit) {
    const data = makeSample();
    const page = await kit.open(data);
    assert.deepEqual(await texts(page, '#slowest tbody td:first-child'),
      data.slowest.map((s) => s.resource));
    const verdicts = await texts(page, '#guarantees .verdict');
    const broken = data.guarantees.read_your_writes.violations;
    assert.deepEqual(verdicts, [`${broken} violations`, 'kept', 'kept', 'kept']);
    assert.match(await text(page, '#period'), /run 8b6d · test, nightly/);
    assert.match(await page.locator('#runs').textContent(), /branch=main build=4711/);
  },

  async 'several runs can be chosen one by one'(kit) {
    const data = makeSample();
    const end = data.runs[0].to;
    data.runs = [{ run: 'aaaa', from: 0, to: 20000 }, { run: 'bbbb', from: 20000, to: end }];
    const page = await kit.open(data);
    await page.selectOption('#run', { label: 'bbbb' });
    assert.deepEqual(await page.evaluate(() => [view.t0, Math.round(view.t1)]), [20000, end]);
  },

  async 'two runs may use the same ids'(kit) {
    const data = makeSample({ mutations: 10, reads: 40 });
    const again = makeSample({ mutations: 10, reads: 40, seed: 8 });
    const later = (list, keys) => list.map((item) => ({ ...item, run: 1,
      ...Object.fromEntries(keys.map((key) => [key, item[key] + 60000])) }));
    data.runs.push({ run: 'cccc', from: 60000, to: 90000 });
    data.mutations.push(...later(again.mutations, ['sent', 'answered', 'finished'])
      .map((m) => ({ ...m, reads: [] })));
    data.reads.push(...later(again.reads, ['at']));
    data.races.push(...later(again.races, ['at']));
    assert.ok(data.races.some((r) => r.run === 1));
    const page = await kit.open(data);
    const wrong = await page.evaluate(() => page.model.early.filter(({ fact, write, point }) =>
      page.model.mutations[write].run !== (fact.run ?? 0) ||
      (point.read.run ?? 0) !== (fact.run ?? 0)).length);
    assert.equal(wrong, 0);
    await page.locator('#call-grid tr[data-n="12"] button').click();
    assert.equal(await page.evaluate(() => page.selected), 12);
  },

  async 'what a lag log knows is told'(kit) {
    const data = makeSample();
    Object.assign(data.totals, { unfinished: 3, too_early: 2 });
    data.operations[0].overshoot_ms = { median: 40, p90: 90, p99: 1200, worst: 1500 };
    data.operations[0].too_early = 2;
    const page = await kit.open(data);
    const shown = await totals(page);
    assert.equal(shown.Unfinished, '3');
    assert.equal(shown['Settled too early'], '2');
    assert.match((await text(page, '#operations tbody tr')), /40 ms1.20 s2/);
  },

  async 'regrets stand out'(kit) {
    const page = await kit.open(makeSample({ regrets: 3 }));
    assert.equal((await totals(page)).Regrets, '3');
    assert.match(await text(page, '#race-part h3'), /^3 regrets/);
    assert.match(await text(page, '#subline'), /3 regrets besides/);
    assert.equal(await page.evaluate(() => view.rows[0].kind), 3);
    const early = await page.evaluate(() => page.model.raceCount.reduce((a, b) => a + b, 0));
    assert.equal(early, (await page.evaluate(() => page.model.races.length)));
  },

  async 'without races the page says so'(kit) {
    const page = await kit.open(makeSample({ races: false }));
    assert.equal(await text(page, '#headline'), 'No client read came too early.');
    assert.match(await text(page, '#race-part .empty'), /No client read came too early/);
    assert.match(await text(page, '#race-part .empty'), /160 client reads/);
    assert.equal(await page.locator('#race-part .pairs').isVisible(), false);
  },

  async 'a log without mutations is explained'(kit) {
    const page = await kit.open(empty());
    assert.equal(await text(page, '#headline'), 'Nothing was changed.');
    assert.match(await text(page, '#no-calls'), /settled explain/);
    assert.match(await text(page, '#histograms'), /No mutation has settled/);
    assert.match(await text(page, '#guarantees'), /Not checked/);
  },

  async 'what the log does not tell is left open'(kit) {
    const page = await kit.open(empty({ mutations: [
      { id: 'a-1', operation: 'PutParameter', service: 'ssm', sent: 10 },
      { id: 'a-2', operation: 'PutParameter', service: 'ssm', sent: 20, answered: 90,
        resource: '/x', confirmations: [{ name: 'value' }], reads: [[100, 5, 0, 'surprising']] },
    ], races: [{ read: 'r-1', write: 'gone', at: 400, verdict: 'stale', resource: '/y' }],
    future: { things: [1] } }));
    assert.deepEqual(await texts(page, '#call-grid td:nth-child(6)'), ['–', '–']);
    assert.deepEqual(await texts(page, '#call-grid td:nth-child(4)'), ['no outcome', 'no outcome']);
    await page.locator('#race-part tbody button.link').click();
    assert.match(await text(page, '#detail'), /It is not in this report/);
    await page.locator('#call-grid tr[data-n="1"] button.link').click();
    assert.match(await page.locator('#detail').textContent(), /surprising/);
  },

  async 'data that are cut off are told'(kit) {
    const page = await kit.open(JSON.stringify(makeSample()).slice(0, 5000));
    assert.match(await text(page, '#notice'), /cut off/);
  },

  async 'a report of another version is refused'(kit) {
    const page = await kit.open({ ...makeSample(), version: 2 });
    assert.match(await text(page, '#notice'), /version 2; this page reads version 1/);
  },
};
