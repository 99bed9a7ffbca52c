// SPDX-License-Identifier: Apache-2.0
// The small timeline of one mutation inside its evidence: AWS's answer, each
// confirmation's read-backs, the reads that came too early. Start at
// drawStory().

const STORY = { left: 92, row: 26, axis: 24, end: 12 };

function drawStory(i) {
  const host = i < 0 ? null : byId('story');
  if (!host) {
    return;
  }
  const width = Math.max(280, host.clientWidth);
  const rows = [...list(mutationOf(i).confirmations).map((c, n) => ({ confirmation: c, n })),
    ...racesOf(page.model, i).slice(0, 12).map((early) => ({ early }))];
  const height = STORY.axis + (rows.length + 1) * STORY.row;
  const x = storyScale(i, rows, width);
  host.replaceChildren(svg('svg', { class: 'story', viewBox: `0 0 ${width} ${height}`,
    height, role: 'img', 'aria-label': 'The same in time: each read-back is listed below' },
  storyAxis(x, height), storyAnswer(i, x),
  rows.map((row, n) => {
    const y = STORY.axis + (n + 1) * STORY.row + STORY.row / 2;
    return row.early ? storyEarly(i, row.early, x, y) : storyConfirmation(i, row, x, y);
  })));
}

/** From the sending until the last thing there is to show; 0 is the answer. */
function storyScale(i, rows, width) {
  const { sent, answered, finished } = page.model;
  const from = sent[i] - answered[i];
  let to = finished[i] - answered[i];
  for (const { early } of rows) {
    to = Math.max(to, early ? Math.max(early.point.at - answered[i],
      number(early.fact.needed_ms) || 0) : 0);
  }
  const room = width - STORY.left - STORY.end;
  const span = Math.max(to - from, 1);
  const x = (ms) => STORY.left + (ms - from) / span * room;
  return Object.assign(x, { from, to: from + span, room });
}

function storyAxis(x, height) {
  const step = STEPS.find((s) => (x.to - x.from) / s <= x.room / 76) ?? 864e5;
  const parts = [];
  for (let t = Math.ceil(x.from / step) * step; t <= x.to; t += step) {
    const label = t === 0 ? 'answer' : roundDuration(Math.abs(t));
    if (t >= 0) {
      const end = x(t) > STORY.left + x.room - 30;
      parts.push(svg('line', { class: 'rule', x1: x(t), x2: x(t), y1: STORY.axis - 6, y2: height }),
        svg('text', { x: x(t), y: 11, 'text-anchor': end ? 'end' : 'middle' }, label));
    }
  }
  return parts;
}

function storyName(text, y) {
  const short = text.length > 13 ? `${text.slice(0, 12)}…` : text;
  return svg('text', { x: 0, y: y + 4 }, short, svg('title', {}, text));
}

function storyAnswer(i, x) {
  const y = STORY.axis + STORY.row / 2;
  return [storyName('AWS', y), svg('rect', { class: 'area-sent', x: x(x.from), y: y - 5,
    width: Math.max(2, x(0) - x(x.from)), height: 10 })];
}

function storyConfirmation(i, { confirmation, n }, x, y) {
  const { answered } = page.model;
  const reads = list(mutationOf(i).reads).filter((read) => read[2] === n);
  const waited = Number.isFinite(confirmation.waited_ms) ? confirmation.waited_ms : 0;
  return [storyName(confirmation.name ?? '', y),
    svg('rect', { class: 'area-held', x: x(0), y: y - 4, height: 8,
      width: Math.max(1, x(waited) - x(0)) }),
    reads.map((read) => markPath(VERDICTS[indexOfKey(VERDICTS, read[3], OTHER_VERDICT)],
      `translate(${x(read[0] - answered[i]).toFixed(1)} ${y})`))];
}

/** The gap, full, and what was still needed, thin. */
function storyEarly(i, early, x, y) {
  const at = early.point.at - page.model.answered[i];
  const needed = number(early.fact.needed_ms);
  const start = early.kind === REGRET ? at - (number(early.fact.gap_ms) || 0) : 0;
  return [storyName(READ_KINDS[early.kind].label, y),
    Number.isFinite(needed) && [
      svg('line', { class: 'early', x1: x(0), x2: x(needed), y1: y, y2: y }),
      svg('line', { class: 'early', x1: x(needed), x2: x(needed), y1: y - 5, y2: y + 5 })],
    svg('rect', { class: 'gap', x: x(start), y: y - 2, height: 4,
      width: Math.max(1, x(at) - x(start)) }),
    markPath(READ_KINDS[early.kind], `translate(${x(at).toFixed(1)} ${y})`)];
}
