// Translates the tests' TypeScript once, into a folder of its own, and runs processes over it.
import { fork } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';
import { root } from './prepare.mjs';

const LISTED = /^const fewMax = \d+;$/m;

/**
 * Sets of units list few members and keep bits for many: with less to a list, small clusters have sets of bits too.
 * @param {string} path @param {string} text @param {number | null} listed
 */
function withListsOf(path, text, listed) {
  if (listed === null || path !== join('src', 'sets', 'bitset.ts')) return text;
  if (!LISTED.test(text)) throw new Error(`${path} does not say how many members a set lists`);
  return text.replace(LISTED, `const fewMax = ${listed};`);
}

/**
 * Writes every TypeScript file of the folders as JavaScript below `target`, where packages are found as in the
 * repository.
 * @param {string[]} folders @param {string} target @param {number | null} listed
 */
function translate(folders, target, listed) {
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) translate([path], target, listed);
      if (!entry.isFile() || !path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
      const { code } = transformSync(withListsOf(path, readFileSync(join(root, path), 'utf8'), listed), {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023', rewriteRelativeImportExtensions: true },
        module: { type: 'es6' },
      });
      mkdirSync(dirname(join(target, path)), { recursive: true });
      writeFileSync(join(target, path.replace(/\.ts$/, '.js')), code);
    }
  }
}

/**
 * @param {number | null} listed how many members a set of units lists; null as the product has it
 * @returns {string} a folder that holds the translation; whoever asked removes it
 */
export function translated(listed) {
  const target = mkdtempSync(join(tmpdir(), 'netsluice-soak-'));
  translate(['src', 'test/support', 'test/soak'], target, listed);
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'), 'junction');
  return target;
}

/** @param {string} target */
export const removeTranslation = (target) => rmSync(target, { recursive: true, force: true });

/**
 * @typedef {object} Task
 * @property {number} seed the first
 * @property {number} changes
 * @property {object | null} size of the clusters
 */

/**
 * @typedef {object} Report
 * @property {Record<string, number>} counts
 * @property {{ seed: number, changes: number, text: string }[]} mismatches
 */

/**
 * Runs one process until there is no more for it.
 * @param {string} target @param {() => Task | null} next @param {(task: Task, report: Report) => void} done
 * @returns {Promise<void>}
 */
export function work(target, next, done) {
  const child = fork(join(target, 'test', 'soak', 'worker.js'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Nearly all that a comparison makes is gone with it: room for it saves the collector its rounds.
    execArgv: ['--max-semi-space-size=64'],
  });
  return new Promise((resolve, reject) => {
    let task = next();
    const go = () => (task === null ? child.disconnect() : child.send(task));
    child.on('message', (/** @type {Report} */ report) => {
      if (task !== null) done(task, report);
      task = next();
      go();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`a process of the soak ended with ${signal ?? code}, at ${JSON.stringify(task)}`));
    });
    go();
  });
}
