import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
  readonly runs: {
    readonly steps: readonly {
      readonly id?: string;
      readonly run: string;
      readonly env?: Readonly<Record<string, string>>;
    }[];
  };
}

const action = parse(readFileSync('action.yml', 'utf8')) as Action;
const judge = action.runs.steps.find(({ id }) => id === 'judge');

const workload = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - {name: main, image: "registry.example/${name}:1", ports: [{containerPort: 8080}]}
`;

const admitting = (from: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: ${from}}}}]
      ports: [{port: 8080}]
`;

let repository = '';

function git(...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  return execFileSync('git', [...identity, ...args], { cwd: repository, encoding: 'utf8' }).trim();
}

function write(file: string, text: string): void {
  mkdirSync(join(repository, file, '..'), { recursive: true });
  writeFileSync(join(repository, file), text);
}

/** Runs the step as the runner would, its inputs at their defaults where the test gives none. */
function run(inputs: Readonly<Record<string, string>>) {
  const values = {
    ...Object.fromEntries(Object.entries(action.inputs).map(([k, v]) => [k, v.default])),
    ...inputs,
  };
  const fill = (text: string): string =>
    text
      .replace(/\$\{\{ github\.action_path \}\}/, () => resolve('.'))
      .replace(/\$\{\{ inputs\.([\w-]+) \}\}/, (_, name: string) => values[name] ?? '');
  const env = Object.fromEntries(Object.entries(judge?.env ?? {}).map(([key, text]) => [key, fill(text)]));
  const ended = spawnSync('bash', ['-e', '-c', judge?.run ?? ''], {
    cwd: repository,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: repository,
      GITHUB_OUTPUT: join(repository, 'output'),
      GITHUB_STEP_SUMMARY: join(repository, 'summary'),
      ...env,
    },
  });
  const read = (name: string): string => readFileSync(join(repository, name), 'utf8');
  return { ...ended, read };
}

describe('the action', () => {
  let base = '';

  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), 'netsluice-action-test-'));
    git('init', '--quiet');
    for (const name of ['web', 'batch', 'db']) write(`manifests/${name}.yaml`, workload(name));
    write('manifests/policy.yaml', admitting('web'));
    git('add', '.');
    git('commit', '--quiet', '-m', 'before');
    base = git('rev-parse', 'HEAD');
  });

  afterEach(() => rmSync(repository, { recursive: true, force: true }));

  test('every input that its step reads is declared, and every declared one is read', () => {
    const read = Object.values(judge?.env ?? {}).flatMap((text) => /inputs\.([\w-]+)/.exec(text)?.[1] ?? []);
    expect(read.sort()).toEqual(Object.keys(action.inputs).sort());
  });

  test('writes what the change blocks and opens, and what lint finds, into one comment', () => {
    write('manifests/policy.yaml', admitting('batch'));
    const { status, stdout, read } = run({ path: 'manifests', 'base-ref': base });
    expect(status).toBe(0);
    const comment = read('netsluice-comment.md');
    expect(comment).toContain('shop/web');
    expect(comment).toContain('shop/batch');
    expect(comment).toMatch(/blocks 1 connection.*opens 1/);
    expect(read('summary')).toBe(comment);
    expect(read('output')).toBe('comment=netsluice-comment.md\nexit-code=0\n');
    expect(stdout).not.toContain('::error');
    expect(git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  test('fails for an error that lint finds, and tells it as an annotation', () => {
    write('manifests/policy.yaml', admitting('web').replace('[Ingress]', '[Egress]'));
    const { status, stdout, read } = run({ path: 'manifests', 'base-ref': base, sarif: 'findings.sarif' });
    expect(status).toBe(1);
    expect(stdout).toContain('::error file=manifests/policy.yaml');
    expect(JSON.parse(read('findings.sarif')).version).toBe('2.1.0');
    expect(read('netsluice-comment.md')).toContain('rules-without-policy-type');
  });

  test('fails for a change alone only when asked to', () => {
    write('manifests/policy.yaml', admitting('batch'));
    expect(run({ path: 'manifests', 'base-ref': base, 'fail-on-change': 'true' }).status).toBe(1);
    expect(run({ path: 'manifests', 'base-ref': base, 'fail-on': 'never' }).status).toBe(0);
  });

  test('compares with nothing where the manifests are new, and not at all outside pull requests', () => {
    git('mv', 'manifests', 'deploy');
    expect(run({ path: 'deploy', 'base-ref': base }).status).toBe(0);
    expect(run({ path: 'deploy', 'base-ref': '' }).status).toBe(0);
  });

  test('says what to do where the commit to compare with was not fetched', () => {
    const { status, stderr } = run({ path: 'manifests', 'base-ref': '0'.repeat(40) });
    expect(status).toBe(3);
    expect(stderr).toContain(
      `the commit ${'0'.repeat(40)} is not there; let actions/checkout fetch it with \`fetch-depth: 0\`, or set \`base\``,
    );
  });

  test('ends with 3 where a manifest cannot be read, and comments all the same', () => {
    write('manifests/broken.yaml', 'a: [\n');
    const { status, read } = run({ path: 'manifests', 'base-ref': base });
    expect(status).toBe(3);
    expect(read('netsluice-comment.md')).toContain('broken.yaml');
  });
});
