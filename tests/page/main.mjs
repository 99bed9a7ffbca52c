// SPDX-License-Identifier: Apache-2.0
// Runs the checks of the page in headless Chromium. Prints one line for each
// that failed and ends with "N passed, N failed". Installs nothing.
//
//   run [--writer PROGRAM] [--node FOLDER] [--chromium PROGRAM] [--only TEXT]
//       [--keep FOLDER] [--verbose]
//
// --keep leaves screenshots of both colour schemes, wide and narrow, there.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kit, need } from './kit.mjs';
import { checks as shown } from './check_shown.mjs';
import { checks as tables } from './check_tables.mjs';
import { checks as timeline } from './check_timeline.mjs';
import { checks as looks } from './check_looks.mjs';
import { checks as hostile } from './check_hostile.mjs';
import { checks as live } from './check_live.mjs';
import { checks as large } from './check_large.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const GROUPS = { shown, tables, timeline, looks, hostile, live, large };

function readOptions(words) {
  const options = { writer: path.join(ROOT, 'build/sanitize/tests/page_writer'),
    node: path.join(ROOT, 'build/node'), chromium: '/usr/bin/chromium',
    only: '', keep: null, verbose: false };
  for (let i = 0; i < words.length; i++) {
    const name = words[i].replace(/^--/, '');
    if (!words[i].startsWith('--') || !(name in options)) {
      throw new Error(`tests/page/run: there is no option ${words[i]}`);
    }
    options[name] = name === 'verbose' ? true : words[++i];
  }
  return options;
}

async function runOne(kit, label, check, verbose) {
  const began = Date.now();
  try {
    await check(kit);
    kit.mustBeQuiet();
    if (verbose) {
      console.log(`passed: ${label} (${Date.now() - began} ms)`);
    }
    return true;
  } catch (error) {
    const reason = String(error.message).split('\n').slice(0, 4).join(' ');
    console.log(`FAILED: ${label}: ${reason}`);
    if (verbose) {
      console.log(error.stack);
    }
    return false;
  } finally {
    await kit.closePages();
  }
}

export async function main(words) {
  const options = readOptions(words);
  need(options);
  const kit = await Kit.start(options);
  const counts = { passed: 0, failed: 0 };
  try {
    for (const [group, checks] of Object.entries(GROUPS)) {
      for (const [name, check] of Object.entries(checks)) {
        const label = `${group}: ${name}`;
        if (label.includes(options.only)) {
          const passed = await runOne(kit, label, check, options.verbose);
          counts[passed ? 'passed' : 'failed']++;
        }
      }
    }
  } finally {
    await kit.end();
  }
  if (counts.passed + counts.failed === 0) {
    console.log('FAILED: there is no such check');
    counts.failed++;
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}
