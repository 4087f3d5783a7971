import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { controlPlaneFolder } from './binaries.ts';

const NAMES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'kwok', 'helm'];
const GET_GO =
  'Install Go 1.26 or newer (https://go.dev/doc/install), or set KUBEBUILDER_ASSETS to a folder that holds ' +
  'etcd, kube-apiserver, kube-controller-manager, kubectl, kwok and helm.\n';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'netsluice-binaries-'));
  mkdirSync(join(home, 'bin'));
  // The fake go is a script without an ending: what it is must not depend on a package.json further up.
  writeFileSync(join(home, 'package.json'), '{}');
  symlinkSync(process.execPath, join(home, 'bin', 'node'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function program(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** A `go` that takes a moment and notes what it was asked to build; `build` is a line of JavaScript it ends with. */
function fakeGo(version: string, build = ''): void {
  program(
    join(home, 'bin', 'go'),
    `#!/usr/bin/env node
const { appendFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const args = process.argv.slice(2);
if (args[0] === 'env') { console.log('${version}'); process.exit(0); }
${build}
appendFileSync(${JSON.stringify(join(home, 'built'))}, args.at(-1) + '\\n');
const out = args[0] === 'install' ? join(process.env.GOBIN, args.at(-1).split('/').at(-1).split('@')[0]) : args[args.indexOf('-o') + 1];
setTimeout(() => writeFileSync(out, args.join(' '), { mode: 0o755 }), 100);
`,
  );
}

function ensure(env: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, [join(controlPlaneFolder(), 'ensure.mjs')], {
    env: { PATH: `${join(home, 'bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: join(home, 'cache'), ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

function built(): string[] {
  return readFileSync(join(home, 'built'), 'utf8').trim().split('\n');
}

test('two runs at once build everything once, with the version flags, and leave no lock', async () => {
  fakeGo('go1.26.8');
  const [one, two] = await Promise.all([ensure(), ensure()]);
  expect([one.code, two.code]).toEqual([0, 0]);
  expect(one.stdout).toBe(two.stdout);
  const paths = JSON.parse(one.stdout) as Record<string, string>;
  expect(Object.keys(paths)).toEqual(NAMES);
  expect(built()).toEqual([
    'go.etcd.io/etcd/server/v3',
    'k8s.io/kubernetes/cmd/kube-apiserver',
    'k8s.io/kubernetes/cmd/kube-controller-manager',
    'k8s.io/kubernetes/cmd/kubectl',
    'sigs.k8s.io/kwok/cmd/kwok@v0.8.0',
    'helm.sh/helm/v4/cmd/helm@v4.3.1',
  ]);
  expect(readFileSync(paths['kubectl'] ?? '', 'utf8')).toContain(
    '-ldflags -s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 ' +
      '-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36',
  );
  expect(`${one.stderr}${two.stderr}`).toContain('control plane: building kube-apiserver (2 of 6) ...\n');
  expect(readdirSync(join(home, 'cache', 'netsluice', 'control-plane'))).toHaveLength(1);
  // And from now on nothing is built, nor said.
  const again = await ensure();
  expect(again).toEqual({ code: 0, stdout: one.stdout, stderr: '' });
  expect(built()).toHaveLength(6);
}, 60_000);

test('what KUBEBUILDER_ASSETS holds is used and only the rest is built', async () => {
  fakeGo('go1.27.0');
  const assets = join(home, 'assets');
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) program(join(assets, name), '');
  const run = await ensure({ KUBEBUILDER_ASSETS: assets });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({
    etcd: join(assets, 'etcd'),
    kubectl: join(assets, 'kubectl'),
  });
  expect(built()).toEqual([
    'k8s.io/kubernetes/cmd/kube-controller-manager',
    'sigs.k8s.io/kwok/cmd/kwok@v0.8.0',
    'helm.sh/helm/v4/cmd/helm@v4.3.1',
  ]);
}, 60_000);

test('a lock that a killed run left behind is taken over', async () => {
  fakeGo('go1.26.8');
  const first = await ensure();
  const folder = dirname((JSON.parse(first.stdout) as Record<string, string>)['etcd'] ?? '');
  rmSync(folder, { recursive: true });
  const anHourAgo = new Date(Date.now() - 3_600_000);
  writeFileSync(`${folder}.lock`, '1\n');
  utimesSync(`${folder}.lock`, anHourAgo, anHourAgo);
  const run = await ensure();
  expect(run.code).toBe(0);
  expect(run.stderr).toContain(
    `the lock ${folder}.lock was left behind by a run that ended; taking it over\n`,
  );
  expect(built()).toHaveLength(12);
}, 60_000);

test('no Go is one clear sentence', async () => {
  const run = await ensure({ PATH: join(home, 'bin') });
  expect(run).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'control plane: etcd, kube-apiserver, kube-controller-manager, kubectl, kwok, helm must be built once with Go, ' +
      `and no "go" was found in PATH. ${GET_GO}`,
  });
});

test('a Go that is too old is one clear sentence', async () => {
  fakeGo('go1.25.9');
  const run = await ensure();
  expect(run).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'control plane: etcd, kube-apiserver, kube-controller-manager, kubectl, kwok, helm must be built once with Go, ' +
      `and the "go" in PATH is go1.25.9. ${GET_GO}`,
  });
});

test('a build that fails is told with the last words of Go, and leaves neither a lock nor half a program', async () => {
  fakeGo('go1.26.8', `console.error('no space left on device'); process.exit(1);`);
  const run = await ensure();
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(
    'control plane: Go could not build etcd (go.etcd.io/etcd/server/v3): see its last words below; ' +
      'the build needs about 6 GB of disk and, the first time, the network for Go modules.\n' +
      '  no space left on device\n',
  );
  expect(readdirSync(join(home, 'cache', 'netsluice', 'control-plane'))).toEqual([]);
});
