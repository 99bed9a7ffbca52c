// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them.

const NBSP = '\u00a0';
const grouped = new Intl.NumberFormat('en-US');
const DASH = '–';

function count(value) {
  return Number.isFinite(value) ? grouped.format(value) : DASH;
}

/** "1 read", "2 reads" */
function plural(value, one, many = `${one}s`) {
  return `${count(value)}${NBSP}${value === 1 ? one : many}`;
}

const two = (value) => String(value).padStart(2, '0');

/** A duration: "448 ms", "1.42 s", "12.3 s", "2 min 05 s", "1 h 02 min". */
function duration(ms) {
  if (!Number.isFinite(ms)) {
    return DASH;
  }
  if (ms < 0) {
    return `−${duration(-ms)}`;
  }
  if (ms < 1000) {
    return `${Math.round(ms)}${NBSP}ms`;
  }
  if (ms < 59950) {
    return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)}${NBSP}s`;
  }
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)}${NBSP}min${NBSP}${two(seconds % 60)}${NBSP}s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${NBSP}h${NBSP}${two(minutes % 60)}${NBSP}min`;
}

/** A duration short enough for an axis: "10 ms", "1 s", "1 min", "1 h". */
function roundDuration(ms) {
  for (const [unit, size] of [['h', 3600000], ['min', 60000], ['s', 1000]]) {
    if (ms >= size) {
      return `${Number((ms / size).toPrecision(3))}${NBSP}${unit}`;
    }
  }
  return `${Number(ms.toPrecision(3))}${NBSP}ms`;
}

/** A power of ten on a logarithmic axis. */
function decade(ms) {
  return ms < 1000 ? `${count(ms)}${NBSP}ms` : `${count(ms / 1000)}${NBSP}s`;
}

/** A moment since the beginning of the report, as exact as `step` (ms). */
function offset(ms, step = 1) {
  const digits = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  const unit = 10 ** (3 - digits);
  const whole = Math.round(Math.abs(ms) / unit) * unit; // carries: 59.996 s
  const sign = ms < 0 && whole > 0 ? '−' : '';
  const minutes = Math.floor(whole / 60000);
  const seconds = ((whole - minutes * 60000) / 1000).toFixed(digits);
  const rest = seconds.padStart(digits === 0 ? 2 : digits + 3, '0');
  return minutes < 60 ? `${sign}${minutes}:${rest}`
    : `${sign}${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** The time of day of a moment since the beginning, UTC. */
function clock(ms) {
  const start = page.model.start;
  return Number.isFinite(start)
    ? new Date(start + Math.round(ms)).toISOString().slice(11, 23) : offset(ms);
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July',
  'August', 'September', 'October', 'November', 'December'];

function day(date) {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** "21 November 2026, 07:21:42 – 07:25:10 UTC" */
function period(from, to) {
  const begin = new Date(from);
  const end = new Date(to);
  if (Number.isNaN(begin.getTime()) || Number.isNaN(end.getTime())) {
    return '';
  }
  const time = (date) => date.toISOString().slice(11, 19);
  return day(begin) === day(end)
    ? `${day(begin)}, ${time(begin)} ${DASH} ${time(end)} UTC`
    : `${day(begin)}, ${time(begin)} ${DASH} ${day(end)}, ${time(end)} UTC`;
}

/** Any value of the data as one line of text. */
function asText(value) {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}
