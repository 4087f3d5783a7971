import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureBinaries } from '../control-plane/binaries.ts';

let folder = '';
let kubectl = '';

beforeAll(async () => {
  ({ kubectl } = await ensureBinaries());
  folder = mkdtempSync(join(tmpdir(), 'netsluice-plugin-'));
  // As `npm install --global` lays it out: a link that can be run, in a folder of the PATH.
  mkdirSync(join(folder, 'bin'));
  chmodSync('dist/main.js', 0o755);
  symlinkSync(resolve('dist/main.js'), join(folder, 'bin', 'kubectl-netsluice'));
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('kubectl finds the plugin and passes everything on to it', () => {
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: folder };
  const run = (...args: readonly string[]): string => execFileSync(kubectl, args, { env, encoding: 'utf8' });
  const flow = ['shop/checkout', 'data/orders-db', '5432', '-f', 'examples/shop'];
  expect(run('netsluice', 'trace', ...flow)).toBe(
    execFileSync(process.execPath, ['dist/main.js', 'trace', ...flow], { encoding: 'utf8' }),
  );
  expect(run('plugin', 'list', '--name-only')).toBe(
    'The following compatible plugins are available:\n\nkubectl-netsluice\n',
  );
});
