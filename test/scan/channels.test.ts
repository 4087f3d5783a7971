import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { review } from '../../src/review/review.ts';
import { settingsSchema } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import { guardNote } from '../../src/scan/guard.ts';
import { runScan } from '../../src/scan/scan-loop.ts';
import { makeScanMetrics } from '../../src/webhook/scan-metrics.ts';
import { SteppedClock } from '../cluster/stepped-clock.ts';
import { denyEgress, denyIngress, shop } from '../review/shop.ts';
import { contextOf, type Json, namespace, policy, request, running, service } from '../support/build.ts';
import { Stage } from './stage.ts';

const deny = policy('shop/deny', denyEgress);

const own: readonly Json[] = [
  namespace('netsluice'),
  ...running('netsluice/netsluice', 2, { ports: ['9443'] }),
  service('netsluice/netsluice', { app: 'netsluice' }, ['443->9443/TCP']),
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'netsluice' },
    webhooks: [
      {
        name: 'policies.netsluice.dev',
        failurePolicy: 'Ignore',
        clientConfig: { service: { namespace: 'netsluice', name: 'netsluice', port: 443 } },
      },
    ],
  },
  policy('netsluice/deny', denyIngress),
];

test('one finding has one id: in the audit annotation, the Event and the report', () => {
  const answer = review(request({ after: deny }, { name: 'deny' }), contextOf(shop(), { rules }));
  const stage = new Stage(shop());
  stage.pass(0);
  stage.put(deny);
  stage.pass(31);
  const [found] = [...stage.scan.findings.speaking(stage.now)];
  const id = found?.id ?? 'none';
  expect((answer.annotations.get('finding-ids') ?? '').split(',')).toContain(id);
  expect(stage.events.filter((event) => event.id === id).map(({ reason }) => reason)).toEqual([
    'PolicyFinding',
  ]);
  expect(stage.reports.get('shop/deny')?.results).toEqual([
    expect.objectContaining({ properties: expect.objectContaining({ id }) }),
  ]);
});

test('names of other namespaces are not told in Events', () => {
  const spec =
    '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: store}}}]}]}';
  const stage = new Stage(shop(), { settings: { detail: 'own' } });
  stage.pass(0);
  stage.put(policy('shop/db', spec));
  stage.pass(16 * 60);
  const [told = ''] = stage.told().filter((text) => text.includes('peer-pods-live-in-another-namespace'));
  expect(told).toContain('add a namespaceSelector for another namespace');
  expect(told).not.toContain('data');
});

describe('case 87: the own webhook behind a policy', () => {
  test.each([
    ['netsluice', 'the policy netsluice/deny keeps the API server from calling netsluice'],
    [null, 'the policy netsluice/deny keeps the API server from calling netsluice'],
    ['other', null],
  ])('the readiness note where the Service is %p', (name, note) => {
    const stage = new Stage(shop({}, own));
    stage.pass(0);
    const speaking = stage.scan.findings.speaking(stage.now);
    expect(guardNote(speaking, { namespace: 'netsluice', service: name })).toBe(note);
  });

  test('and nothing where it can be called', () => {
    const stage = new Stage(shop({}, own.slice(0, -1)));
    stage.pass(0);
    const speaking = stage.scan.findings.speaking(stage.now);
    expect(guardNote(speaking, { namespace: 'netsluice', service: 'netsluice' })).toBeNull();
  });
});

const webToDb = {
  name: 'web-db',
  require: {
    from: { namespace: 'shop', podSelector: { matchLabels: { app: 'web' } } },
    to: { namespace: 'shop', podSelector: { matchLabels: { app: 'db' } } },
    ports: ['5432/TCP'],
  },
  level: 'error',
};

describe('contracts', () => {
  function staged(): Stage {
    const stage = new Stage(shop());
    stage.settings = settingsSchema.parse({ contracts: [webToDb] });
    stage.pass(11);
    return stage;
  }

  function states(stage: Stage): string[] {
    return stage.scan.contracts.states().map(({ contract, state }) => `${contract.name} ${state}`);
  }

  test('are judged again after events', () => {
    const stage = staged();
    expect(states(stage)).toEqual(['web-db holds']);
    stage.put(policy('shop/deny', denyIngress));
    stage.pass(10);
    expect(states(stage)).toEqual(['web-db broken']);
    stage.remove(policy('shop/deny', denyIngress));
    stage.pass(10);
    expect(states(stage)).toEqual(['web-db holds']);
  });

  test('are told as broken after half a minute, once, in the own namespace', () => {
    const stage = staged();
    stage.put(policy('shop/deny', denyIngress));
    stage.pass(35);
    const broken = (): string[] => stage.told().filter((text) => text.startsWith('ContractBroken'));
    expect(broken()).toEqual([]);
    stage.pass(6);
    expect(broken()).toEqual([
      expect.stringMatching(
        /^ContractBroken netsluice: contract web-db is broken: shop\/web-0 cannot reach shop\/db-0 on 5432\/TCP .*; finding [0-9a-f]{12}$/,
      ),
    ]);
    stage.put(policy('shop/other', denyIngress));
    stage.pass(60);
    expect(broken()).toEqual([]);
  });

  test('are not told where a change in two steps breaks them for a moment', () => {
    const stage = staged();
    stage.put(policy('shop/deny', denyIngress));
    stage.pass(15);
    stage.put(
      policy(
        'shop/allow',
        '{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}',
      ),
    );
    stage.pass(120);
    expect(stage.told().filter((text) => text.startsWith('ContractBroken'))).toEqual([]);
  });

  test('that left the settings are forgotten', () => {
    const stage = staged();
    stage.settings = settingsSchema.parse({});
    stage.pass(11);
    expect(states(stage)).toEqual([]);
  });
});

describe('the loop', () => {
  test('case 89: each new leader tells the errors that stand, once', async () => {
    const stage = new Stage(shop({}, own));
    stage.leads = false;
    const clock = new SteppedClock();
    const ending = new AbortController();
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
    };
    const log = { info: () => undefined, warn: () => undefined };
    const loop = runScan({ scan: stage.scan, leading: () => stage.leads, tick, clock, log }, ending.signal);
    await clock.pass(1000);
    expect(stage.told()).toEqual([]);
    for (let i = 0; i < 2; i += 1) {
      stage.leads = true;
      await clock.pass(2000);
      expect(stage.told().map((text) => text.split(':')[0])).toEqual(['ApiServerCutOff netsluice']);
      stage.leads = false;
      await clock.pass(1000);
    }
    ending.abort();
    await loop;
    expect(ticks).toBe(8);
  });

  test('goes on after a turn that failed, and says so once', async () => {
    const stage = new Stage(shop());
    const clock = new SteppedClock();
    const ending = new AbortController();
    const warned: string[] = [];
    const log = { info: () => undefined, warn: (message: string) => warned.push(message) };
    const turn = stage.scan.turn.bind(stage.scan);
    let failures = 2;
    stage.scan.turn = () => {
      if (failures > 0) {
        failures -= 1;
        throw new TypeError('no');
      }
      return turn();
    };
    const loop = runScan(
      { scan: stage.scan, leading: () => true, tick: () => undefined, clock, log },
      ending.signal,
    );
    await clock.pass(5000);
    ending.abort();
    await loop;
    expect([stage.scan.isComplete, warned.length]).toEqual([true, 1]);
  });
});

test('metrics tell what stands when somebody scrapes', async () => {
  const registry = new Registry();
  const metrics = makeScanMetrics(registry);
  const state = { findings: [{ rule: 'a', severity: 'error' }], lastLook: null as number | null };
  metrics.watch({
    findings: () => state.findings,
    cutOff: () => ({ own: 1, others: 2 }),
    contracts: () => [
      { name: 'x', state: 'broken' },
      { name: 'y', state: 'unknown' },
    ],
    lastLook: () => state.lastLook,
    waiting: () => 3,
  });
  metrics.event('written');
  metrics.report('removed');
  const lines = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(await lines()).toEqual([
    'netsluice_events_total{result="written"} 1',
    'netsluice_reports_total{result="removed"} 1',
    'netsluice_findings{rule="a",severity="error"} 1',
    'netsluice_callbacks_cut_off{own="true"} 1',
    'netsluice_callbacks_cut_off{own="false"} 2',
    'netsluice_contract_broken{contract="x"} 1',
    'netsluice_contract_broken{contract="y"} 0',
    'netsluice_scan_waiting_namespaces 3',
  ]);
  state.findings = [];
  state.lastLook = 12;
  expect((await lines()).filter((line) => /findings|last/.test(line))).toEqual([
    'netsluice_scan_last_timestamp_seconds 12',
  ]);
});
