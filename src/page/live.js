// SPDX-License-Identifier: Apache-2.0
// Follows a running settled: asks for the whole state every second and says
// whether it still gets an answer. Start at startLive().

const EVERY = 1000; // ms
const SLOWEST = 5000; // between tries while nobody answers
const PATIENCE = 10000; // for one answer

const feed = { path: '', etag: null, lost: 0 };

function startLive(path) {
  feed.path = path;
  byId('live').hidden = false;
  tellLive('waiting', 'connecting');
  follow();
}

async function follow() {
  const began = performance.now();
  if (!document.hidden) {
    await askOnce();
  }
  const pause = Math.min(EVERY * 2 ** Math.max(0, feed.lost - 1), SLOWEST);
  setTimeout(follow, Math.max(100, pause - (performance.now() - began)));
}

async function askOnce() {
  try {
    const response = await fetch(feed.path, { cache: 'no-store',
      headers: feed.etag === null ? {} : { 'If-None-Match': feed.etag },
      signal: AbortSignal.timeout(PATIENCE) });
    if (response.status !== 304) {
      await takeAnswer(response);
    }
    feed.lost = 0;
    tellLive('live', 'Live');
  } catch (error) {
    feed.lost++;
    tellLive('lost', error instanceof Refused ? error.message
      : page.model === null ? 'No connection; trying again'
        : 'Lost the connection; trying again');
  }
}

/** Somebody answers, but not with a report. */
class Refused extends Error {}

async function takeAnswer(response) {
  if (!response.ok) {
    throw new Refused(`Refused with ${response.status}; trying again`);
  }
  const data = await response.json();
  try {
    checkReport(data);
  } catch (error) {
    throw new Refused(error.message);
  }
  showData(data);
  feed.etag = response.headers.get('ETag');
}

function tellLive(state, words) {
  const pill = byId('live');
  if (pill.textContent !== words) {
    pill.textContent = words;
  }
  pill.dataset.state = state;
}
