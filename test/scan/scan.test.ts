import { describe, expect, test } from '@jest/globals';
import type { Rule } from '../../src/rules/rule.ts';
import { denyEgress, denyIngress, shop } from '../review/shop.ts';
import { type Json, namespace, pod, policy, running, service } from '../support/build.ts';
import { Stage } from './stage.ts';

const allowDns = '{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}';

function webhook(at: string, name = 'guard'): Json {
  const [namespace = '', service = ''] = at.split('/');
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        failurePolicy: 'Fail',
        clientConfig: { service: { namespace, name: service, port: 443 } },
      },
    ],
  };
}

function id(note: string): string {
  return / finding ([0-9a-f]{12})$/.exec(note)?.[1] ?? '';
}

describe('what stands', () => {
  test('is found when everything is looked at for the first time', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]));
    expect(stage.scan.isComplete).toBe(false);
    stage.pass(0);
    expect(stage.scan.isComplete).toBe(true);
    expect(stage.standing()).toEqual(['warning egress-blocks-dns shop/deny']);
  });

  test('is not looked at before everything is listed', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]));
    stage.isReady = false;
    stage.pass(10);
    expect([stage.standing(), stage.scan.isComplete]).toEqual([[], false]);
  });

  test('what was there before is told as it is, without an Event for what is no error', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]));
    stage.pass(60);
    expect(stage.told()).toEqual([]);
    expect([...stage.reports.keys()]).toEqual(['shop/deny']);
  });

  test('case 84: what was admitted while nobody looked is told: errors as Events, to every new leader', () => {
    const stage = new Stage(
      shop({}, [
        service('shop/hook', { app: 'web' }, ['443->8080/TCP']),
        webhook('shop/hook'),
        policy('shop/deny', denyIngress),
      ]),
    );
    stage.pass(0);
    stage.scan.tellAgain();
    expect(stage.told().map((text) => text.split(':')[0])).toEqual(['ApiServerCutOff shop']);
  });

  test('a policy is told once it has settled, under the id of its finding', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(29);
    expect([stage.standing(), stage.told()]).toEqual([['warning egress-blocks-dns shop/deny'], []]);
    stage.pass(1);
    const [settled = '', finding = '', ...more] = stage.told();
    expect(settled).toMatch(/^PoliciesSettled shop: blocks .*isolates 3 workloads \(7 pods\) for egress/);
    expect(finding).toMatch(
      /^PolicyFinding shop: \[egress-blocks-dns\] 7 pods lose DNS until another policy allows UDP\+TCP 53 to kube-system\/kube-dns; finding [0-9a-f]{12}$/,
    );
    expect(more).toEqual([]);
    const [found] = stage.scan.findings.speaking(stage.now);
    expect(id(finding)).toBe(found?.id);
    stage.pass(600);
    expect(stage.told()).toEqual([]);
  });

  test('a touched namespace is looked at again within 60 s, and what is cured is gone', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(31);
    expect(stage.reports.get('shop/deny')).not.toBeNull();
    stage.put(policy('shop/dns', allowDns));
    stage.pass(30);
    expect([stage.standing(), stage.reports.get('shop/deny')]).toEqual([[], null]);
  });

  test('a cure in a namespace that does not settle clears within 60 s too', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(31);
    stage.put(policy('shop/dns', allowDns));
    for (let i = 0; i < 4; i += 1) {
      stage.put(policy('shop/other', denyIngress, { 'netsluice.dev/note': `${i}` }));
      stage.pass(15);
    }
    expect([stage.standing(), stage.reports.get('shop/deny')]).toEqual([[], null]);
  });

  test('pods that go make a finding that nobody asked for', () => {
    const stage = new Stage(shop({}, [policy('shop/web', '{podSelector: {matchLabels: {app: web}}}')]));
    stage.pass(0);
    for (const object of running('shop/web', 3, { ports: ['8080'] })) stage.remove(object);
    stage.pass(21);
    expect(stage.standing()).toEqual([]);
    // "R07–R12 … the scan reports them once they are 15 minutes old".
    stage.pass(15 * 60 - 2);
    expect([stage.standing(), stage.told()]).toEqual([[], []]);
    stage.pass(2);
    expect(stage.standing()).toEqual(['warning policy-selects-no-pods shop/web']);
    expect(stage.told()).toEqual([
      expect.stringMatching(
        /^PolicyFinding shop: \[policy-selects-no-pods\] it selects no pods until such pods exist; finding/,
      ),
    ]);
  });

  test('labels of a namespace that policies of another one look at', () => {
    const spec =
      '{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {team: data}}}]}]}';
    const stage = new Stage(shop({}, [policy('shop/allow', spec)]));
    stage.pass(0);
    expect(stage.standing()).toEqual(['warning namespace-selector-matches-nothing shop/allow']);
    stage.put(namespace('data', { team: 'data' }));
    stage.pass(20);
    expect(stage.standing()).toEqual([]);
  });

  test('resolvers that go are everybody’s matter', () => {
    const spec =
      '{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}]}]}';
    const stage = new Stage(shop({}, [policy('shop/dns', spec)]));
    stage.pass(0);
    expect(stage.standing()).toEqual([]);
    stage.put(
      service('kube-system/kube-dns', { 'k8s-app': 'other-dns' }, ['53->53/UDP', '53->53/TCP']),
      ...running('kube-system/other', 1, { labels: { 'k8s-app': 'other-dns' }, ports: ['53/UDP'] }),
    );
    stage.pass(20);
    expect(stage.standing()).toEqual([
      'warning dns-allow-misses-resolver shop/dns',
      'warning egress-blocks-dns shop/dns',
    ]);
  });

  test('a webhook that is registered for pods behind a policy', () => {
    const stage = new Stage(
      shop({}, [policy('shop/deny', denyIngress), service('shop/hook', { app: 'web' }, ['443->8080/TCP'])]),
    );
    stage.pass(0);
    stage.put(webhook('shop/hook'));
    stage.pass(20);
    expect(stage.standing()).toEqual(['error control-plane-callback-blocked shop/deny']);
    stage.remove(webhook('shop/hook'));
    stage.pass(20);
    expect(stage.standing()).toEqual([]);
  });

  test('other settings are looked at again at once', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]));
    stage.pass(0);
    stage.settings = { ...stage.settings, rules: { 'egress-blocks-dns': 'reject' } };
    stage.pass(0);
    expect(stage.standing()).toEqual(['error egress-blocks-dns shop/deny']);
  });

  test('everything is looked at every six hours, and errors are told again', () => {
    const stage = new Stage(
      shop({}, [
        service('shop/hook', { app: 'web' }, ['443->8080/TCP']),
        webhook('shop/hook'),
        policy('shop/deny', denyIngress),
      ]),
    );
    stage.pass(0);
    const first = stage.scan.lastLook;
    stage.now += 6 * 60 * 60 * 1000 - 1000;
    stage.pass(0);
    expect([stage.scan.lastLook, stage.told()]).toEqual([first, []]);
    stage.pass(1);
    expect(stage.scan.lastLook).toBe(stage.now);
    expect(stage.told()).toHaveLength(1);
  });

  test('where audit is off, only that the API server is cut off', () => {
    const stage = new Stage(
      shop({}, [
        service('shop/hook', { app: 'web' }, ['443->8080/TCP']),
        webhook('shop/hook'),
        policy('shop/deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}'),
      ]),
      { settings: { modes: { audit: 'off' } } },
    );
    stage.pass(0);
    expect(stage.standing()).toEqual(['error control-plane-callback-blocked shop/deny']);
  });

  test('waived findings do not stand', () => {
    const waiver = {
      rule: 'egress-blocks-dns',
      namespace: 'shop',
      name: 'deny',
      reason: 'r',
      until: '2026-06-15',
    };
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]), { settings: { waivers: [waiver] } });
    stage.pass(0);
    expect(stage.standing()).toEqual([]);
    stage.today = '2026-06-16';
    stage.pass(0);
    expect(stage.standing()).toEqual(['warning egress-blocks-dns shop/deny']);
  });
});

describe('changes that settle', () => {
  test('case 52: a deny and an allow one after the other: the net is told once, and no loss of DNS', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(2);
    stage.put(policy('shop/allow', '{podSelector: {}, policyTypes: [Egress], egress: [{}]}'));
    stage.pass(120);
    // What the allow-all says of itself stands on its own.
    const ofTheAllow = /rule-open-to-any-peer|metadata-endpoint-reachable/;
    expect(stage.told().filter((text) => !ofTheAllow.test(text))).toEqual([
      expect.stringMatching(
        /^PoliciesSettled shop: isolates 3 workloads \(7 pods\) for egress; 2 policy changes: shop\/allow, shop\/deny; finding [0-9a-f]{12}$/,
      ),
    ]);
  });

  test('case 52: a deny that is taken back is nothing', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(25);
    stage.remove(policy('shop/deny', denyEgress));
    stage.pass(120);
    expect([stage.told(), [...stage.reports]]).toEqual([[], []]);
  });

  test('a policy that is renamed in git is nothing', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(60);
    stage.told();
    stage.remove(policy('shop/deny', denyEgress));
    stage.pass(3);
    stage.put(policy('shop/deny-all', denyEgress));
    stage.pass(120);
    expect(stage.told()).toEqual([]);
    // Its report goes along.
    expect([...stage.reports].map(([name, report]) => [name, report === null])).toEqual([
      ['shop/deny', true],
      ['shop/deny-all', false],
    ]);
  });

  test('a deny that is lifted is told with what it frees', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyIngress)]));
    stage.pass(0);
    stage.remove(policy('shop/deny', denyIngress));
    stage.pass(40);
    expect(stage.told()).toEqual([
      expect.stringMatching(
        /^PoliciesSettled shop: frees 3 workloads \(7 pods\) for ingress; 1 policy change: shop\/deny; finding/,
      ),
    ]);
  });

  test('a busy namespace is told after five minutes', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    for (let i = 0; i < 14; i += 1) {
      stage.put(policy('shop/deny', denyIngress, { 'netsluice.dev/note': `${i}` }));
      stage.pass(20);
    }
    expect(stage.told()).toEqual([]);
    stage.put(policy('shop/deny', denyIngress, { 'netsluice.dev/note': 'last' }));
    stage.pass(20);
    expect(stage.told()).toHaveLength(1);
  });

  test('a namespace that ends is told nothing', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyIngress)]));
    stage.pass(0);
    stage.put({
      ...namespace('shop', {}, { deletionTimestamp: '2026-06-15T00:00:00Z' }),
      status: { phase: 'Terminating' },
    });
    stage.remove(policy('shop/deny', denyIngress));
    stage.pass(60);
    expect(stage.told()).toEqual([]);
  });

  test('another policy kind or a pod does not keep a namespace from settling', () => {
    const stage = new Stage(shop());
    stage.pass(0);
    stage.put(policy('shop/deny', denyIngress));
    stage.pass(25);
    stage.put(pod('shop/new'));
    stage.pass(5);
    expect(stage.told()).toHaveLength(1);
  });

  test('only the leader tells, and everybody knows', () => {
    const stage = new Stage(shop());
    stage.leads = false;
    stage.pass(0);
    stage.put(policy('shop/deny', denyEgress));
    stage.pass(60);
    expect([stage.told(), stage.standing()]).toEqual([[], ['warning egress-blocks-dns shop/deny']]);
  });
});

test('case 53: 500 policies at once: one Event for what they amount to, and one per finding', () => {
  const stage = new Stage(shop());
  stage.pass(0);
  for (let i = 0; i < 500; i += 1) stage.put(policy(`shop/deny-${i}`, denyEgress));
  stage.pass(60);
  const told = stage.told();
  expect(told.filter((text) => text.startsWith('PoliciesSettled'))).toHaveLength(1);
  expect(told.filter((text) => text.startsWith('PolicyFinding'))).toHaveLength(500);
  expect(new Set(told.map(id)).size).toBe(501);
});

describe('the guard', () => {
  const own = [
    namespace('netsluice'),
    ...running('netsluice/netsluice', 2, { ports: ['9443'] }),
    service('netsluice/netsluice', { app: 'netsluice' }, ['443->9443/TCP']),
    webhook('netsluice/netsluice', 'netsluice'),
  ];

  test('case 87: a default-deny in the own namespace is told, and cured when it is lifted', () => {
    const stage = new Stage(shop({}, own));
    stage.pass(0);
    stage.put(policy('netsluice/deny', denyIngress));
    stage.pass(31);
    expect(stage.standing()).toEqual(['error control-plane-callback-blocked netsluice/deny']);
    const [, event = ''] = stage.told();
    expect(event).toMatch(
      /^ApiServerCutOff netsluice: \[control-plane-callback-blocked\] 2 pods lose the API server's calls to webhook netsluice\.example\.com until another policy allows 9443\/TCP from anywhere \(policy deny\); finding [0-9a-f]{12}$/,
    );
    stage.remove(policy('netsluice/deny', denyIngress));
    stage.pass(31);
    expect(stage.standing()).toEqual([]);
  });

  test('an exempt namespace is guarded all the same', () => {
    const stage = new Stage(shop({}, own), { settings: { exempt: { namespaces: ['netsluice'] } } });
    stage.pass(0);
    stage.put(policy('netsluice/deny', '{podSelector: {}, policyTypes: [Ingress, Egress]}'));
    stage.pass(31);
    expect(stage.standing()).toEqual(['error control-plane-callback-blocked netsluice/deny']);
  });

  test('two policies that cut it off together are both told', () => {
    const stage = new Stage(
      shop({}, [...own, policy('netsluice/a', denyIngress), policy('netsluice/b', denyIngress)]),
    );
    stage.pass(0);
    expect(stage.standing()).toEqual([
      'error control-plane-callback-blocked netsluice/a',
      'error control-plane-callback-blocked netsluice/b',
    ]);
  });
});

describe('turns', () => {
  test('end after about 4 ms, and what is found is the same', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress), policy('data/deny', denyEgress)]));
    // Every look at the clock takes 1 ms: some rules fit into each turn.
    stage.tickMs = 1;
    let turns = 0;
    while (stage.scan.turn() === 'more') turns += 1;
    expect(turns).toBeGreaterThan(10);
    expect(stage.standing()).toEqual([
      'warning egress-blocks-dns data/deny',
      'warning egress-blocks-dns shop/deny',
    ]);
  });

  test('the cluster may change between two turns', () => {
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]));
    stage.tickMs = 1;
    stage.scan.turn();
    stage.put(policy('shop/dns', allowDns));
    stage.remove(policy('shop/deny', denyEgress));
    stage.tickMs = 0;
    stage.pass(0);
    expect(stage.standing()).toEqual([]);
  });

  const broken: Rule = {
    id: 'broken',
    number: 'R99',
    title: 'A rule that throws',
    judges: 'policy',
    severity: { baseline: 'warning', restricted: 'warning' },
    confidence: 'certain',
    cure: 'none',
    needs: [],
    restsOnVerdicts: false,
    cost: 'text',
    page: { why: '', fix: '', fine: '', platforms: '' },
    check: () => {
      throw new Error('no');
    },
  };

  test('a rule that throws is said, and the others are asked', () => {
    const slow: Rule = {
      ...broken,
      id: 'fine',
      check: () => [{ key: '', at: 'spec', happens: ['x'], advice: [], affected: [] }],
    };
    const stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]), { rules: [broken, slow] });
    stage.pass(0);
    expect(stage.standing()).toEqual(['warning fine shop/deny']);
    expect(stage.logged).toContain(
      'not looked at {"namespace":"shop","what":"shop/deny: rule broken failed: no"}',
    );
  });

  test('a policy that takes too long is left, which is said, and what was found before stands', () => {
    const rule = (id: string, ms: number): Rule => ({
      ...broken,
      id,
      check: () => {
        stage.now += slow ? ms : 0;
        return [{ key: '', at: 'spec', happens: ['x'], advice: [], affected: [] }];
      },
    });
    let slow = false;
    const stage: Stage = new Stage(shop({}, [policy('shop/deny', denyEgress)]), {
      rules: [rule('one', 600), rule('two', 600), rule('three', 600)],
    });
    stage.pass(0);
    slow = true;
    stage.put(pod('shop/new'));
    stage.pass(21);
    expect(stage.standing()).toEqual([
      'warning one shop/deny',
      'warning three shop/deny',
      'warning two shop/deny',
    ]);
    expect(stage.logged).toContain(
      'not looked at {"namespace":"shop","what":"shop/deny: after 1000 ms not asked: three"}',
    );
  });
});
