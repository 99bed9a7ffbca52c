// SPDX-License-Identifier: Apache-2.0
// A hundred thousand events: how long the page takes to load, and a frame while
// it is zoomed. The limits are wide, for machines that are slow and busy: what
// grows with the square of the events is beyond them all the same. The figures
// are printed.

import assert from 'node:assert/strict';
import { makeSample } from './sample.mjs';
import { settle } from './kit.mjs';

const LOAD_LIMIT = 15_000; // ms
const FRAME_LIMIT = 200; // ms

const sum = (data) => data.totals.mutations + data.totals.read_backs + data.totals.client_reads;

/** Zooms in and out; [median, 95th, worst] of drawing and between frames. */
const zoomTimes = (page) => page.evaluate(async () => {
  const [drawn, between] = [[], []];
  let last = 0;
  showAll();
  for (let n = 0; n < 120; n++) {
    const now = await new Promise(requestAnimationFrame);
    between.push(now - last);
    last = now;
    drawn.push(frame.ms);
    zoomAt(500 + 40 * (n % 9), n < 60 ? 0.88 : 1 / 0.88);
  }
  const figures = (all) => {
    const sorted = all.slice(2).sort((a, b) => a - b);
    return [0.5, 0.95, 1].map((p) => sorted[Math.ceil(p * sorted.length) - 1]);
  };
  return [figures(drawn), figures(between)];
});

export const checks = {
  async 'a hundred thousand events load and zoom smoothly'(kit) {
    const data = makeSample({ mutations: 10000, reads: 10000, seed: 3 });
    assert.ok(sum(data) >= 100000);
    const page = await kit.open(data);
    await settle(page);
    const loaded = await page.evaluate(() =>
      performance.getEntriesByType('navigation')[0].loadEventEnd);
    const [drawn, between] = await zoomTimes(page);
    const words = (figures) => figures.map((ms) => ms.toFixed(1)).join(' / ');
    console.log(`${sum(data)} events: loaded in ${loaded.toFixed(0)} ms; a frame while zooming: ` +
      `drawn in ${words(drawn)} ms, ${words(between)} ms apart (median / p95 / worst)`);
    assert.ok(loaded < LOAD_LIMIT, `loaded in ${loaded} ms`);
    assert.ok(drawn[1] < FRAME_LIMIT, `drawn in ${drawn[1]} ms`);
    assert.equal(await page.locator('#call-grid table').getAttribute('aria-rowcount'), '10001');
  },

  async 'a thousand calls at one time have a lane each'(kit) {
    const data = makeSample({ mutations: 1000, pace: 0.1, reads: 0 });
    const page = await kit.open(data);
    const [lanes, height, content] = await page.evaluate(() =>
      [view.lanes.length, view.lanesHeight, view.contentHeight]);
    assert.ok(lanes > 500 && content > height, `${lanes} lanes`);
    await page.evaluate(() => reveal(999));
    assert.ok(await page.evaluate(() => view.scroll) > 0);
  },

  async 'years between two runs do not stop it'(kit) {
    const data = makeSample();
    const years = 3 * 365 * 86400e3;
    data.to = new Date(Date.parse(data.to) + years).toISOString();
    data.mutations.push({ ...data.mutations[0], id: 'late', sent: years, answered: years + 50,
      finished: years + 500, reads: [] });
    const page = await kit.open(data);
    await settle(page);
    assert.ok((await page.evaluate(() => makeTicks())).length < 20);
    await page.evaluate(() => reveal(mutationNamed(page.model, 0, 'late')));
    assert.ok(await page.evaluate(() => view.t0) > years - 100000);
  },
};
