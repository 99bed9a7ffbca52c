// SPDX-License-Identifier: Apache-2.0
// What is said of the thing below the pointer, and read out of the mutation
// that the keys have chosen. Start at showTip().

function showTip(thing, x, y) {
  const tip = byId('tip');
  if (thing === null) {
    tip.hidden = true;
    return;
  }
  tip.replaceChildren(...linesOf(thing).map(([text, role]) => el('p', { class: role }, text)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 16 + width < view.width ? x + 16 : x - 16 - width;
  tip.style.left = `${clamp(left, 0, Math.max(0, view.width - width))}px`;
  tip.style.top = `${y + 20 + height < view.height ? y + 20 : Math.max(0, y - height - 12)}px`;
}

/** [text, class] for each line. */
function linesOf(thing) {
  if (thing.point) {
    return thing.point.early ? earlyLines(thing.point.early) : readLines(thing.point);
  }
  const lines = mutationLines(thing.mutation);
  return thing.read >= 0 ? [...readBackLines(thing.mutation, thing.read), ...lines] : lines;
}

function mutationLines(i) {
  const model = page.model;
  const m = model.mutations[i];
  const outcome = OUTCOMES[model.outcome[i]].label;
  const lines = [[`${m.operation} ${m.resource ?? ''}`, 'name'],
    [`sent ${clock(model.sent[i])}, ${Number.isFinite(m.answered)
      ? `answered after ${duration(m.answered - model.sent[i])}` : 'no answer'}`, 'soft']];
  lines.push([Number.isFinite(m.visible_ms)
    ? `${outcome}: visible ${duration(m.visible_ms)} after the answer, watched for ${
      duration(m.waited_ms)}`
    : Number.isFinite(m.waited_ms) ? `${outcome} after ${duration(m.waited_ms)}` : outcome]);
  if (model.raceCount[i] > 0) {
    lines.push([`${plural(model.raceCount[i], 'read')} came too early`, 'bad']);
  }
  if (model.earlyCount[i] > model.raceCount[i]) {
    lines.push([plural(model.earlyCount[i] - model.raceCount[i], 'regret'), 'bad']);
  }
  return lines;
}

function readBackLines(i, n) {
  const m = page.model.mutations[i];
  const [at, took, index, verdict, code, detail] = m.reads[n - page.model.readsFrom[i]];
  const confirmation = list(m.confirmations)[index];
  const what = confirmation ? `${confirmation.read} (${confirmation.name})` : 'Read-back';
  const word = VERDICTS[indexOfKey(VERDICTS, verdict, OTHER_VERDICT)].label;
  const said = [code, detail].filter(Boolean).join(': ');
  return [[`${what}: ${word === 'other' ? asText(verdict) : word}`, 'name'],
    [`${duration(at - page.model.answered[i])} after the answer, took ${duration(took)}`],
    ...(said ? [[said, 'soft']] : [])];
}

function readLines(point) {
  const { read } = point;
  return [[`${read.operation} ${read.resource ?? ''}`, 'name'],
    [`client’s read, sent ${clock(point.at)}, took ${duration(read.took)}`, 'soft'],
    ...(read.value === undefined ? [] : [[`saw ${asText(read.value)}`]]),
    ...(read.write ? [[`held against ${asText(read.write)}: ${asText(read.verdict)}`, 'soft']] : [])];
}

/** How early, in words. */
function earlySentence(early) {
  const { fact } = early;
  if (early.kind === REGRET) {
    return `${duration(fact.gap_ms)} after ${fact.operation} was said to be settled`;
  }
  const gap = `sent ${duration(fact.gap_ms)} after ${fact.operation} was answered`;
  return Number.isFinite(fact.needed_ms)
    ? `${gap}; it needed ${duration(fact.needed_ms)}`
    : `${gap}; the change was never seen to settle`;
}

function earlyLines(early) {
  const { fact } = early;
  const kind = READ_KINDS[early.kind].label;
  const lines = [[`${kind}: ${fact.read_operation} ${fact.resource ?? ''}`, 'name'],
    [earlySentence(early)]];
  if (Number.isFinite(early.tooEarly) && early.kind !== REGRET) {
    lines.push([`${duration(early.tooEarly)} too early`, 'bad']);
  }
  if (fact.got !== undefined) {
    lines.push([`got ${asText(fact.got)}`, 'soft']);
  }
  if (fact.wanted !== undefined) {
    lines.push([`wanted ${asText(fact.wanted)}`, 'soft']);
  }
  return lines;
}

/** For screen readers: what the keys have chosen. */
function speak(i) {
  byId('spoken').textContent = i < 0 ? 'nothing chosen'
    : mutationLines(i).map(([text]) => text).join('. ');
}
