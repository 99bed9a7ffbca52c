// SPDX-License-Identifier: Apache-2.0
// Texts of the data stay texts, whatever they hold, and the page's own policy
// would stop them if they did not.

import assert from 'node:assert/strict';
import { makeSample } from './sample.mjs';
import { settle } from './kit.mjs';

const NASTY = '</script><img src=x onerror="window.broken=1"><!--<script>window.broken=1//';
const SPLIT = 'a\u2028b\u2029c{{script}}{{data}}"\'&amp;\\u003c';

/** Every text of the sample that people could have chosen. */
function poisoned() {
  const data = makeSample({ regrets: 2 });
  const text = `${NASTY}${SPLIT}`;
  for (const mutation of data.mutations) {
    Object.assign(mutation, { resource: text, operation: `Put${NASTY}`, client: text,
      request: { Name: text, [NASTY]: [text], __proto__: null }, request_id: text });
    mutation.confirmations.forEach((c) => Object.assign(c, { name: text, wanted: text, last: text }));
    mutation.reads.forEach((read) => { read[4] = NASTY; read[5] = text; });
  }
  for (const list of [data.races, data.regrets]) {
    list.forEach((r) => Object.assign(r, { got: text, wanted: text, resource: text,
      operation: NASTY, read_operation: NASTY }));
  }
  data.operations.forEach((o) => { o.operation = `Put${NASTY}`; o.outcomes = { [NASTY]: 3 }; });
  data.slowest.forEach((s) => { s.resource = text; });
  data.runs[0].meta = { [NASTY]: text };
  data.guarantees.read_your_writes.examples.forEach((e) => { e.sentence = text; });
  return data;
}

/** Elements that only markup out of the data could have made. */
const intruders = (page) => page.evaluate(() =>
  document.querySelectorAll('img, iframe, object, link').length +
  document.querySelectorAll('script').length - 1 + (window.broken ?? 0));

export const checks = {
  async 'hostile texts stay texts'(kit) {
    const data = poisoned();
    const page = await kit.open(data);
    await settle(page);
    assert.equal(await page.locator('#call-grid tr[data-n="0"] td').first().textContent(),
      data.mutations[0].resource);
    await page.locator('#call-grid tr[data-n="0"] button').click();
    const shown = JSON.parse(await page.locator('#detail pre').textContent());
    assert.deepEqual(shown, JSON.parse(JSON.stringify(data.mutations[0].request)));
    await page.locator('#race-part tr[data-n="0"] button').first().click();
    const box = await page.locator('#chart').boundingBox();
    for (let x = 200; x < 1300; x += 60) {
      await page.mouse.move(box.x + x, box.y + 50);
    }
    for (const by of ['resource', 'client', 'operation']) {
      await page.selectOption('#group-by', by);
      await settle(page);
    }
    assert.equal(await intruders(page), 0);
  },

  async 'an id that is a name of the language is only an id'(kit) {
    const data = makeSample();
    data.mutations[0].id = '__proto__';
    data.mutations[1].id = 'constructor';
    data.mutations[0].outcome = 'toString';
    data.mutations[1].reads.forEach((read) => { read[3] = 'hasOwnProperty'; });
    const page = await kit.open(data);
    await page.locator('#call-grid tr[data-n="1"] button').click();
    assert.match(await page.locator('#detail').textContent(), /constructor/);
  },

  async 'the policy lets in no other script, style or address'(kit) {
    const page = await kit.open(makeSample());
    const got = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.broken = 1';
      document.body.append(script);
      document.body.setAttribute('onclick', 'window.broken = 2');
      document.body.click();
      const style = document.createElement('style');
      style.textContent = 'body { opacity: 0.5 }';
      document.head.append(style);
      const asked = await fetch('data:text/plain,x').then(() => 'answered', () => 'stopped');
      return [window.broken ?? 0, getComputedStyle(document.body).opacity, asked];
    });
    assert.deepEqual(got, [0, '1', 'stopped']);
    assert.ok(kit.takeNoise().every((line) => /Content Security Policy|Fetch API|data:/.test(line)));
  },
};
