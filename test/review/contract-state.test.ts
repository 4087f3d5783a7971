import { describe, expect, test } from '@jest/globals';
import type { Budget } from '../../src/impact/budget.ts';
import { contractsOf } from '../../src/review/contract.ts';
import { type ContractState, judgeContracts } from '../../src/review/contract-state.ts';
import type { Witness, WitnessEnd } from '../../src/review/contract-witness.ts';
import { decodeSettings, type Settings } from '../../src/review/settings.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { namespace, policy, running, worldWith } from '../support/build.ts';

function contractTexts(yaml: string): Settings['contracts'] {
  const read = decodeSettings(`contracts:\n${yaml}`, []);
  if ('problem' in read) throw new Error(read.problem);
  return read.settings.contracts;
}

/** Contracts written as in the settings file, judged one by one. */
function judged(world: ClusterWorld, yaml: string, budget?: Budget): readonly ContractState[] {
  return judgeContracts(world, contractsOf(contractTexts(yaml)), budget);
}

/** `db broken 1/0: shop/web-0 -> shop/db-0 5432/TCP; egress open; ingress allows shop/p[0]`. */
function lines(world: ClusterWorld, yaml: string, budget?: Budget): string[] {
  return judged(world, yaml, budget).map(({ contract, state, broken, unknown, witness, reasons }) => {
    const counts = broken + unknown === 0 ? '' : ` ${broken}/${unknown}`;
    const flow = witness === null ? '' : `: ${flowText(witness)}`;
    return `${contract.name} ${state}${counts}${flow}${reasons.length === 0 ? '' : ` (${reasons.join()})`}`;
  });
}

function flowText({ source, destination, protocol, port, because }: Witness): string {
  const causes = because.map(({ direction, effect, policy: by, clause }) =>
    [direction, effect, ...(by === null ? [] : [`${by}${clause === null ? '' : `[${clause}]`}`])].join(' '),
  );
  return [`${endText(source)} -> ${endText(destination)} ${port}/${protocol}`, ...causes].join('; ');
}

function endText(end: WitnessEnd): string {
  return end.kind === 'pod' ? end.pod : end.kind;
}

const shop = [
  namespace('shop', { env: 'prod' }),
  namespace('lab', { env: 'test' }),
  ...running('shop/web', 2, { labels: { app: 'web' }, ports: ['8080 http'] }),
  ...running('shop/db', 1, { labels: { app: 'db' }, ports: ['5432 pg'] }),
  ...running('lab/probe', 1, { labels: { app: 'probe' } }),
];
const dbFromWeb = policy(
  'shop/db',
  '{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: pg}]}]}',
);
const denyEgress = policy('shop/quiet', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}');

const labToDb = `
- name: lab-to-db
  forbid: { from: { namespace: lab }, to: { namespace: shop, podSelector: { matchLabels: { app: db } } }, ports: [5432/TCP] }
`;
const webToDb = `
- name: web-to-db
  require:
    from: { namespace: shop, podSelector: { matchLabels: { app: web } } }
    to: { namespaceSelector: { matchLabels: { env: prod } }, podSelector: { matchLabels: { app: db } } }
    ports: [5432/TCP]
`;

describe('forbid', () => {
  test('is broken by open pods, and holds behind a policy', () => {
    expect(lines(worldWith(shop), labToDb)).toEqual([
      'lab-to-db broken 1/0: lab/probe-0 -> shop/db-0 5432/TCP; egress open; ingress open',
    ]);
    expect(lines(worldWith([...shop, dbFromWeb]), labToDb)).toEqual(['lab-to-db holds']);
  });
});

describe('require', () => {
  test('holds while nothing stands in the way, and names the policy that does', () => {
    expect(lines(worldWith([...shop, dbFromWeb]), webToDb)).toEqual(['web-to-db holds']);
    expect(lines(worldWith([...shop, dbFromWeb, denyEgress]), webToDb)).toEqual([
      'web-to-db broken 1/0: shop/web-0 -> shop/db-0 5432/TCP; egress isolates shop/quiet',
    ]);
  });
});
