// SPDX-License-Identifier: Apache-2.0
// How it looks, as far as a machine can tell: both schemes, contrast, widths,
// names of controls. With --keep it leaves pictures for people.

import assert from 'node:assert/strict';
import path from 'node:path';
import { makeSample } from './sample.mjs';
import { settle } from './kit.mjs';

/** How many colours the chart shows in a grid of points. */
const coloursOf = (page) => page.evaluate(() => {
  const canvas = document.getElementById('chart');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4 * 7) {
    if (data[i + 3] === 255) {
      seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    }
  }
  return seen.size;
});

/** Contrast of pairs of the style's colours, by WCAG. */
const contrasts = (page, pairs) => page.evaluate((wanted) => {
  const probe = document.body.appendChild(document.createElement('p'));
  const channel = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (name) => {
    probe.style.color = `var(--${name})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map((v) => channel(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = wanted.map(([a, b]) => {
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return [a, b, (high + 0.05) / (low + 0.05)];
  });
  probe.remove();
  return found;
}, pairs);

const TEXT = ['ink', 'soft', 'accent', 'bad', 'warn', 'grey'];
const TEXT_PAIRS = TEXT.flatMap((name) => [[name, 'paper'], [name, 'raised']]);
const MARK_PAIRS = ['accent', 'bad', 'warn', 'odd', 'grey', 'strong-line']
  .flatMap((name) => [[name, 'paper']]).concat([['accent', 'held'], ['ink', 'accent-soft']]);

export const checks = {
  async 'both schemes draw the page and the chart'(kit) {
    const papers = [];
    for (const scheme of ['light', 'dark']) {
      const page = await kit.open(makeSample(), { scheme });
      await settle(page);
      assert.ok(await coloursOf(page) > 8, `the ${scheme} chart is nearly empty`);
      papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    }
    assert.notEqual(papers[0], papers[1]);
  },

  async 'the button turns the scheme and nothing is stored'(kit) {
    const page = await kit.open(makeSample());
    await page.click('#theme');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
  },

  async 'texts and marks have the contrast of WCAG AA'(kit) {
    for (const scheme of ['light', 'dark']) {
      const page = await kit.open(makeSample(), { scheme });
      const low = [...(await contrasts(page, TEXT_PAIRS)).filter(([, , ratio]) => ratio < 4.5),
        ...(await contrasts(page, MARK_PAIRS)).filter(([, , ratio]) => ratio < 3)];
      assert.deepEqual(low, [], scheme);
    }
  },

  async 'no width makes the page scroll sideways'(kit) {
    const page = await kit.open(makeSample({ regrets: 2 }));
    for (const width of [400, 420, 700, 760, 1000, 1400, 2200]) {
      await page.setViewportSize({ width, height: 900 });
      await settle(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} at ${width}`);
    }
  },

  async 'every control has a name, every id is there once'(kit) {
    const page = await kit.open(makeSample());
    const faults = await page.evaluate(() => {
      const named = (node) => node.getAttribute('aria-label') || node.textContent.trim() ||
        node.closest('label')?.textContent.trim();
      const nameless = [...document.querySelectorAll('button, input, select, a')]
        .filter((node) => !named(node)).map((node) => node.outerHTML);
      const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
      return nameless.concat(ids.filter((id, n) => ids.indexOf(id) !== n));
    });
    assert.deepEqual(faults, []);
  },

  async 'what has the focus can be seen'(kit) {
    const page = await kit.open(makeSample());
    for (let n = 0; n < 14; n++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return [document.activeElement.id || document.activeElement.tagName,
          style.outlineStyle, style.outlineWidth];
      });
      assert.equal(outline[1], 'solid', outline.join(' '));
      assert.equal(outline[2], '2px', outline.join(' '));
    }
  },

  async 'who wants no motion gets none'(kit) {
    const page = await kit.open(makeSample(), { reducedMotion: 'reduce' });
    assert.equal(await page.evaluate(() =>
      getComputedStyle(document.documentElement).scrollBehavior), 'auto');
  },

  async 'a sharp screen gets a sharp chart'(kit) {
    const page = await kit.open(makeSample(), { deviceScaleFactor: 2 });
    const [real, shown] = await page.evaluate(() => {
      const canvas = document.getElementById('chart');
      return [canvas.width, canvas.clientWidth];
    });
    assert.equal(real, shown * 2);
  },

  async 'pictures for people'(kit) {
    const folder = kit.options.keep;
    if (folder === null) {
      return;
    }
    for (const scheme of ['light', 'dark']) {
      for (const width of [1400, 420]) {
        const page = await kit.open(makeSample(), { scheme, width });
        await settle(page);
        await page.screenshot({ path: path.join(folder, `${width}-${scheme}.png`), fullPage: true });
      }
    }
  },
};
