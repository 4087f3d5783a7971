// Buildah as the tests use it: no daemon, no pull, a storage of its own in the user's cache.
// Plain JavaScript because .setup/test.mjs needs it before the test runner starts.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A problem whose message is the whole story for the reader: no stack trace is shown. */
export class NoImage extends Error {}

/** Throws one sentence when images cannot be built here. */
export function checkBuildah() {
  const how =
    'run the tests as root on Debian or Ubuntu, where they install it, or install buildah and run them as root.';
  if (process.platform !== 'linux') {
    throw new NoImage(
      `The container image can be built and tried on Linux only; elsewhere use a machine with it.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new NoImage(`The container image is built with buildah, which needs root here: ${how}`);
  }
  if (spawnSync('buildah', ['--version']).error !== undefined) {
    throw new NoImage(`The container image is built with buildah, which is not in PATH: ${how}`);
  }
}

/**
 * Runs a program to its end; resolves with its trimmed stdout, rejects with its last words.
 * @param {string} program @param {string[]} args @param {{ cwd?: string, name?: string }} [options]
 * @returns {Promise<string>}
 */
export async function run(program, args, { cwd, name = program } = {}) {
  const child = spawn(program, args, { ...(cwd && { cwd }), stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
    words = (words + text).slice(-4_000);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words = (words + text).slice(-4_000);
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code === 0) return out.trim();
  const last = words.trim().split('\n').slice(-12).join('\n  ');
  throw new NoImage(`${name} failed (exit code ${code}):\n  ${last}`);
}

/** @param {string} cache @param {string} driver */
const storage = (cache, driver) => [
  ...['--storage-driver', driver],
  ...['--root', join(cache, `storage-${driver}`), '--runroot', join(cache, `run-${driver}`)],
];

/**
 * Buildah on a storage in `cache`. The driver vfs works wherever root does, also inside a container that may not
 * mount overlays, but copies the whole file system for every step; so overlay is used where it can be.
 * @param {string} cache
 * @returns {(...args: string[]) => Promise<string>}
 */
export function buildahIn(cache) {
  const overlay = spawnSync('buildah', [...storage(cache, 'overlay'), 'images', '--quiet']).status === 0;
  const common = storage(cache, overlay ? 'overlay' : 'vfs');
  return (...args) => run('buildah', [...common, ...args], { name: `buildah ${args[0]}` });
}
