/** The review's part of the fault catalogue; each test carries the number of its case. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Review, ReviewRequest } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { rules as catalogue } from '../../src/rules/registry.ts';
import { always } from '../../src/rules/rule.ts';
import {
  type ContextMore,
  contextOf,
  type Json,
  namespace,
  policy,
  request,
  running,
  service,
  worldWith,
} from '../support/build.ts';
import { headlineRule, policyRule, selectedPods } from '../support/injected-rules.ts';
import { warningsThatArrive } from '../support/warning-filter.ts';
import { denyEgress, denyIngress, shop, shopObjects } from './shop.ts';

const enforce = { modes: { enforce: 'baseline' } } as const;
const line = '[test-rule] it is bad; mend it';
const ref = 'ref 3f9c1a2b';

function asked(after: unknown, context: ContextMore = {}, more: Partial<ReviewRequest> = {}): Review {
  return review(
    request({ after }, more),
    contextOf(shop(), { rules: [policyRule(), headlineRule()], settings: enforce, ...context }),
  );
}

function brief({ decision, warnings, record }: Review): [string, string, readonly string[]] {
  return [decision, record.outcome, warnings];
}

describe('what the API server and direct callers may send', () => {
  test('case 12: the largest legal update is answered within the budget', () => {
    const peers = (from: number) =>
      Array.from({ length: 30_000 }, (_, i) => ({
        podSelector: { matchLabels: { app: `caller-${from + i}`, part: 'x'.repeat(40) } },
      }));
    const sized = (from: number): Json => ({
      ...policy('shop/p', '{}'),
      spec: { podSelector: {}, ingress: [{ from: peers(from) }] },
    });
    const [before, after] = [sized(0), sized(1)];
    expect(JSON.stringify(after).length).toBeGreaterThan(2.5 * 1024 * 1024);
    const { decision, record } = review(
      request({ before, after }),
      contextOf(shop({}, [before]), { rules: [headlineRule()] }),
    );
    expect([decision, record.outcome]).toEqual(['admitted', 'analysed']);
    expect(record.steps).toBeLessThan(2_000_000);
  }, 60_000);

  test.each([
    ['{key: KEY, operator: Exists}', '{KEY: x}', true],
    ['{key: KEY, operator: Exists}', '{}', false],
    ['{key: KEY, operator: DoesNotExist}', '{}', true],
    ['{key: KEY, operator: DoesNotExist}', '{KEY: x}', false],
    ['{key: KEY, operator: In, values: [x]}', '{KEY: x}', true],
    ['{key: KEY, operator: In, values: [x]}', '{}', false],
    ['{key: KEY, operator: NotIn, values: [x]}', '{}', true],
    ['{key: KEY, operator: NotIn, values: [x]}', '{KEY: x}', false],
  ])(
    'case 17: %s of labels %s, for keys that every object seems to have',
    (requirement, labels, selected) => {
      for (const key of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
        const world = worldWith([
          namespace('shop'),
          ...running('shop/odd', 2, {
            labels: JSON.parse(labels === '{}' ? '{}' : `{"${key}": "x"}`) as Json,
          }),
        ]);
        const after = policy(
          'shop/p',
          `{podSelector: {matchExpressions: [${requirement.replace('KEY', key)}]}}`,
        );
        const rule = policyRule({
          finds: (input) => (input.invented ? [] : [{ affected: selectedPods(input) }]),
        });
        const { findings } = review(request({ after }), contextOf(world, { rules: [rule] }));
        expect(findings.map(({ affected }) => affected)).toEqual(
          selected ? [['shop/odd-0', 'shop/odd-1']] : [],
        );
      }
    },
  );

  test('case 19: wrong types at every level never make the review throw', () => {
    const odd = fc.oneof(
      fc.constantFrom(null, true, false, 0, -1, 80.5, 1e308, '', 'x', '10.0.0.0/8', [], {}, [[]], [null]),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const good = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: {
        name: 'p',
        namespace: 'shop',
        labels: { a: 'b' },
        annotations: { c: 'd' },
        generateName: 'g-',
      },
      spec: {
        podSelector: {
          matchLabels: { app: 'db' },
          matchExpressions: [{ key: 'app', operator: 'In', values: ['db'] }],
        },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          {
            from: [
              { podSelector: { matchLabels: { app: 'web' } }, namespaceSelector: {} },
              { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
            ],
            ports: [{ protocol: 'TCP', port: 5432, endPort: 5433 }],
          },
        ],
        egress: [{ to: [{ podSelector: {} }], ports: [{ port: 'web' }] }],
      },
    };
    const world = shop({}, [good]);
    const rules = [...catalogue, policyRule(), headlineRule()];
    const property = fc.property(
      fc.constantFrom(...pathsOf(good)),
      odd,
      fc.boolean(),
      (path, value, isOld) => {
        const bad = withValue(good, path, value);
        const asking = isOld ? { before: bad, after: good } : { before: good, after: bad };
        const { decision, record, warnings } = review(request(asking), contextOf(world, { rules }));
        expect(decision).toBe('admitted');
        expect(['analysed', 'unchanged', 'unreadable-object']).toContain(record.outcome);
        expect(record.failed).toEqual([]);
        expect(warningsThatArrive(warnings)).toEqual(warnings);
      },
    );
    fc.assert(property, { numRuns: 1_500 });
  }, 120_000);

  test('case 19: neither do values that are no policy at all', () => {
    for (const value of [
      null,
      undefined,
      0,
      '',
      'x',
      true,
      [],
      [1],
      {},
      { metadata: 1 },
      { metadata: { name: 1 } },
    ]) {
      const { decision, record } = asked(value);
      expect([decision, record.outcome]).toEqual(['admitted', 'unreadable-object']);
    }
  });

  test.each([
    ['{policyTypes: [Foo]}', 'spec.policyTypes[0] is "Foo"; it must be "Ingress" or "Egress"'],
    [
      '{ingress: [{ports: [{protocol: XYZ}]}]}',
      'spec.ingress[0].ports[0].protocol is "XYZ"; it must be "TCP", "UDP" or "SCTP", in capitals',
    ],
    [
      '{podSelector: {matchExpressions: [{key: a, operator: Near}]}}',
      'spec.podSelector.matchExpressions[0].operator is "Near"; it must be "In", "NotIn", "Exists" or "DoesNotExist"',
    ],
  ])('case 20: unknown values are named: %s', (spec, problem) => {
    expect(brief(asked(policy('shop/p', spec)))).toEqual([
      'admitted',
      'unreadable-object',
      [`[not-analysed] ${problem}`, ref],
    ]);
  });

  test.each([
    [{ version: 'v2' }, 'networking.k8s.io/v2 networkpolicies'],
    [
      { group: 'policy.networking.k8s.io', version: 'v1alpha1', resource: 'adminnetworkpolicies' },
      'policy.networking.k8s.io/v1alpha1 adminnetworkpolicies',
    ],
    [{ group: '', resource: 'pods', kind: 'Pod' }, '/v1 pods'],
    [{ group: 'networking.k8s.io', resource: 'constructor' }, 'networking.k8s.io/v1 constructor'],
  ])('case 21: %j is admitted as not handled', (more, what) => {
    const answer = asked(policy('shop/p', denyIngress), {}, more);
    expect(brief(answer)).toEqual([
      'admitted',
      'not-handled',
      [`[not-handled] ${what} is not analysed by netsluice`, ref],
    ]);
  });

  test.each([
    ['CONNECT', 'operation CONNECT'],
    ['create', 'operation create'],
    ['', 'operation without a name'],
  ])('case 22: the operation %j is admitted and not analysed', (operation, what) => {
    expect(brief(asked(policy('shop/p', denyIngress), {}, { operation }))).toEqual([
      'admitted',
      'not-handled',
      [`[not-handled] ${what} is not analysed by netsluice`, ref],
    ]);
  });
});

describe('large objects', () => {
  const stepsMax = 200_000;

  function bounded(spec: unknown, rules = [headlineRule(), policyRule({ cure: 'policy' })]): Review {
    const answer = review(
      request({ after: { ...policy('shop/p', '{}'), spec } }),
      contextOf(shop(), { rules: [...rules, ...catalogue], limits: { stepsMax } }),
    );
    expect(answer.record.failed).toEqual([]);
    return answer;
  }

  test('case 23: 40,000 address blocks are judged by the text alone, and the answer says so', () => {
    const from = Array.from({ length: 40_000 }, (_, i) => ({
      ipBlock: { cidr: `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24` },
    }));
    const { record, warnings } = bounded({ podSelector: {}, ingress: [{ from }] });
    const left = 'the policy names more than 2000 address blocks: its effect on pods was not worked out';
    expect(record.partial).toBe(left);
    expect(warnings).toContain(`[partial] ${left}`);
    expect(warnings).toContain(line);
    expect(record.steps).toBeLessThanOrEqual(stepsMax);
  }, 60_000);

  test('case 23: 10,000 labels', () => {
    const matchLabels = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`key-${i}`, `value-${i}`]),
    );
    const { record, warnings } = bounded({
      podSelector: { matchLabels },
      ingress: [{ from: [{ podSelector: { matchLabels } }] }],
    });
    expect(record.partial).toBeNull();
    expect(warnings).toContain(line);
  }, 60_000);

  test('case 23: 1,000 clauses with ports', () => {
    const ingress = Array.from({ length: 1_000 }, (_, i) => ({
      from: [
        { podSelector: { matchLabels: { app: `caller-${i}` } } },
        { namespaceSelector: { matchLabels: { a: `${i}` } } },
      ],
      ports: Array.from({ length: 20 }, (_port, j) => ({ port: 1 + i * 20 + j, endPort: 1 + i * 20 + j })),
    }));
    const { record } = bounded({ podSelector: {}, ingress });
    expect(record.outcome).toBe('analysed');
    if (record.partial === null) expect(record.steps).toBeLessThanOrEqual(stepsMax);
    else
      expect(record.partial).toMatch(
        /^looked at \d+ of \d+ changed groups of pods before the step budget ran out$/,
      );
  }, 60_000);

  test('case 23: what does not fit into the budget is said', () => {
    const after = policy(
      'shop/p',
      '{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}',
    );
    const { record } = asked(after, { limits: { stepsMax: 5 } });
    expect(record.partial).toMatch(
      /^looked at \d of 3 changed groups of pods before the step budget ran out$/,
    );
  });

  test('case 24: 5,000 exceptions in one block', () => {
    const except = Array.from({ length: 5_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const { record } = bounded({
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except } }] }],
    });
    expect([record.outcome, record.partial]).toEqual(['analysed', null]);
  }, 60_000);

  test.each([
    '10.0.0.0/33',
    '10.0.0.0',
    '10.0.0/8',
    '010.0.0.0/8',
    '::/129',
    'fd00::/-1',
    '10.0.0.0/08',
    '',
    '10.0.0.0/8 ',
    '::ffff:10.0.0.0/104',
  ])('case 24: the block %j is either read or named, never silently empty', (cidr) => {
    const answer = asked(
      policy('shop/p', `{ingress: [{from: [{ipBlock: {cidr: ${JSON.stringify(cidr)}}}]}]}`),
    );
    if (answer.record.outcome === 'unreadable-object')
      expect(answer.warnings[0]).toMatch(/^\[not-analysed\] spec\.ingress\[0\]\.from\[0\]\.ipBlock\.cidr /);
    else expect([cidr, answer.record.outcome]).toEqual(['::ffff:10.0.0.0/104', 'analysed']);
  });

  test('case 24: host bits are the block they lie in', () => {
    const block = (cidr: string) =>
      policy('shop/p', `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: ${cidr}}}]}]}`);
    const world = () => shop({}, [...running('shop/edge', 1), block('10.1.2.0/24')]);
    const { warnings } = review(
      request({ before: block('10.1.2.0/24'), after: block('10.1.2.77/24') }),
      contextOf(world(), { rules: [headlineRule(always('info'))] }),
    );
    expect(warnings).toEqual([]);
  });

  test('case 25: texts made to hurt regular expressions are read in linear time', () => {
    const evil = `${'a'.repeat(100_000)}!`;
    const annotations = {
      'netsluice.dev/waive.test-rule': `${'; until='.repeat(12_000)}${evil}`,
      [`netsluice.dev/waive.${evil}`]: evil,
    };
    const after = policy('shop/p', denyIngress, annotations);
    const settings = { ...enforce, waiversAllowed: [{ rules: ['*'], namespaces: ['*'] }] };
    const { decision, message } = asked(after, { settings }, { user: { name: evil, groups: [evil] } });
    expect(decision).toBe('rejected');
    expect(warningsThatArrive(message?.split('\n') ?? [])).toEqual(message?.split('\n'));
  }, 30_000);

  test.each([
    ['{port: 90, endPort: 80}', 'endPort is 80; it must not be below port 90'],
    ['{port: 0}', 'port is 0; it must be a whole number from 1 to 65535'],
    ['{port: 65536}', 'port is 65536; it must be a whole number from 1 to 65535'],
    ['{port: 80.5}', 'port is 80.5; it must be a whole number from 1 to 65535'],
    ['{endPort: 80}', 'endPort is 80; it may only stand beside a port'],
    ['{port: web, endPort: 80}', 'endPort is 80; it may not stand beside a named port ("web")'],
  ])('case 26: the port %s is named, not thrown', (port, problem) => {
    const { decision, warnings } = asked(policy('shop/p', `{ingress: [{ports: [${port}]}]}`));
    expect([decision, warnings]).toEqual([
      'admitted',
      [`[not-analysed] spec.ingress[0].ports[0].${problem}`, ref],
    ]);
  });

  test.each(['__proto__', 'constructor', '😀', 'a b', 'x\u0000'])(
    'case 26: a port named %j is data',
    (port) => {
      const after = {
        ...policy('shop/p', '{}'),
        spec: { podSelector: {}, ingress: [{ ports: [{ port }] }] },
      };
      expect(asked(after).record.outcome).toBe('analysed');
    },
  );

  test.each([
    ['an absent spec', null],
    ['spec: null', { spec: null }],
    ['spec: {}', { spec: {} }],
  ])('case 27: %s selects every pod and isolates it for ingress', (_title, more) => {
    const { apiVersion, kind, metadata } = policy('shop/p', '{}');
    const { warnings } = review(
      request({ after: { apiVersion, kind, metadata, ...more } }),
      contextOf(shop(), { rules: [headlineRule()] }),
    );
    expect(warnings).toEqual(['isolates 3 workloads (7 pods) for ingress, 3 keep no source', ref]);
  });
});

describe('the life of a policy', () => {
  const deny = policy('shop/p', denyIngress);
  const bad = policyRule({ finds: (input) => [{ affected: selectedPods(input) }] });

  function changed(
    before: Json | null,
    after: Json | null,
    more: Partial<ReviewRequest> = {},
    objects: readonly Json[] = [],
  ): Review {
    return review(
      request({ before, after }, more),
      contextOf(shop({}, before === null ? objects : [before, ...objects]), {
        rules: [bad, headlineRule()],
        settings: enforce,
      }),
    );
  }

  test('case 38: a generated name is told as its prefix', () => {
    const after = {
      ...policy('shop/p', denyIngress),
      metadata: { namespace: 'shop', generateName: 'deny-' },
    };
    const { findings } = changed(null, after, { name: '' });
    expect(findings.map(({ object }) => object.name)).toEqual(['deny-*', 'deny-*']);
  });

  test('case 39: a deletion is judged by the old object, as a warning', () => {
    expect(brief(changed(deny, null))).toEqual([
      'admitted',
      'analysed',
      ['frees 3 workloads (7 pods) for ingress', ref],
    ]);
  });

  test('case 39: the catalogue tells a deletion in the same words', () => {
    const context = contextOf(shop({}, [deny]), {
      rules: catalogue,
      settings: { modes: { enforce: 'restricted' } },
    });
    expect(brief(review(request({ before: deny }), context))).toEqual([
      'admitted',
      'analysed',
      ['frees 3 workloads (7 pods) for ingress', ref],
    ]);
  });

  test('case 43: the catalogue rejects a fault when it comes and is silent about it afterwards', () => {
    const faulty = (selector: string) =>
      policy('shop/p', `{podSelector: ${selector}, policyTypes: [Ingress], egress: [{}]}`);
    const context = (present: readonly Json[]) =>
      contextOf(shop({}, present), { rules: catalogue, settings: enforce });
    const wide = faulty('{}');
    expect(review(request({ after: wide }), context([])).message).toBe(
      `isolates 3 workloads (7 pods) for ingress, 3 keep no source\n[rules-without-policy-type] 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it\n${ref}`,
    );
    const narrow = faulty('{matchLabels: {app: web}}');
    expect(brief(review(request({ before: wide, after: narrow }), context([wide])))).toEqual([
      'admitted',
      'analysed',
      ['frees 2 workloads (4 pods) for ingress', ref],
    ]);
  });

  test('case 40: an item of a collection has its name in the old object only', () => {
    const { findings, record } = changed(deny, null, { name: '' });
    expect([findings.map(({ object }) => object.name), record.outcome]).toEqual([['p'], 'analysed']);
  });

  test.each<[string, Json]>([
    ['nothing', deny],
    ['labels', policy('shop/p', denyIngress, {}, { labels: { a: 'b' } })],
    ['foreign annotations', policy('shop/p', denyIngress, { 'example.org/note': 'x' })],
    [
      'managed fields',
      policy('shop/p', denyIngress, {}, { managedFields: [{ manager: 'kubectl' }], generation: 7 }),
    ],
  ])('case 42: an update of %s is silent', (_title, after) => {
    expect(brief(changed(deny, after))).toEqual(['admitted', 'unchanged', []]);
  });

  test('case 43: an update that mends a part is never rejected for the rest, and silent about it', () => {
    const better = policy('shop/p', '{podSelector: {matchLabels: {app: db}}}');
    const { decision, warnings } = changed(deny, better);
    expect([decision, warnings]).toEqual(['admitted', ['frees 2 workloads (5 pods) for ingress', ref]]);
  });

  test('case 44: a finalizer goes, whatever the policy is', () => {
    const leaving = { deletionTimestamp: '2026-06-15T00:00:00Z' };
    const before = policy('shop/p', denyIngress, {}, { ...leaving, finalizers: ['x/y'] });
    const after = policy('shop/p', denyIngress, {}, { ...leaving, finalizers: [] });
    expect(brief(changed(before, after))).toEqual(['admitted', 'unchanged', []]);
  });

  test('case 44: a spec that changes on the way out is judged', () => {
    const leaving = { deletionTimestamp: '2026-06-15T00:00:00Z' };
    const before = policy('shop/p', '{podSelector: {matchLabels: {app: db}}}', {}, leaving);
    expect(changed(before, policy('shop/p', denyIngress, {}, leaving)).decision).toBe('rejected');
  });

  test('case 45: a dry run decides alike and is not counted', () => {
    const [real, dry] = [changed(null, deny), changed(null, deny, { dryRun: true })];
    expect([dry.decision, dry.message, dry.warnings]).toEqual([real.decision, real.message, real.warnings]);
    expect([real.record.wouldReject.length > 0, dry.record.wouldReject]).toEqual([true, []]);
  });

  test.each(['status', 'scale'])('case 46: the subresource %s is left alone', (subResource) => {
    expect(brief(changed(null, deny, { subResource }))).toEqual(['admitted', 'subresource', []]);
  });

  test('case 48: an object that was sent in an older version is judged in the registered one', () => {
    // The API server converts object and resource; only the object that it made counts, and the text says so.
    const sentAs = 'extensions/v1beta1 NetworkPolicy';
    const { record, message, warnings } = changed(null, deny, { sentAs });
    expect(record.outcome).toBe('analysed');
    const lines = [...(message?.split('\n') ?? []), ...warnings];
    expect(lines.filter((line) => line.includes('extensions'))).toEqual([
      '[converted] sent as extensions/v1beta1 NetworkPolicy, judged as networking.k8s.io/v1',
    ]);
    expect(changed(null, deny, {}).message ?? '').not.toContain('[converted]');
  });

  test('case 49: nothing is rejected in a namespace that was not seen yet', () => {
    const { decision, warnings } = review(
      request({ after: deny }),
      contextOf(worldWith([namespace('data')]), {
        rules: [bad, policyRule(), headlineRule()],
        settings: enforce,
      }),
    );
    expect(decision).toBe('admitted');
    expect(warnings).toContain('[not-analysed] namespace shop was not seen yet; its pods are unknown');
  });

  test('case 50: a creation in a terminating namespace is left to the API server', () => {
    const world = worldWith([namespace('shop', {}, { deletionTimestamp: '2026-06-15T00:00:00Z' })]);
    const answer = review(request({ after: deny }), contextOf(world, { rules: [bad], settings: enforce }));
    expect(brief(answer)).toEqual(['admitted', 'terminating', []]);
  });

  describe('case 51: a namespace whose labels change', () => {
    const peer = '{namespaceSelector: {matchLabels: {side: back}}}';
    const allow = policy(
      'shop/p',
      `{podSelector: {matchLabels: {app: db}}, ingress: [{from: [${peer}], ports: [{port: 5432}]}]}`,
    );
    const asking = (side: string, then: string, stepsMax = 2_000_000, more: ContextMore = {}): Review =>
      review(
        request(
          { before: namespace('audit', { side }), after: namespace('audit', { side: then }) },
          { group: '', resource: 'namespaces', kind: 'Namespace', namespace: 'audit', name: 'audit' },
        ),
        contextOf(shop({}, [allow, namespace('audit', { side }), ...running('audit/inspector', 2)]), {
          rules: [{ ...headlineRule(always('error')), cure: 'none' }],
          settings: { modes: { enforce: 'restricted' }, detail: 'counts' },
          limits: { stepsMax },
          ...more,
        }),
      );

    test('case 51: is warned of what that blocks and never rejected', () => {
      expect(brief(asking('back', 'front'))).toEqual([
        'admitted',
        'analysed',
        ['blocks 1 connection (audit/inspector -> another namespace:5432/TCP)', ref],
      ]);
    });

    test('case 51: every rule of the catalogue warns at most', () => {
      const context = {
        rules: catalogue,
        settings: { modes: { enforce: 'restricted', warn: 'restricted' }, rules: {}, detail: 'names' },
      } as const;
      const { decision, warnings, record } = asking('back', 'front', 2_000_000, context);
      expect([decision, record.wouldReject, warnings]).toEqual([
        'admitted',
        [],
        ['blocks 1 connection (audit/inspector -> shop/db:5432/TCP)', ref],
      ]);
    });

    test('case 51: says how much of it was looked at', () => {
      expect(asking('back', 'front', 0).record.partial).toMatch(/^looked at 0 of \d+ changed groups/);
    });

    test('case 51: is silent where no label changes', () => {
      expect(brief(asking('back', 'back'))).toEqual(['admitted', 'unchanged', []]);
    });
  });

  describe('case 52: a default-deny and its allow, applied in one go', () => {
    const names = ['web', 'api', 'cart', 'stock', 'mail', 'pay', 'ship'];
    const world = (more: readonly Json[]) =>
      worldWith([
        namespace('shop'),
        namespace('kube-system'),
        ...names.flatMap((name) => running(`shop/${name}`, 2, { ports: ['8080'] })),
        ...running('kube-system/coredns', 2, { labels: { 'k8s-app': 'kube-dns' }, ports: ['53/UDP', '53'] }),
        service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP', '53->53/TCP']),
        ...more,
      ]);
    const denyAll = policy('shop/deny', denyEgress);
    const allowDns = policy(
      'shop/allow-dns',
      '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}]}',
    );
    const ask = (after: Json, present: readonly Json[]): Review =>
      review(request({ after }), contextOf(world(present), { rules: catalogue, settings: enforce }));

    test('case 52: the deny says what it takes, until another policy allows it', () => {
      expect(brief(ask(denyAll, []))).toEqual([
        'admitted',
        'analysed',
        [
          'blocks 7 connections (shop/api -> kube-system/coredns:53/TCP,53/UDP, +6); isolates 7 workloads (14 pods) for egress, 7 keep no destination',
          '[egress-blocks-dns] 14 pods lose DNS until another policy allows UDP+TCP 53 to kube-system/kube-dns',
          ref,
        ],
      ]);
    });

    test('case 52: the allow says nothing once the deny is known', () => {
      expect(ask(allowDns, [denyAll]).warnings).toEqual([]);
    });

    test('case 52: the allow alone is told as what it is: isolation', () => {
      expect(ask(allowDns, []).warnings).toEqual(['isolates 7 workloads (14 pods) for egress', ref]);
    });
  });
});

describe('waivers and words', () => {
  const until = 'why; until=2026-07-01';

  test('case 54: a waiver without leave is ignored and told', () => {
    const after = policy('shop/p', '{podSelector: {matchLabels: {app: db}}}', {
      'netsluice.dev/waive.test-rule': until,
    });
    const { decision, message } = asked(after, { rules: [policyRule()] });
    expect([decision, message]).toEqual([
      'rejected',
      `${line}\n[waiver] exemption not permitted here: test-rule; ask for it in the settings\n${ref}`,
    ]);
  });

  test.each([
    [
      'two that disagree: the strictest wins',
      until,
      '2026-01-01',
      'rejected',
      'test-rule valid (object): why\ntest-rule expired (settings): agreed',
    ],
    [
      'a malformed one counts as none',
      'why',
      '2026-07-01',
      'admitted',
      'test-rule malformed (object): \ntest-rule valid (settings): agreed',
    ],
    [
      'an expired one',
      'why; until=2026-01-01',
      '2026-07-01',
      'rejected',
      'test-rule expired (object): why\ntest-rule valid (settings): agreed',
    ],
  ])('case 55: %s, and both are logged', (_title, annotation, day, decision, logged) => {
    const settings = {
      ...enforce,
      waiversAllowed: [{ rules: ['*'], namespaces: ['*'] }],
      waivers: [{ rule: 'test-rule', namespace: 'shop', name: 'p', reason: 'agreed', until: day }],
    };
    const after = policy('shop/p', denyIngress, { 'netsluice.dev/waive.test-rule': annotation });
    const answer = asked(after, { settings, rules: [policyRule()] });
    expect([answer.decision, answer.annotations.get('waivers')]).toEqual([decision, logged]);
  });

  test('case 56: 200 findings of hostile text arrive in six lines, the last of which counts the rest', () => {
    const text = (i: number) => `${i} a\nb\tc\u001b[31m 😀 \u202e${'x'.repeat(5_000)}`;
    const finds = () => Array.from({ length: 200 }, (_, i) => ({ key: `${i}`, happens: [text(i)] }));
    const { warnings } = asked(policy('shop/p', denyIngress), {
      rules: [policyRule({ cure: 'policy', finds })],
    });
    expect(warningsThatArrive(warnings)).toEqual(warnings);
    expect([warnings.length <= 6, warnings.at(-1)]).toEqual([true, `+${201 - warnings.length} more; ${ref}`]);
    expect([...warnings.join('')].length).toBeLessThanOrEqual(1200);
  });

  test('case 57: audit annotations have constant keys and at most 10 KiB each', () => {
    const known = new Set([
      'decision',
      'outcome',
      'ref',
      'rules',
      'impact',
      'findings',
      'finding-ids',
      'waived',
      'waivers',
      'partial',
      'break-glass',
      'error',
      'cache-age-seconds',
      'exempt',
    ]);
    const finds = () =>
      Array.from({ length: 500 }, (_, i) => ({ key: `${i}`, happens: [`${i} ${'😀'.repeat(100)}`] }));
    const settings = { waiversAllowed: [{ rules: ['*'], namespaces: ['*'] }], modes: { mayLower: ['shop'] } };
    const after = policy('shop/p', denyIngress, {
      'netsluice.dev/waive.test-rule': `${'é'.repeat(100_000)}; until=2026-01-01`,
      'netsluice.dev/waive.__proto__': 'x; until=2026-07-01',
    });
    const { annotations } = asked(after, { settings, rules: [policyRule({ finds }), headlineRule()] });
    expect([...annotations.keys()].filter((key) => !known.has(key))).toEqual([]);
    const sizes = [...annotations.values()].map((value) => Buffer.byteLength(value));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_240);
    expect(Math.max(...sizes)).toBeGreaterThan(10_236);
    expect(
      [...annotations.values()].every((value) => value.isWellFormed() && !value.includes('\ufffd')),
    ).toBe(true);
  });

  test('case 59: what another webhook decides changes nothing of ours', () => {
    const { decision, record } = asked(policy('shop/p', denyIngress), { rules: [policyRule()] });
    expect([decision, record.wouldReject]).toEqual([
      'rejected',
      [
        { rule: 'test-rule', level: 'baseline' },
        { rule: 'test-rule', level: 'restricted' },
      ],
    ]);
  });

  test('case 60: long and confusable names are cut in the words and whole in the findings', () => {
    const name = `${'ра'.repeat(126)}x`;
    const happens = [
      {
        kind: 'workloads',
        of: 3,
        examples: [
          { namespace: 'shop', name },
          { namespace: 'shop', name },
        ],
      },
    ] as const;
    const rule = policyRule({ cure: 'policy', finds: () => [{ happens, affected: [`shop/${name}`] }] });
    const { warnings, findings } = asked(policy('shop/p', denyIngress), { rules: [rule] });
    const short = `shop/${[...name].slice(0, 39).join('')}…`;
    expect(warnings[0]).toBe(`[test-rule] ${short}, ${short}, +1; mend it`);
    expect(findings[0]?.affected).toEqual([`shop/${name}`]);
  });

  test('case 61: of namespaces that the user may not see only the number is told', () => {
    const back = '{namespaceSelector: {matchLabels: {side: back}}}';
    const objects = [
      namespace('audit', { side: 'back' }),
      namespace('vault', { side: 'back' }),
      ...running('audit/inspector', 1),
      ...running('vault/keeper', 1),
    ];
    const db = (from: string) =>
      policy(
        'shop/p',
        `{podSelector: {matchLabels: {app: db}}, ingress: [{from: [${from}], ports: [{port: 5432}]}]}`,
      );
    const before = db(back);
    const { warnings } = review(
      request({ before, after: db('{podSelector: {matchLabels: {app: nobody}}}') }),
      contextOf(worldWith([...shopObjects(), ...objects, before]), { rules: [headlineRule()] }),
    );
    expect(warnings).toEqual(['blocks 2 connections (another namespace -> shop/db:5432/TCP, +1)', ref]);
  });
});

type Path = readonly (string | number)[];

/** Every place of a value, the value itself included. */
function pathsOf(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item).map((path): Path => [Array.isArray(value) ? Number(key) : key, ...path]),
  );
  return [[], ...inner];
}

function withValue(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((item, i) => (i === key ? withValue(item, rest, replacement) : item));
  return Object.fromEntries(
    Object.entries(value as Json).map(([name, item]) => [
      name,
      name === key ? withValue(item, rest, replacement) : item,
    ]),
  );
}
