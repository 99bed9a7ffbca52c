// SPDX-License-Identifier: Apache-2.0
// What the checks share: one browser, pages made by the program's own writer,
// and an ear for everything a page must not do: complain, or ask the network.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Says all that is missing, not only the first. */
export function need(options) {
  const missing = [];
  if (!fs.existsSync(options.writer)) {
    missing.push(`${options.writer} (build the project, with its tests)`);
  }
  if (!fs.existsSync(options.chromium)) {
    missing.push(`${options.chromium} (apt-get install chromium)`);
  }
  if (!fs.existsSync(path.join(options.node, 'node_modules/playwright-core'))) {
    missing.push(`playwright-core in ${options.node} (proxy/setup javascript)`);
  }
  if (missing.length > 0) {
    throw new Error(`tests/page/run: missing: ${missing.join('; ')}`);
  }
}

export class Kit {
  static async start(options) {
    const load = createRequire(path.join(path.resolve(options.node), 'x.js'));
    const kit = new Kit();
    kit.options = options;
    kit.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'settled-page-'));
    kit.browser = await load('playwright-core').chromium.launch({
      executablePath: options.chromium, args: FLAGS });
    kit.contexts = [];
    kit.noise = [];
    kit.files = 0;
    return kit;
  }

  /** The page as the program writes it; `words` are the writer's own. */
  write(input, words = []) {
    const made = spawnSync(this.options.writer, words, { input, maxBuffer: 1 << 28 });
    assert.equal(made.status, 0, `the writer failed: ${made.stderr}`);
    return made.stdout;
  }

  /** Opens the page of `data` (an object, or text as it is). */
  async open(data, given = {}) {
    const file = path.join(this.folder, `${++this.files}.html`);
    fs.writeFileSync(file, this.write(typeof data === 'string' ? data : JSON.stringify(data)));
    const page = await this.newPage(given);
    await page.goto(pathToFileURL(file).href);
    return page;
  }

  async newPage({ width = 1400, height = 900, scheme = 'light', allow = null, ...more } = {}) {
    const context = await this.browser.newContext({ viewport: { width, height },
      colorScheme: scheme, ...more });
    this.contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000); // ends what hangs, on a slow machine too
    page.on('console', (message) => this.noise.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => this.noise.push(`error: ${error.message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith('file:') && !(allow && url.startsWith(allow))) {
        this.noise.push(`request: ${url}`);
      }
    });
    return page;
  }

  /** Where a check expects a complaint, it takes it away itself. */
  takeNoise() {
    return this.noise.splice(0);
  }

  mustBeQuiet() {
    assert.deepEqual(this.takeNoise(), [], 'the page complained or asked the network');
  }

  async closePages() {
    this.takeNoise();
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
  }

  async end() {
    await this.browser.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Texts of all elements that match, with ordinary blanks. */
export async function texts(page, selector) {
  return (await page.locator(selector).allTextContents()).map(plain);
}

export const plain = (text) => text.replace(/\u00a0/g, ' ').trim();

export async function text(page, selector) {
  return plain(await page.locator(selector).first().textContent());
}

/** Waits for two frames: what was asked for has been drawn. */
export function settle(page) {
  return page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));
  }));
}

/** The totals of the head as { label: figure }. */
export function totals(page) {
  return page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#totals > div')]
    .map((row) => [row.querySelector('dt').textContent,
      row.querySelector('dd').textContent.replace(/\u00a0/g, ' ')])));
}

/** Shown window of time, ms since the beginning. */
export const shownWindow = (page) => page.evaluate(() => [view.t0, view.t1]);
