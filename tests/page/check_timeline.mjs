// SPDX-License-Identifier: Apache-2.0
// The timeline: what it shows follows wheel, fingers, brush and keys.

import assert from 'node:assert/strict';
import { makeSample } from './sample.mjs';
import { settle, shownWindow, text, texts } from './kit.mjs';

async function openChart(kit, data = makeSample(), given = {}) {
  const page = await kit.open(data, given);
  await page.evaluate(() => {
    document.documentElement.style.scrollBehavior = 'auto';
    document.querySelector('#timeline').scrollIntoView();
  });
  await page.waitForTimeout(400); // the wheel rests a while after a scroll
  return page;
}

/** Where something of the chart lies on the screen; `find` runs in the page. */
const placeOf = (page, find, given) => page.evaluate(([source, value]) => {
  const [x, y] = new Function('given', `return (${source})(given)`)(value);
  const box = document.getElementById('chart').getBoundingClientRect();
  return [box.left + x, box.top + y];
}, [String(find), given]);

const spanOf = ([t0, t1]) => t1 - t0;

export const checks = {
  async 'the wheel zooms around the pointer'(kit) {
    const page = await openChart(kit);
    const [x, y] = await placeOf(page, () => [700, 100]);
    const before = await shownWindow(page);
    const at = await page.evaluate(() => timeOf(700));
    const words = await text(page, '#window');
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -400);
    await settle(page);
    const after = await shownWindow(page);
    assert.ok(spanOf(after) < spanOf(before) / 2);
    assert.ok(Math.abs(await page.evaluate(() => timeOf(700)) - at) < 1);
    assert.notEqual(await text(page, '#window'), words);
  },

  async 'all the way out, the wheel scrolls the page'(kit) {
    const page = await openChart(kit);
    const [x, y] = await placeOf(page, () => [700, 100]);
    const top = await page.evaluate(() => scrollY);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 300);
    await page.waitForTimeout(200);
    assert.ok(await page.evaluate(() => scrollY) > top);
  },

  async 'dragging moves the window'(kit) {
    const page = await openChart(kit);
    await page.evaluate(() => showWindow(20000, 40000));
    const [x, y] = await placeOf(page, () => [700, 12]);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 100, y, { steps: 4 });
    await page.mouse.up();
    const [t0, t1] = await shownWindow(page);
    const moved = await page.evaluate(() => 100 * 20000 / bodyWidth());
    assert.ok(Math.abs(t0 - 20000 - moved) < 100, `${t0} after ${moved}`);
    assert.ok(Math.abs(t1 - t0 - 20000) < 1);
  },

  async 'two fingers zoom'(kit) {
    const page = await openChart(kit, makeSample(), { hasTouch: true, width: 420 });
    const before = await shownWindow(page);
    const [x, y] = await placeOf(page, () => [190, 100]);
    const touch = await page.context().newCDPSession(page);
    const fingers = (gap) => [{ x: x - gap, y, id: 1 }, { x: x + gap, y, id: 2 }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(30) });
    for (const gap of [50, 80, 120]) {
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(gap) });
    }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await settle(page);
    const ratio = spanOf(before) / spanOf(await shownWindow(page));
    assert.ok(ratio > 3 && ratio < 5, `zoomed ${ratio} times`);
  },

  async 'keys zoom, move, and show all again'(kit) {
    const page = await openChart(kit);
    const all = await shownWindow(page);
    await page.focus('#chart');
    await page.keyboard.press('+');
    const near = await shownWindow(page);
    assert.ok(spanOf(near) < spanOf(all) * 0.7);
    await page.keyboard.press('ArrowRight');
    assert.ok((await shownWindow(page))[0] > near[0]);
    await page.keyboard.press('End');
    assert.equal((await shownWindow(page))[1], all[1]);
    await page.keyboard.press('Home');
    assert.equal((await shownWindow(page))[0], 0);
    await page.keyboard.press('-');
    await page.keyboard.press('0');
    assert.deepEqual(await shownWindow(page), all);
  },

  async 'Tab goes from mutation to mutation, Enter opens, Escape lets go'(kit) {
    const data = makeSample();
    const page = await openChart(kit, data);
    await page.focus('#chart');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => page.selected), 1);
    assert.match(await text(page, '#spoken'), new RegExp(`^${data.mutations[1].operation} `));
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#detail').isVisible(), true);
    assert.equal(await page.evaluate(() => mutationOf(page.selected).id), data.mutations[1].id);
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'chart');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement.id), 'chart');
  },

  async 'a click on a bar opens its evidence'(kit) {
    const data = makeSample();
    const page = await openChart(kit, data);
    await page.evaluate(() => reveal(4));
    await settle(page);
    const [x, y] = await placeOf(page, () => {
      const lane = view.lanes[view.laneOf[4]];
      const bar = barPlace(lane);
      return [(xOf(page.model.sent[4]) + xOf(page.model.finished[4])) / 2, bar.y + bar.height / 2];
    });
    await page.mouse.click(x, y);
    assert.equal(await page.evaluate(() => mutationOf(page.selected).id), data.mutations[4].id);
  },

  async 'over a stale read stand its gap and what it needed'(kit) {
    const data = makeSample();
    const page = await openChart(kit, data);
    const race = data.races.find((r) => r.verdict === 'stale');
    await page.evaluate((id) => {
      const early = page.model.early.find((e) => e.fact.read === id);
      showWindow(early.point.at - 500, early.point.at + 500);
    }, race.read);
    await settle(page);
    const [x, y] = await placeOf(page, (id) => {
      const early = page.model.early.find((e) => e.fact.read === id);
      const row = view.rows.findIndex((r) => r.kind === early.kind);
      return [xOf(early.point.at), yOfRow(row) + ROW / 2];
    }, race.read);
    await page.mouse.move(x, y);
    const lines = (await texts(page, '#tip p')).join('\n');
    const words = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`);
    assert.ok(lines.includes(`sent ${words(race.gap_ms)} after ${race.operation} was answered`), lines);
    assert.ok(lines.includes(`needed ${words(race.needed_ms)}`), lines);
    assert.ok(lines.includes(`${words(race.needed_ms - race.gap_ms)} too early`), lines);
  },

  async 'the early read is drawn where it was sent'(kit) {
    const data = makeSample();
    const page = await openChart(kit, data);
    const wrong = await page.evaluate(() => page.model.early.filter((early) =>
      Math.abs(page.model.answered[early.write] + early.fact.gap_ms - early.point.at) > 1).length);
    assert.equal(wrong, 0);
  },

  async 'the brush draws, moves and is undone'(kit) {
    const page = await openChart(kit);
    const box = await page.locator('#overview').boundingBox();
    const drag = async (from, to) => {
      await page.mouse.move(box.x + from, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + to, box.y + 20, { steps: 4 });
      await page.mouse.up();
    };
    await drag(400, 600);
    const drawn = await shownWindow(page);
    const wanted = await page.evaluate(() => [stripTime(400), stripTime(600)]);
    assert.ok(Math.abs(drawn[0] - wanted[0]) < 200 && Math.abs(drawn[1] - wanted[1]) < 200);
    await drag(500, 600);
    const moved = await shownWindow(page);
    assert.ok(moved[0] > drawn[0] && Math.abs(spanOf(moved) - spanOf(drawn)) < 1);
    await drag(700, 900);
    assert.ok(spanOf(await shownWindow(page)) > spanOf(moved) * 1.5);
    await page.mouse.dblclick(box.x + 650, box.y + 20);
    assert.equal((await shownWindow(page))[0], 0);
  },

  async 'rows can be operations, resources, clients'(kit) {
    const data = makeSample();
    const page = await openChart(kit, data);
    for (const by of ['operation', 'resource', 'client']) {
      await page.selectOption('#group-by', by);
      const groups = await page.evaluate(() => view.groups.map((g) => [g.indices.length, g.key]));
      const distinct = new Set(data.mutations.map((m) => `${m.service} ${m.resource}`));
      assert.equal(groups.reduce((sum, [n]) => sum + n, 0), data.mutations.length);
      assert.equal(groups.length, { operation: 6, client: 3,
        resource: Math.min(40, distinct.size) }[by]);
    }
  },

  async 'what has no outcome yet is drawn until the end'(kit) {
    const data = makeSample();
    const last = data.mutations[data.mutations.length - 1];
    for (const key of ['finished', 'outcome', 'visible_ms', 'waited_ms']) {
      delete last[key];
    }
    const page = await openChart(kit, data);
    const [finished, end] = await page.evaluate((id) =>
      [page.model.finished[mutationNamed(page.model, 0, id)], page.model.end], last.id);
    assert.equal(finished, end);
  },

  async 'no two bars of a lane overlap, none is lost'(kit) {
    const page = await openChart(kit, makeSample({ mutations: 2000, pace: 100 }));
    const found = await page.evaluate(() => {
      let overlaps = 0;
      const seen = new Set();
      for (const { items } of view.lanes) {
        items.forEach((i, n) => {
          seen.add(i);
          overlaps += n > 0 && page.model.finished[items[n - 1]] > page.model.sent[i] ? 1 : 0;
        });
      }
      return [overlaps, seen.size];
    });
    assert.deepEqual(found, [0, 2000]);
  },
};
