import { describe, expect, test } from '@jest/globals';
import { unknownProfile } from '../../src/model/profile.ts';
import { review } from '../../src/review/review.ts';
import { always } from '../../src/rules/rule.ts';
import {
  type ContextMore,
  contextOf,
  foreign,
  type Json,
  policy,
  request,
  workload,
} from '../support/build.ts';
import { headlineRule, policyRule } from '../support/injected-rules.ts';
import { denyEgress, denyIngress, shop } from './shop.ts';

const web = '{podSelector: {matchLabels: {app: web}}}';
const api = '{podSelector: {matchLabels: {app: api}}}';
const store = '{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}';

function onDb(ingress: string): Json {
  return policy('shop/p', `{podSelector: {matchLabels: {app: db}}, ingress: [${ingress}]}`);
}

function dbFrom(...peers: string[]): Json {
  return onDb(`{from: [${peers.join(', ')}], ports: [{port: 5432}]}`);
}

interface Asked {
  readonly before?: Json;
  readonly after?: Json;
  readonly more?: readonly Json[];
}

/** The warnings of a change in the shop, without the ref line. */
function told({ before, after, more = [] }: Asked, context: ContextMore = {}): string[] {
  const world = shop({}, before === undefined ? more : [before, ...more]);
  const { warnings } = review(
    request({ before: before ?? null, after: after ?? null }),
    contextOf(world, { rules: [headlineRule()], ...context }),
  );
  expect(warnings.at(-1)).toBe('ref 3f9c1a2b');
  return warnings.slice(0, -1);
}

describe('the headline says exactly', () => {
  test.each<[string, Asked, string]>([
    [
      'which workloads become isolated for ingress, and which of them keep nothing',
      { after: policy('shop/p', denyIngress) },
      'isolates 3 workloads (7 pods) for ingress, 3 keep no source',
    ],
    [
      'that pods without egress lose their resolver',
      { after: policy('shop/p', denyEgress) },
      'blocks 3 connections (shop/api -> kube-system/coredns:53/TCP,53/UDP, +2); isolates 3 workloads (7 pods) for egress, 3 keep no destination',
    ],
    [
      'both directions in one line',
      { after: policy('shop/p', '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}') },
      'blocks 1 connection (shop/db -> kube-system/coredns:53/TCP,53/UDP); isolates 1 workload (2 pods) for ingress, 1 keeps no source and 1 workload (2 pods) for egress, 1 keeps no destination',
    ],
    [
      'a withdrawn connection',
      { before: dbFrom(web, api), after: dbFrom(web) },
      'blocks 1 connection (shop/api -> shop/db:5432/TCP)',
    ],
    [
      'that only undeclared ports are lost',
      {
        before: onDb(`{from: [${web}], ports: [{port: 5432}, {port: 9999}]}`),
        after: dbFrom(web),
      },
      'blocks 1 connection (shop/web -> shop/db:9999/TCP) (undeclared ports only)',
    ],
    [
      'what a clause opens across namespaces',
      { before: dbFrom(web), after: dbFrom(web, store) },
      'opens 1 (data/store -> shop/db:5432/TCP)',
    ],
    [
      'what a clause opens inside the namespace',
      { before: dbFrom(web), after: dbFrom(web, api) },
      'opens 1 inside shop',
    ],
    [
      'what a clause opens to everybody, the internet being one',
      {
        before: dbFrom(web),
        after: onDb(`{from: [${web}], ports: [{port: 5432}]}, {ports: [{port: 5432}]}`),
      },
      'opens 3 (internet -> shop/db:5432/TCP, +2), opens 2 inside shop',
    ],
    [
      'what is blocked before what is opened',
      { before: dbFrom(web, api), after: dbFrom(web, store) },
      'blocks 1 connection (shop/api -> shop/db:5432/TCP), opens 1 (data/store -> shop/db:5432/TCP)',
    ],
    [
      'what a deletion frees',
      { before: policy('shop/p', denyIngress) },
      'frees 3 workloads (7 pods) for ingress',
    ],
    [
      'how much is undecided',
      { after: dbFrom('{ipBlock: {cidr: 10.0.0.0/8}}') },
      'isolates 1 workload (2 pods) for ingress; 5 undecided',
    ],
    [
      'that pods of one workload still reach each other',
      { after: policy('shop/p', `{podSelector: {matchLabels: {app: web}}, ingress: [{from: [${web}]}]}`) },
      'isolates 1 workload (3 pods) for ingress',
    ],
    [
      'planned pods beside running ones',
      {
        after: policy('shop/p', denyIngress),
        more: [
          workload('Deployment', 'shop/cart', 2),
          workload('Deployment', 'shop/idle', 0),
          workload('DaemonSet', 'shop/agent', null),
          workload('CronJob', 'shop/night', null),
        ],
      },
      'isolates 7 workloads (7 pods, 5 planned) for ingress, 7 keep no source',
    ],
    [
      'planned pods alone',
      {
        after: policy('shop/p', '{podSelector: {matchLabels: {app: cart}}}'),
        more: [workload('Deployment', 'shop/cart', 2)],
      },
      'isolates 1 workload (2 planned) for ingress, 1 keeps no source',
    ],
  ])('%s', (_title, asked, line) => {
    expect(told(asked)).toEqual([line]);
  });

  test('who is critical although no clause admitted it: the callers of an exposed backend', () => {
    const exposed = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    expect(told({ after: policy('shop/p', denyIngress), more: [exposed] })).toEqual([
      'blocks 1 connection (internet -> shop/web:8080/TCP); isolates 3 workloads (7 pods) for ingress, 3 keep no source',
    ]);
  });

  test('the same headline for a workload of one pod and many', () => {
    const lone = '{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}';
    const after = policy('data/p', `{podSelector: {}, ingress: [{from: [${lone}]}]}`);
    const { warnings } = review(
      request({ after }, { namespace: 'data' }),
      contextOf(shop(), { rules: [headlineRule()] }),
    );
    expect(warnings).toEqual(['isolates 1 workload (1 pod) for ingress', 'ref 3f9c1a2b']);
  });
});

describe('the headline is printed', () => {
  test('only where one of its rules is a warning or an error at the level of the mode', () => {
    const opening = { before: dbFrom(web), after: dbFrom(web, store) };
    const rule = headlineRule({ baseline: 'info', restricted: 'warning' });
    expect(told({ ...opening }, { rules: [rule], settings: { modes: { warn: 'restricted' } } })).toEqual([
      'opens 1 (data/store -> shop/db:5432/TCP)',
    ]);
    const { warnings } = review(request(opening), contextOf(shop({}, [opening.before]), { rules: [rule] }));
    expect(warnings).toEqual([]);
  });

  test('first, before the findings, and its rules get no line of their own', () => {
    const rules = [policyRule({ cure: 'policy' }), headlineRule()];
    expect(told({ after: policy('shop/p', denyIngress) }, { rules })).toEqual([
      'isolates 3 workloads (7 pods) for ingress, 3 keep no source',
      '[test-rule] it is bad; mend it',
    ]);
  });

  test('first in a rejection too', () => {
    const { decision, message, warnings } = review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(shop(), {
        rules: [policyRule(), headlineRule()],
        settings: { modes: { enforce: 'baseline' } },
      }),
    );
    expect([decision, warnings]).toEqual(['rejected', []]);
    expect(message).toBe(
      'isolates 3 workloads (7 pods) for ingress, 3 keep no source\n[test-rule] it is bad; mend it\nref 3f9c1a2b',
    );
  });

  test('with nothing when the change does nothing', () => {
    const world = shop({}, [policy('shop/wide', denyIngress)]);
    const { warnings } = review(
      request({ after: policy('shop/p', denyIngress) }),
      contextOf(world, { rules: [headlineRule(always('info'))] }),
    );
    expect(warnings).toEqual([]);
  });

  test.each([
    ['NetworkPolicy', 'shop/x'],
    ['GlobalNetworkPolicy', '/x'],
  ])('with what was not analysed at its end: Calico %s', (kind, name) => {
    const more = [foreign('projectcalico.org/v3', kind, name)];
    expect(told({ after: policy('shop/p', denyEgress), more })).toEqual([
      'isolates 3 workloads (7 pods) for egress, 3 keep no destination; 18 undecided (Calico policies not analysed)',
    ]);
  });

  test('with the age of the data at its end where they are stale, and only there', () => {
    const after = policy('shop/p', denyIngress);
    const stale = [
      { kind: 'Pod', ageSeconds: 200 },
      { kind: 'Namespace', ageSeconds: 601 },
      { kind: 'Ingress', ageSeconds: 9_000 },
    ] as const;
    expect(told({ after }, { freshness: { stale } })).toEqual([
      'isolates 3 workloads (7 pods) for ingress, 3 keep no source (data 11 min old)',
    ]);
    expect(told({ after }, { freshness: { stale: stale.slice(2) } })).toEqual([
      'isolates 3 workloads (7 pods) for ingress, 3 keep no source',
    ]);
  });

  test('with undecided pairs where the plugin’s answer is not known', () => {
    const after = dbFrom('{ipBlock: {cidr: 0.0.0.0/0}}');
    const { warnings } = review(
      request({ after }),
      contextOf(shop({}, [], unknownProfile), { rules: [headlineRule()] }),
    );
    expect(warnings[0]).toBe('isolates 1 workload (2 pods) for ingress; 5 undecided');
  });
});
