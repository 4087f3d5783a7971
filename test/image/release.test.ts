import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { repository } from './image.ts';

const root = repository();
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function text(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function argument(name: string): string {
  return new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(text('Dockerfile'))?.[1] ?? '';
}

const version = (JSON.parse(text('package.json')) as { version: string }).version;
const base = argument('BASE');
const buildBase = argument('BUILD_BASE');

function check(...args: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, '.setup', 'release-check.mjs'), ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stderr };
}

describe('the release check', () => {
  test('lets a release through whose bases have digests', () => {
    expect(check(`v${version}`, `${base}@${DIGEST}`, `${buildBase}@${DIGEST}`)).toEqual({
      status: 0,
      stderr: '',
    });
  });

  test.each([
    ['no digest', base],
    ['half a digest', `${base}@sha256:abcd`],
    ['another kind of digest', `${base}@sha512:${'0123456789abcdef'.repeat(4)}`],
    ['something after the digest', `${base}@${DIGEST}0`],
    ['an empty digest, as when resolving failed', `${base}@`],
  ])('refuses a base with %s', (_, given) => {
    expect(check(`v${version}`, given, `${buildBase}@${DIGEST}`)).toEqual({
      status: 1,
      stderr: `release: BASE has no digest: a release is built on ${base}@sha256:…, resolved when it is made.\n`,
    });
  });

  test('refuses a build base without a digest, a placeholder, another base and another version', () => {
    expect(check(`v${version}`, `${base}@${DIGEST}`, buildBase)).toEqual({
      status: 1,
      stderr: `release: BUILD_BASE has no digest: a release is built on ${buildBase}@sha256:…, resolved when it is made.\n`,
    });
    expect(check(`v${version}`, `${base}@sha256:${'0'.repeat(64)}`, `${buildBase}@${DIGEST}`)).toEqual({
      status: 1,
      stderr: 'release: The digest of BASE is a placeholder, not one that was resolved.\n',
    });
    expect(check(`v${version}`, `other:24@${DIGEST}`, `${buildBase}@${DIGEST}`)).toEqual({
      status: 1,
      stderr: `release: BASE is other:24, but the Dockerfile names ${base}.\n`,
    });
    expect(check('v99.0.0', `${base}@${DIGEST}`, `${buildBase}@${DIGEST}`)).toMatchObject({ status: 1 });
    expect(check().status).toBe(1);
  });
});

test('the bases have tags, are on Node 24, and no digest is kept anywhere', () => {
  expect(base).toMatch(/^[a-z0-9./-]+24[a-z0-9-]*:[a-z0-9.-]+$/);
  expect(buildBase).toMatch(/^[a-z0-9./-]+:24[a-z0-9.-]*$/);
  const workflows = readdirSync(join(root, '.github', 'workflows')).map(
    (name) => `.github/workflows/${name}`,
  );
  for (const file of ['Dockerfile', ...workflows]) {
    expect({ file, digest: /sha256:[0-9a-f]{64}/.test(text(file)) }).toEqual({ file, digest: false });
  }
});

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

function jobs(file: string): Readonly<Record<string, Job>> {
  return (parse(text(`.github/workflows/${file}`), { strict: true }) as { jobs: Record<string, Job> }).jobs;
}

const words = ({ name, uses, run }: Step): string => name ?? uses ?? run ?? '';

describe('the workflows', () => {
  test('ci runs the test command as root, on the oldest Node and the image’s, and the image on its real base', () => {
    const { test: tests, image } = jobs('ci.yml');
    expect(tests?.steps?.find(({ name }) => name === 'Test')?.run).toBe('sudo -E env "PATH=$PATH" .ci/run');
    expect(text('.ci/run')).toMatch(/^exec npm test$/m);
    expect(text('.github/workflows/ci.yml')).toContain('node: ["20", "24"]');
    expect(image?.steps?.map(words).slice(-3)).toEqual([
      'Build on the real bases',
      'Run it read-only as any uid',
      'Weigh it',
    ]);
  });

  test('a release is tested, resolved, checked, built, signed, attested and packed, in that order', () => {
    const { test: tests, release } = jobs('release.yml');
    expect(tests?.uses).toBe('./.github/workflows/ci.yml');
    expect(release?.needs).toBe('test');
    const steps = release?.steps ?? [];
    const order = [
      'Resolve the bases',
      'Refuse a release without digests',
      'Log in',
      'Build and push the image',
      'Sign the image',
      "Attest the image's provenance",
      'Package, push and sign the chart',
    ];
    expect(steps.map(words).slice(-order.length)).toEqual(order);
    const build = steps.find(({ name }) => name === 'Build and push the image')?.with ?? {};
    expect(build).toMatchObject({ sbom: true, provenance: 'mode=max', 'no-cache': true });
    // What is checked is what is built on.
    for (const [name, output] of Object.entries({ BASE: 'base', BUILD_BASE: 'build-base' })) {
      const line = `${name}=\${{ steps.bases.outputs.${output} }}`;
      expect(String(build['build-args']).split('\n')).toContain(line);
    }
    expect(steps.find(({ name }) => name === 'Refuse a release without digests')?.run).toBe(
      'node .setup/release-check.mjs "$GITHUB_REF_NAME" "$BASE" "$BUILD_BASE"',
    );
    expect(release?.permissions).toEqual({
      contents: 'read',
      packages: 'write',
      'id-token': 'write',
      attestations: 'write',
    });
  });

  test('the chart of a release names the image that was pushed, by digest', () => {
    const steps = jobs('release.yml')['release']?.steps ?? [];
    const script = steps.find(({ name }) => name === 'Package, push and sign the chart')?.run ?? '';
    const edits = script.split('\n').filter((line) => /^(?:sed|grep) /.test(line));
    expect(edits).toHaveLength(4);
    const folder = mkdtempSync(join(tmpdir(), 'netsluice-release-'));
    try {
      cpSync(join(root, 'charts'), join(folder, 'charts'), { recursive: true });
      const env = { ...process.env, IMAGE: 'registry.invalid/netsluice', DIGEST };
      execFileSync('bash', ['-ec', edits.join('\n')], { cwd: folder, env });
      const read = (file: string): unknown =>
        parse(readFileSync(join(folder, 'charts', 'netsluice', file), 'utf8'));
      expect(read('values.yaml')).toMatchObject({
        image: { registry: '', repository: 'registry.invalid/netsluice', tag: '', digest: DIGEST },
      });
      const { annotations } = read('Chart.yaml') as { annotations: Record<string, string> };
      expect(annotations['artifacthub.io/images']).toContain(
        `image: registry.invalid/netsluice:${version}\n`,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each(['ci.yml', 'release.yml'])(
    '%s: actions have versions, and no expression is pasted into a script',
    (file) => {
      const steps = Object.values(jobs(file)).flatMap((job) => job.steps ?? []);
      const unpinned = steps.filter(({ uses }) => uses !== undefined && !/@v\d+$/.test(uses));
      expect(unpinned).toEqual([]);
      expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
    },
  );
});
