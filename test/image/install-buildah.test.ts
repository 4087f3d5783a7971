import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { repository } from './image.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsluice-apt-'));
  symlinkSync('/bin/sh', join(folder, 'sh'));
  for (const name of ['env', 'dirname']) symlinkSync(`/usr/bin/${name}`, join(folder, name));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

/** Runs the step of `npm test` with nothing in PATH but what the test put there. */
function install(): { stderr: string; asked: string } {
  const module = join(repository(), '.setup', 'buildah.mjs');
  writeFileSync(join(folder, 'asked'), '');
  const { stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { installBuildah } = await import('${module}'); await installBuildah();`,
    ],
    { encoding: 'utf8', env: { PATH: folder } },
  );
  return { stderr, asked: readFileSync(join(folder, 'asked'), 'utf8') };
}

/** Notes what it is asked beside itself. */
const APT = '[ "$1" = --version ] || echo "$DEBIAN_FRONTEND $*" >> "$(dirname "$0")/asked"';

test('buildah that is missing is asked of apt-get, and that is said', () => {
  program('apt-get', APT);
  expect(install()).toEqual({
    stderr: 'netsluice: the tests of the container image need buildah; installing it with apt-get\n',
    asked: ' update\nnoninteractive install -y --no-install-recommends buildah\n',
  });
});

test('buildah that is there is left alone', () => {
  program('apt-get', APT);
  program('buildah', 'exit 0');
  expect(install()).toEqual({ stderr: '', asked: '' });
});

test('nothing happens without apt-get', () => {
  expect(install()).toEqual({ stderr: '', asked: '' });
});

test('what apt-get says when it fails is shown', () => {
  program('apt-get', '[ "$1" = --version ] || { echo "no network" >&2; exit 100; }');
  expect(install().stderr).toBe(
    'netsluice: the tests of the container image need buildah; installing it with apt-get\n' +
      'netsluice: asking for the lists of packages failed (exit code 100):\nno network\n',
  );
});
