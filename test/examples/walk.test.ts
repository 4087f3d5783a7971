import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type ExampleChange, readChanges, readShop, reviewOf } from '../../src/cli/example-shop.ts';
import { isRecord } from '../../src/model/decode/value.ts';
import type { Review } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { profileOf } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import { readReview } from '../../src/webhook/admission-review.ts';
import { worldOf } from '../../src/world/build.ts';
import { generatedPart } from './documents.ts';

const CEILING_MS = 60_000;

function example(...args: string[]) {
  return spawnSync(process.execPath, ['dist/main.js', 'example', ...args], {
    encoding: 'utf8',
    timeout: CEILING_MS,
    // A colour would be seen here, and none may come: standard output is a pipe.
    env: { ...process.env, FORCE_COLOR: undefined },
  });
}

const shop = readShop();
const changes = readChanges(shop);

describe('the built program', () => {
  beforeAll(() => {
    if (!existsSync('dist/main.js')) throw new Error('dist/main.js is missing; run `npm run build` first');
  });

  test(
    'walks through the changes as the README shows it, and ends with 0',
    () => {
      const walk = example('--once');
      expect(walk.status).toBe(0);
      const transcript = ['```console', '$ npm start -- --once', walk.stdout.trimEnd(), '```', ''].join('\n');
      expect(transcript).toBe(generatedPart('README.md', 'transcript', transcript));
    },
    CEILING_MS,
  );

  test(
    'tries a file of somebody',
    () => {
      const file = 'examples/changes/12-open-the-shop.delete.yaml';
      const removed = example('--try', file, '--delete');
      expect(removed.status).toBe(0);
      expect(removed.stdout).toContain(
        '\nnetworkpolicy.networking.k8s.io "default-deny" deleted from shop namespace\n',
      );
      expect(example('--try', file).stdout).toContain(
        '\nnetworkpolicy.networking.k8s.io/default-deny configured\n',
      );
    },
    CEILING_MS,
  );

  test.each([
    [
      'a file that is not there',
      ['--try', 'nowhere.yaml'],
      3,
      'netsluice: nowhere.yaml cannot be tried: ENOENT',
    ],
    [
      'a file without a policy',
      ['--try', 'examples/shop/data.yaml'],
      3,
      'There is no networking.k8s.io/v1 NetworkPolicy in',
    ],
    ['--delete alone', ['--delete'], 2, 'error: --delete needs --try FILE'],
    ['a slip in a flag', ['--onec'], 2, "error: unknown option '--onec'"],
  ])(
    'says what is wrong with %s',
    (_name, args, status, text) => {
      const run = example(...args);
      expect(run.status).toBe(status);
      expect(run.stderr).toContain(text);
      expect(run.stderr).not.toContain('    at ');
    },
    CEILING_MS,
  );

  test(
    'says what is wrong with a file that is not YAML',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'netsluice-walk-'));
      try {
        const file = join(folder, 'broken.yaml');
        writeFileSync(file, 'kind: [NetworkPolicy\n');
        const run = example('--try', file);
        expect([run.status, run.stdout]).toEqual([3, '']);
        expect(run.stderr).toContain(`${file} cannot be tried: it is not YAML: `);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    CEILING_MS,
  );
});

function reviewed(change: ExampleChange): Review {
  const request = readReview(reviewOf(change));
  if ('readable' in request) throw new Error(request.message);
  return review(request, {
    world: worldOf(profileOf(shop.settings), shop.events),
    settings: shop.settings,
    rules,
    freshness: { stale: [], absent: [] },
    limits: { stepsMax: 2_000_000, expired: () => false, today: '2026-01-01' },
    ownNamespace: '',
  });
}

/** The decision, and the rules of the lines that are printed; the headline is a line without a rule. */
const expected: readonly (readonly [string, Review['decision'], readonly string[]])[] = [
  ['01-checkout-egress', 'admitted', ['headline', 'egress-blocks-dns']],
  ['02-mailer-egress', 'rejected', ['rules-without-policy-type']],
  ['03-accounts-dns', 'admitted', ['headline', 'egress-blocks-dns', 'namespace-selector-matches-nothing']],
  ['04-payments-default-deny', 'rejected', ['headline', 'control-plane-callback-blocked']],
  [
    '05-queue-metrics-or',
    'admitted',
    ['headline', 'peer-or-looks-like-and', 'peer-pods-live-in-another-namespace'],
  ],
  ['06-queue-metrics-and', 'admitted', ['headline']],
  ['07-orders-db-for-all', 'admitted', ['headline', 'all-namespaces-peer']],
  [
    '08-storefront-port',
    'admitted',
    ['headline', 'service-port-instead-of-target-port', 'ingress-backend-cut-off'],
  ],
  ['09-storefront-port-name', 'admitted', []],
  ['10-loyalty-first', 'admitted', ['egress-blocks-dns']],
  ['11-loyalty-mended', 'admitted', []],
  ['12-open-the-shop.delete', 'admitted', ['headline']],
];

describe('the example', () => {
  test('is a realistic shop', () => {
    const kinds = (kind: string) =>
      shop.events.filter((event) => event.type === 'put' && event.object.kind === kind).length;
    const workloads = shop.events.filter((event) => event.type === 'put' && 'template' in event.object);
    expect({
      workloads: workloads.length,
      namespaces: kinds('Namespace'),
      policies: shop.policies.size,
    }).toEqual({
      workloads: 26,
      namespaces: 6,
      policies: 13,
    });
  });

  test('has pods of their own address and name', () => {
    const pods = shop.events.flatMap((event) =>
      event.type === 'put' && event.object.kind === 'Pod' && !event.object.hostNetwork ? [event.object] : [],
    );
    expect(new Set(pods.map(({ name }) => name)).size).toBe(pods.length);
    expect(new Set(pods.flatMap(({ addresses }) => addresses)).size).toBe(pods.length);
  });

  test('holds exactly the expected changes', () => {
    const names = changes.map(({ file }) => file.replace(/^.*\/|\.yaml$/g, ''));
    expect(names).toEqual(expected.map(([name]) => name));
    expect(changes.filter(({ comment }) => comment.length === 0)).toEqual([]);
    expect(changes.filter(({ object, oldObject }) => !isRecord(object) && !isRecord(oldObject))).toEqual([]);
  });

  test.each(expected)('%s', (name, decision, told) => {
    const change = changes.find(({ file }) => file.endsWith(`/${name}.yaml`));
    if (change === undefined) throw new Error(`no change ${name}`);
    const { decision: given, message, warnings } = reviewed(change);
    const lines = message === null ? warnings : message.split('\n');
    const rulesTold = lines
      .filter((line) => !line.startsWith('ref '))
      .map((line) => /^\[([^\]]+)\]/.exec(line)?.[1] ?? 'headline');
    expect([given, rulesTold]).toEqual([decision, told]);
  });
});
