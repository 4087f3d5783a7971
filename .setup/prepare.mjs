// Installs what the lock file names, if it is not there, and builds. Needs nothing but Node and npm.
// Plain JavaScript because it runs before anything is installed that could translate TypeScript.
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const OLDEST_NODE = [20, 19];
const PATIENCE_MS = 1_000;
const PROGRESS_MS = 10_000;

/** @param {string} text */
export const say = (text) => process.stderr.write(`netsluice: ${text}\n`);

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Error(
    `Node ${process.versions.node} is too old; install Node ${OLDEST_NODE.join('.')} or newer.`,
  );
}

/** npm writes the second file whenever it changes node_modules. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
  );
}

/**
 * Runs a program to its end. Its output is shown only when it fails; what takes longer than a second is told.
 * @param {string} what @param {string} program @param {string[]} args
 */
export async function runQuietly(what, program, args) {
  const started = Date.now();
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-20_000);
    });
  }
  const first = setTimeout(() => say(`${what} ...`), PATIENCE_MS);
  const ticker = setInterval(
    () => say(`still ${what}, ${Math.round((Date.now() - started) / 1000)} s`),
    PROGRESS_MS,
  );
  try {
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new Error(`${what} failed (exit code ${code}):\n${output.trim()}`);
  } finally {
    clearTimeout(first);
    clearInterval(ticker);
  }
}

/** Throws an Error whose message says what could not be done. */
export async function prepare() {
  checkNode();
  if (!isInstalled()) await runQuietly('installing packages', 'npm', ['ci', '--no-audit', '--no-fund']);
  await runQuietly('building', process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'src',
  ]);
}

/** @param {() => Promise<void>} work */
export async function orSayWhy(work) {
  try {
    await work();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 3;
  }
}
