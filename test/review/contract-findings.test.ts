import { describe, expect, test } from '@jest/globals';
import type { Review, ReviewRequest } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { decodeSettings, type Settings } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import {
  contextOf,
  foreign,
  type Json,
  namespace,
  policy,
  request,
  running,
  service,
  workload,
  worldWith,
} from '../support/build.ts';

const shop = [
  namespace('shop', { env: 'prod' }),
  namespace('lab', { env: 'test' }),
  ...running('shop/web', 2, { labels: { app: 'web' }, ports: ['8080 http'] }),
  ...running('shop/db', 1, { labels: { app: 'db' }, ports: ['5432 pg'] }),
  ...running('lab/probe', 1, { labels: { app: 'probe' } }),
];
const dbPods = '{podSelector: {matchLabels: {app: db}}';
const denyDb = policy('shop/deny', `${dbPods}}`);
const fromWeb = policy(
  'shop/p',
  `${dbPods}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}`,
);
const fromAll = policy(
  'shop/p',
  `${dbPods}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 5432}]}]}`,
);

const forbidLab = `
- name: lab-to-db
  forbid: { from: { namespace: lab }, to: { namespace: shop, podSelector: { matchLabels: { app: db } } }, ports: [5432/TCP] }
`;
const requireWeb = `
- name: web-to-db
  reason: the shop sells nothing without it
  require:
    from: { namespace: shop, podSelector: { matchLabels: { app: web } } }
    to: { namespace: shop, podSelector: { matchLabels: { app: db } } }
    ports: [5432/TCP]
`;

function settingsFrom(contracts: string, enforce = 'off'): Settings {
  const ruleIds = rules.map(({ id }) => id);
  const read = decodeSettings(
    `modes: {enforce: ${enforce}}\ndetail: names\ncontracts:\n${contracts}`,
    ruleIds,
  );
  if ('problem' in read) throw new Error(read.problem);
  return read.settings;
}

interface Asked {
  readonly contracts: string;
  readonly enforce?: string;
  readonly before?: Json;
  readonly after?: Json;
  readonly more?: Partial<ReviewRequest>;
  readonly stepsMax?: number;
}

/** Reviewed without any rule, so that contracts alone speak. */
function reviewed(world: ClusterWorld, asked: Asked): Review {
  const { contracts, enforce, before, after, more, stepsMax = 2_000_000 } = asked;
  const context = contextOf(world, { limits: { stepsMax } });
  const objects = { before: before ?? null, after: after ?? null };
  return review(request(objects, more), { ...context, settings: settingsFrom(contracts, enforce) });
}

const ref = 'ref 3f9c1a2b';
const breaksForbid = '[contract-broken] breaks contract lab-to-db: lab/probe can reach shop/db on 5432/TCP';
const breaksRequire =
  '[contract-broken] breaks contract web-to-db: shop/web can no longer reach shop/db on 5432/TCP; the shop sells nothing without it';

describe('a change is judged on what it newly breaks', () => {
  const guarded = worldWith([...shop, denyDb]);

  test('a clause that opens what is forbidden warns, and rejects where enforce is on', () => {
    const asked = { contracts: forbidLab, after: fromAll };
    const warned = reviewed(guarded, asked);
    expect([warned.decision, warned.warnings]).toEqual(['admitted', [breaksForbid, ref]]);
    expect(warned.record.wouldReject).toEqual([
      { rule: 'contract-broken', level: 'baseline' },
      { rule: 'contract-broken', level: 'restricted' },
    ]);
    const rejected = reviewed(guarded, { ...asked, enforce: 'baseline' });
    expect([rejected.decision, rejected.message]).toEqual(['rejected', `${breaksForbid}\n${ref}`]);
  });

  test('what it finds names the policy, the contract and the pods whose policies it changes', () => {
    const [finding] = reviewed(guarded, { contracts: forbidLab, after: fromAll }).findings;
    expect(finding).toMatchObject({
      rule: 'contract-broken',
      number: 'C01',
      object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'p' },
      key: 'lab-to-db',
      severity: { baseline: 'error', restricted: 'error' },
      confidence: 'certain',
      cure: 'none',
      at: 'spec',
      affected: ['shop/db-0'],
      invented: false,
    });
  });

  test('a contract that was broken before is not broken anew', () => {
    const open = worldWith(shop);
    expect(reviewed(open, { contracts: forbidLab, after: fromAll }).warnings).toEqual([]);
    expect(reviewed(guarded, { contracts: forbidLab, after: fromWeb }).warnings).toEqual([]);
  });

  test('a level of warning never rejects', () => {
    const contracts = forbidLab.replace('- name: lab-to-db', '- name: lab-to-db\n  level: warning');
    const answer = reviewed(guarded, { contracts, after: fromAll, enforce: 'restricted' });
    expect([answer.decision, answer.warnings]).toEqual(['admitted', [breaksForbid, ref]]);
    expect(answer.record.wouldReject).toEqual([]);
  });

  test('a policy that takes away what is required says why the contract is there', () => {
    const answer = reviewed(worldWith(shop), { contracts: requireWeb, after: denyDb, enforce: 'baseline' });
    expect([answer.decision, answer.message]).toEqual(['rejected', `${breaksRequire}\n${ref}`]);
  });

  test('an update is judged on what its old object kept', () => {
    const world = worldWith([...shop, fromWeb]);
    const narrowed = policy(
      'shop/p',
      `${dbPods}, ingress: [{from: [{podSelector: {matchLabels: {app: none}}}]}]}`,
    );
    expect(reviewed(world, { contracts: requireWeb, before: fromWeb, after: narrowed }).warnings).toEqual([
      breaksRequire,
      ref,
    ]);
    expect(reviewed(world, { contracts: requireWeb, before: narrowed, after: denyDb }).warnings).toEqual([]);
  });

  test('several connections are counted, and the first by name is told', () => {
    const world = worldWith([...shop, denyDb, ...running('lab/again', 1, { labels: { app: 'again' } })]);
    expect(reviewed(world, { contracts: forbidLab, after: fromAll }).warnings).toEqual([
      '[contract-broken] breaks contract lab-to-db: lab/again can reach shop/db on 5432/TCP, +1',
      ref,
    ]);
  });

  test('only an invented pod breaks it: at most a warning', () => {
    const world = worldWith([namespace('shop'), namespace('lab'), denyDb]);
    const answer = reviewed(world, { contracts: forbidLab, after: fromAll, enforce: 'baseline' });
    expect([answer.decision, answer.warnings]).toEqual([
      'admitted',
      [
        '[contract-broken] breaks contract lab-to-db: any pod in lab can reach any pod with app=db in shop on 5432/TCP',
        ref,
      ],
    ]);
  });

  test('what is not known only warns', () => {
    const fromLan = policy('shop/p', `${dbPods}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}`);
    const answer = reviewed(guarded, { contracts: forbidLab, after: fromLan, enforce: 'baseline' });
    expect([answer.decision, answer.warnings]).toEqual([
      'admitted',
      ['[contract-broken] may break contract lab-to-db: lab/probe may reach shop/db on 5432/TCP', ref],
    ]);
  });

  test('what a policy API that is not analysed governs was in doubt before, and is not told', () => {
    const calico = foreign('crd.projectcalico.org/v1', 'NetworkPolicy', 'shop/strict');
    const world = worldWith([...shop, denyDb, calico]);
    expect(reviewed(world, { contracts: forbidLab, after: fromAll }).findings).toEqual([]);
  });

  test('an egress policy of the source is looked at as well', () => {
    const deny = policy('lab/quiet', '{podSelector: {}, policyTypes: [Egress]}');
    const open = policy('lab/p', '{podSelector: {}, policyTypes: [Egress], egress: [{}]}');
    const world = worldWith([...shop, deny]);
    expect(
      reviewed(world, { contracts: forbidLab, after: open, more: { namespace: 'lab' } }).warnings,
    ).toEqual([breaksForbid, ref]);
  });

  test('the internet and DNS are ends like others', () => {
    const contracts = `
- name: closed
  forbid: { from: internet, to: { namespace: shop } }
- name: names
  require: { from: { namespace: shop, podSelector: { matchLabels: { app: web } } }, to: dns }
`;
    const dns = [
      namespace('kube-system'),
      service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP']),
      ...running('kube-system/coredns', 2, { labels: { 'k8s-app': 'kube-dns' } }),
    ];
    const denyAll = policy('shop/deny', '{podSelector: {}}');
    const world = worldWith([...shop, ...dns, denyAll]);
    const both = policy(
      'shop/p',
      '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ports: [{port: 8080}]}]}',
    );
    expect(reviewed(world, { contracts, after: both }).warnings).toEqual([
      '[contract-broken] breaks contract closed: the internet can reach shop/db on 8080/TCP, +1',
      '[contract-broken] breaks contract names: shop/web can no longer reach DNS on 53/UDP',
      ref,
    ]);
    const cut = policy('kube-system/p', '{podSelector: {}}');
    expect(reviewed(world, { contracts, after: cut, more: { namespace: 'kube-system' } }).warnings).toEqual([
      '[contract-broken] breaks contract names: shop/web can no longer reach DNS on 53/UDP',
      ref,
    ]);
  });

  test('names of other namespaces are kept to those who may see them', () => {
    const settings = { ...settingsFrom(forbidLab), detail: 'own' as const };
    const answer = review(request({ after: fromAll }), { ...contextOf(guarded), settings });
    expect(answer.warnings).toEqual([
      '[contract-broken] breaks contract lab-to-db: a workload of another namespace can reach shop/db on 5432/TCP',
      ref,
    ]);
  });

  test('the settings turn it off, or make it reject, like any rule', () => {
    const off = { ...settingsFrom(forbidLab, 'baseline'), rules: { 'contract-broken': 'off' as const } };
    expect(review(request({ after: fromAll }), { ...contextOf(guarded), settings: off }).warnings).toEqual(
      [],
    );
  });

  test('a spent budget says that contracts were not judged', () => {
    const answer = reviewed(guarded, { contracts: forbidLab, after: fromAll, stepsMax: 1 });
    expect(answer.warnings.slice(1)).toEqual([ref]);
    expect(answer.warnings[0]).toMatch(/^\[partial\] /);
  });
});

describe('a connection that is required is critical', () => {
  const told = (contracts: string): readonly string[] => {
    const settings = settingsFrom(contracts);
    return review(request({ after: denyDb }), { ...contextOf(worldWith(shop), { rules }), settings })
      .warnings;
  };

  test('even where no clause ever admitted it', () => {
    expect(told(forbidLab)).toEqual(['isolates 1 workload (1 pod) for ingress, 1 keeps no source', ref]);
    expect(told(requireWeb)).toEqual([
      'blocks 1 connection (shop/web -> shop/db:5432/TCP); isolates 1 workload (1 pod) for ingress, 1 keeps no source',
      breaksRequire,
      ref,
    ]);
  });

  test('from outside too, and only on the ports that are', () => {
    const fromOutside = `
- name: open
  require: { from: internet, to: { namespace: shop, podSelector: { matchLabels: { app: db } } }, ports: [9187/TCP] }
`;
    expect(told(fromOutside)).toEqual([
      'blocks 1 connection (internet -> shop/db:9187/TCP) (undeclared ports only); isolates 1 workload (1 pod) for ingress, 1 keeps no source',
      '[contract-broken] breaks contract open: the internet can no longer reach shop/db on 9187/TCP',
      ref,
    ]);
  });
});

describe('deletions', () => {
  const world = worldWith([...shop, denyDb]);
  const asked = { contracts: forbidLab, before: denyDb, more: { name: 'deny' }, enforce: 'baseline' };

  test('are admitted with a warning', () => {
    const answer = reviewed(world, asked);
    expect([answer.decision, answer.warnings, answer.record.wouldReject]).toEqual([
      'admitted',
      [breaksForbid, ref],
      [],
    ]);
  });

  test('are refused where a contract asks for it and enforce is on', () => {
    const contracts = forbidLab.replace('- name: lab-to-db', '- name: lab-to-db\n  onDelete: reject');
    const refused = reviewed(world, { ...asked, contracts });
    expect([refused.decision, refused.message]).toEqual(['rejected', `${breaksForbid}\n${ref}`]);
    const off = reviewed(world, { ...asked, contracts, enforce: 'off' });
    expect([off.decision, off.warnings]).toEqual(['admitted', [breaksForbid, ref]]);
    expect(off.record.wouldReject).toEqual([
      { rule: 'contract-broken', level: 'baseline' },
      { rule: 'contract-broken', level: 'restricted' },
    ]);
  });

  test('of a namespace that goes away are never refused', () => {
    const contracts = forbidLab.replace('- name: lab-to-db', '- name: lab-to-db\n  onDelete: reject');
    const gone = namespace('shop', { env: 'prod' }, { deletionTimestamp: '2026-06-15T00:00:00Z' });
    const answer = reviewed(worldWith([...shop, gone, denyDb]), { ...asked, contracts });
    expect([answer.decision, answer.warnings]).toEqual(['admitted', []]);
  });
});

test('labels of a workload that carry it out of its guard warn and are never refused', () => {
  const before = workload('Deployment', 'shop/cache', 1, { labels: { app: 'db', guard: 'on' } });
  const after = workload('Deployment', 'shop/cache', 1, { labels: { app: 'db' } });
  const guard = policy('shop/guard', '{podSelector: {matchLabels: {guard: "on"}}}');
  const world = worldWith([namespace('shop'), namespace('lab'), ...shop.slice(-2), before, guard]);
  const more = { group: 'apps', resource: 'deployments', kind: 'Deployment', name: 'cache' };
  const answer = reviewed(world, { contracts: forbidLab, before, after, more, enforce: 'baseline' });
  expect([answer.decision, answer.warnings]).toEqual([
    'admitted',
    ['[contract-broken] breaks contract lab-to-db: lab/probe can reach shop/cache on 5432/TCP', ref],
  ]);
});
