import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments, stringify } from 'yaml';
import { valueAfter } from '../../src/cluster/edit-value.ts';
import type { Finding, FixStep } from '../../src/model/finding.ts';
import { rules } from '../../src/rules/registry.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { heardFrom } from '../support/want.ts';

function ruleOf(id: string): Rule {
  const rule = rules.find((each) => each.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

/** The bad example of a rule's page, with parts of it replaced. */
function bad(id: string, ...changes: readonly (readonly [from: string, to: string])[]): string {
  const text = readFileSync(join('test', 'fixtures', 'rules', id, 'loud-page.yaml'), 'utf8');
  return changes.reduce((sum, [from, to]) => {
    if (!sum.includes(from)) throw new Error(`${id} has no ${from}`);
    return sum.replace(from, to);
  }, text);
}

function findingsIn(id: string, text: string): Finding[] {
  return heardFrom(ruleOf(id), text).map(({ finding }) => finding);
}

/** The same with the steps taken on the policy that is applied. */
function mended(text: string, steps: readonly FixStep[]): string {
  const documents = parseAllDocuments(text).map((document): unknown => {
    const value: unknown = document.toJS();
    return document.toString().includes('netsluice.dev/fixture: apply')
      ? valueAfter(value, steps, '')?.value
      : value;
  });
  return documents.map((value) => stringify(value)).join('---\n');
}

const app = 'matchLabels: {app: chekout}';
const from = 'spec.ingress[0].from[0]';

describe('mechanical remedies', () => {
  test.each<[title: string, id: string, text: string, steps: FixStep[]]>([
    [
      'the direction that has clauses is added to policyTypes',
      'rules-without-policy-type',
      bad('rules-without-policy-type'),
      [{ op: 'append', at: 'spec.policyTypes', value: 'Egress' }],
    ],
    [
      'a misspelt value of matchLabels',
      'policy-selects-no-pods',
      bad('policy-selects-no-pods'),
      [{ op: 'set', at: 'spec.podSelector.matchLabels.app', value: 'checkout' }],
    ],
    [
      'a misspelt value of matchExpressions',
      'policy-selects-no-pods',
      bad('policy-selects-no-pods', [
        app,
        'matchExpressions: [{key: app, operator: Exists}, {key: app, operator: In, values: [chekout]}]',
      ]),
      [{ op: 'set', at: 'spec.podSelector.matchExpressions[1].values[0]', value: 'checkout' }],
    ],
    [
      'another key with the same value',
      'policy-selects-no-pods',
      bad('policy-selects-no-pods', [app, 'matchLabels: {app.kubernetes.io/name: checkout}']),
      [{ op: 'rename', at: 'spec.podSelector.matchLabels[app.kubernetes.io/name]', to: 'app' }],
    ],
    [
      'another key in matchExpressions',
      'policy-selects-no-pods',
      bad('policy-selects-no-pods', [
        app,
        'matchExpressions: [{key: k8s-app, operator: In, values: [checkout]}]',
      ]),
      [{ op: 'set', at: 'spec.podSelector.matchExpressions[0].key', value: 'app' }],
    ],
    [
      'equal peers are mended together, each where it is written',
      'peer-matches-no-pods',
      bad('peer-matches-no-pods', [
        '      ports:\n',
        '    - from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [chekout]}]}}]\n      ports:\n',
      ]),
      [
        { op: 'set', at: `${from}.podSelector.matchLabels.app`, value: 'checkout' },
        {
          op: 'set',
          at: 'spec.ingress[1].from[0].podSelector.matchExpressions[0].values[0]',
          value: 'checkout',
        },
      ],
    ],
    [
      'a key that is taken for the name of the namespace',
      'namespace-selector-matches-nothing',
      bad('namespace-selector-matches-nothing'),
      [{ op: 'rename', at: `${from}.namespaceSelector.matchLabels.name`, to: 'kubernetes.io/metadata.name' }],
    ],
    [
      'the namespace of the pods that are meant',
      'peer-pods-live-in-another-namespace',
      bad('peer-pods-live-in-another-namespace'),
      [
        {
          op: 'set',
          at: `${from}.namespaceSelector`,
          value: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
        },
      ],
    ],
    [
      'the port of the pods',
      'service-port-instead-of-target-port',
      bad('service-port-instead-of-target-port'),
      [{ op: 'set', at: 'spec.ingress[0].ports[0].port', value: 8080 }],
    ],
    [
      'the port of the pods behind a node port',
      'nodeport-number-as-port',
      bad('nodeport-number-as-port'),
      [{ op: 'set', at: 'spec.ingress[0].ports[0].port', value: 8080 }],
    ],
    [
      'the name that the containers give the port',
      'named-port-unresolved',
      bad('named-port-unresolved'),
      [{ op: 'set', at: 'spec.ingress[0].ports[0].port', value: 'http' }],
    ],
    [
      'the number where the port has no name',
      'named-port-unresolved',
      bad('named-port-unresolved', ['{name: http, containerPort: 8080}', '{containerPort: 8080}']),
      [{ op: 'set', at: 'spec.ingress[0].ports[0].port', value: 8080 }],
    ],
    [
      'the protocol of the name',
      'named-port-unresolved',
      bad('named-port-unresolved', [
        '{name: http, containerPort: 8080}',
        '{name: web-http, containerPort: 8080, protocol: UDP}',
      ]),
      [{ op: 'set', at: 'spec.ingress[0].ports[0].protocol', value: 'UDP' }],
    ],
  ])('%s', (_, id, text, steps) => {
    const findings = findingsIn(id, text);
    expect(findings.map(({ fix }) => fix)).toEqual([steps]);
    expect(findingsIn(id, mended(text, steps))).toEqual([]);
  });

  test.each<[title: string, id: string, text: string]>([
    [
      'two labels are as near',
      'policy-selects-no-pods',
      `${bad('policy-selects-no-pods')}---
apiVersion: v1
kind: Pod
metadata: {name: checkouts, namespace: shop, labels: {app: chekouts}}
spec: {containers: [{name: main, image: registry.example/x:1}]}
`,
    ],
    [
      'another environment is no slip',
      'policy-selects-no-pods',
      bad(
        'policy-selects-no-pods',
        ['labels: {app: checkout}', 'labels: {app: checkout, env: staging}'],
        [app, 'matchLabels: {app: checkout, env: prod}'],
      ),
    ],
    [
      'one of several values is not known to be the wrong one',
      'policy-selects-no-pods',
      bad('policy-selects-no-pods', [
        app,
        'matchExpressions: [{key: app, operator: In, values: [chekout, billing]}]',
      ]),
    ],
    [
      'the namespace of that name lacks another label',
      'namespace-selector-matches-nothing',
      bad('namespace-selector-matches-nothing', [
        '{name: monitoring}} #',
        '{name: monitoring, env: prod}} #',
      ]),
    ],
    [
      'a range begins at the port',
      'service-port-instead-of-target-port',
      bad('service-port-instead-of-target-port', ['- port: 80 #', '- endPort: 80\n          port: 80 #']),
    ],
    [
      'on AWS the Service must change too',
      'service-port-instead-of-target-port',
      `# profile aws-vpc-cni\n${bad('service-port-instead-of-target-port').replaceAll(
        /(app: (?:web|checkout))\}\}\nspec/g,
        '$1}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: s, uid: u, controller: true}]}\nspec',
      )}`,
    ],
  ])('none where %s', (_, id, text) => {
    const findings = findingsIn(id, text);
    expect(findings.map(({ severity, fix }) => [severity.baseline, fix])).toEqual([['warning', []]]);
  });

  test('none where it is an info: nobody knows that it is a slip', () => {
    const text = bad('peer-pods-live-in-another-namespace', [
      '---\napiVersion: networking',
      `---
apiVersion: v1
kind: Pod
metadata: {name: queue, namespace: monitoring, labels: {app: queue}}
spec: {containers: [{name: main, image: registry.example/x:1}]}
---
apiVersion: networking`,
    ]);
    const findings = findingsIn('peer-pods-live-in-another-namespace', text);
    expect(findings.map(({ severity, fix }) => [severity.baseline, fix])).toEqual([['info', []]]);
  });
});

describe('other objects that a finding rests on', () => {
  test.each<[id: string, related: string[]]>([
    ['egress-blocks-dns', ['Service kube-system/kube-dns: is the cluster DNS']],
    ['policy-selects-no-pods', ['Pod shop/checkout: its pods have app=checkout']],
    ['peer-matches-no-pods', ['Pod shop/checkout: its pods have app=checkout']],
    ['namespace-selector-matches-nothing', ['Namespace monitoring: this namespace may be meant']],
    ['peer-pods-live-in-another-namespace', ['Pod monitoring/prometheus: its pods have app=prometheus']],
    ['service-port-instead-of-target-port', ['Service shop/web: leads 80 to 8080/TCP']],
    ['named-port-unresolved', ['Pod shop/web: its containers declare http, 8080/TCP']],
    [
      'control-plane-callback-blocked',
      [
        'ValidatingWebhookConfiguration gate: makes the API server call them',
        'Service gate/gate: leads port 443 to them',
      ],
    ],
    ['cluster-dns-or-system-namespace-isolated', ['Service kube-system/kube-dns: is the cluster DNS']],
    ['ingress-backend-cut-off', ['Ingress shop/web: leads to these pods']],
    ['label-change-alters-policy', ['NetworkPolicy payments/ledger spec.ingress[0]: this clause allows it']],
  ])('%s', (id, wanted) => {
    const [finding] = findingsIn(id, bad(id));
    const told = finding?.related.map(({ object: { kind, namespace, name }, at, says }) => {
      const full = namespace === null ? name : `${namespace}/${name}`;
      return `${kind} ${full}${at === '' ? '' : ` ${at}`}: ${says}`;
    });
    expect(told).toEqual(wanted);
  });
});
