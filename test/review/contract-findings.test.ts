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
});
