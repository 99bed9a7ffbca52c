// SPDX-License-Identifier: Apache-2.0
// The live page, against a small server whose data grow, which says 304 when
// they have not, and which goes away and comes back.

import assert from 'node:assert/strict';
import http from 'node:http';
import { makeSample } from './sample.mjs';
import { settle, shownWindow, text, totals } from './kit.mjs';

const PATH = '/report?token=a"b<c>&d';

class Server {
  constructor(html) {
    this.html = html;
    this.data = null;
    this.port = 0;
    this.answers = { 200: 0, 304: 0, other: [] };
  }

  show(data) {
    this.data = JSON.stringify(data);
    this.etag = `"${this.data.length}"`;
  }

  start() {
    this.server = http.createServer((request, response) => this.answer(request, response));
    return new Promise((done) => this.server.listen(this.port, '127.0.0.1', () => {
      this.port = this.server.address().port;
      done();
    }));
  }

  answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    if (pathname === '/') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(this.html);
    } else if (pathname !== '/report' || searchParams.get('token') !== 'a"b<c>') {
      this.answers.other.push(request.url);
      response.writeHead(404).end();
    } else if (request.headers['if-none-match'] === this.etag) {
      this.answers[304]++;
      response.writeHead(304, { ETag: this.etag }).end();
    } else {
      this.answers[200]++;
      response.writeHead(200, { 'Content-Type': 'application/json', ETag: this.etag }).end(this.data);
    }
  }

  stop() {
    this.server.closeAllConnections?.();
    return new Promise((done) => this.server.close(done));
  }
}

/** The sample up to one mutation; what belongs to later ones is left out. */
function first(whole, n) {
  const mutations = whole.mutations.slice(0, n);
  const ids = new Set(mutations.map((m) => m.id));
  const end = Math.max(...mutations.map((m) => m.finished));
  const races = whole.races.filter((r) => ids.has(r.write) && r.at <= end);
  return { ...whole, to: new Date(Date.parse(whole.from) + end).toISOString(), mutations, races,
    reads: whole.reads.filter((r) => r.at <= end),
    totals: { ...whole.totals, mutations: n, races: races.length } };
}

async function until(what, condition) {
  for (let n = 0; n < 600; n++) { // a minute
    if (await condition()) {
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`never happened: ${what}`);
}

async function withServer(kit, work) {
  const server = new Server(kit.write('', ['--live', PATH]));
  await server.start();
  const origin = `http://127.0.0.1:${server.port}/`;
  const page = await kit.newPage({ allow: origin });
  try {
    await work(page, server, origin);
  } finally {
    await server.stop();
  }
}

export const checks = {
  async 'it follows data that grow and keeps what was chosen'(kit) {
    const whole = makeSample();
    await withServer(kit, async (page, server, origin) => {
      server.show(first(whole, 40));
      await page.goto(origin);
      await until('the first data', async () => await page.locator('#main').isVisible());
      assert.equal((await totals(page)).Mutations, '40');
      assert.equal(await text(page, '#live'), 'Live');
      assert.equal(await page.evaluate(() => document.title), 'settled report');
      const before = await shownWindow(page);
      server.show(first(whole, 60));
      await until('more data', async () => (await totals(page)).Mutations === '60');
      assert.ok((await shownWindow(page))[1] > before[1], 'the whole does not follow');

      await page.evaluate(() => showWindow(5000, 15000));
      await page.selectOption('#only-operation', 'PutParameter');
      await page.selectOption('#group-by', 'client');
      await page.locator('#call-grid tr[data-n="2"] button').click();
      const id = await page.evaluate(() => mutationOf(page.selected).id);
      server.show(whole);
      await until('all data', async () => (await totals(page)).Mutations === '120');
      await settle(page);
      assert.deepEqual(await shownWindow(page), [5000, 15000]);
      assert.equal(await page.inputValue('#only-operation'), 'PutParameter');
      assert.equal(await page.inputValue('#group-by'), 'client');
      assert.equal(await page.evaluate(() => page.model.mutations[page.selected].id), id);
      assert.match(await page.locator('#detail').textContent(), new RegExp(id));
      assert.equal(await text(page, '#call-count'),
        `${whole.mutations.filter((m) => m.operation === 'PutParameter').length} of 120 mutations`);
      assert.deepEqual(server.answers.other, []);
    });
  },

  async 'what has not changed is not sent again'(kit) {
    await withServer(kit, async (page, server, origin) => {
      server.show(makeSample());
      await page.goto(origin);
      await until('304s', () => server.answers[304] >= 2);
      assert.equal(server.answers[200], 1);
    });
  },

  async 'it says when nobody answers, and comes back'(kit) {
    const whole = makeSample();
    await withServer(kit, async (page, server, origin) => {
      server.show(first(whole, 30));
      await page.goto(origin);
      await until('live', async () => await text(page, '#live') === 'Live');
      await server.stop();
      await until('lost', async () => /^Lost the connection/.test(await text(page, '#live')));
      assert.equal((await totals(page)).Mutations, '30');
      server.show(first(whole, 50));
      await server.start();
      await until('back', async () => await text(page, '#live') === 'Live');
      assert.equal((await totals(page)).Mutations, '50');
      assert.ok(kit.takeNoise().every((line) => /ERR_CONNECTION_REFUSED|ERR_EMPTY|RESET/.test(line)));
    });
  },

  async 'an answer that is no report is told'(kit) {
    await withServer(kit, async (page, server, origin) => {
      server.show({ format: 'something else' });
      await page.goto(origin);
      await until('a word', async () => /not the data of a report/.test(await text(page, '#live')));
      server.show(makeSample());
      await until('live', async () => await text(page, '#live') === 'Live');
    });
  },

  async 'a page with its data asks nobody and is not live'(kit) {
    const page = await kit.open(makeSample());
    await page.waitForTimeout(1500);
    assert.equal(await page.locator('#live').isVisible(), false);
  },
};
