import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

let folder = '';

/** The package as npm would install it, with the dependencies that are here already. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsluice-package-'));
  // Built already; building again would pull the program away from under other tests.
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
  const [archive = ''] = readdirSync(folder);
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder]);
  symlinkSync(resolve('node_modules'), join(folder, 'package', 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
};

describe('the package', () => {
  test('holds what it needs and nothing of the workshop', () => {
    const held = readdirSync(join(folder, 'package')).filter((name) => name !== 'node_modules');
    expect(held.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
    expect(readdirSync(join(folder, 'package', 'docs'))).toEqual(['rules']);
  });

  test.each(Object.keys(manifest.bin))('runs as %s', (name) => {
    // What npm does with `bin`: a link that can be run.
    const program = join(folder, 'package', manifest.bin[name] ?? '');
    chmodSync(program, 0o755);
    const link = join(folder, name);
    symlinkSync(program, link);
    expect(execFileSync(link, ['--version'], { encoding: 'utf8' })).toBe(`${manifest.version}\n`);
  });

  test('explains its rules from what it carries', () => {
    const program = join(folder, 'package', 'dist', 'main.js');
    const { status, stdout } = spawnSync(process.execPath, [program, 'explain', 'R02'], { encoding: 'utf8' });
    expect([status, stdout.split('\n')[0]]).toEqual([
      0,
      '# R02: policyTypes leaves out a direction that has clauses',
    ]);
  });

  test('builds itself when it is packed, as package managers do with a git address', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(scripts.prepack).toBe('npm run build');
  });
});

describe('the hooks for pre-commit', () => {
  const hooks = parse(readFileSync('.pre-commit-hooks.yaml', 'utf8')) as readonly {
    readonly id: string;
    readonly entry: string;
    readonly args: readonly string[];
    readonly language: string;
    readonly pass_filenames: boolean;
  }[];

  test.each(hooks.map((hook) => [hook.id, hook] as const))('%s runs over a whole directory', (_, hook) => {
    expect([hook.language, hook.pass_filenames]).toEqual(['node', false]);
    const [program, ...args] = hook.entry.split(' ');
    expect(Object.keys(manifest.bin)).toContain(program);
    const work = mkdtempSync(join(folder, 'repository-'));
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(folder, 'package', 'dist', 'main.js'), ...args, ...hook.args],
      { cwd: work, encoding: 'utf8' },
    );
    // An empty repository: nothing to judge, which the exit code says.
    expect([status, stderr]).toEqual([3, 'netsluice: not read: .: there is no YAML or JSON file in it\n']);
    expect(existsSync(join(work, '.netsluice.yaml'))).toBe(false);
  });
});
