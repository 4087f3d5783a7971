import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chart, helm, refusal, render } from './helm.ts';

const caBundle = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('what hurts is refused with one sentence', () => {
  test.each(['default', 'kube-system', 'kube-public', 'kube-node-lease'])(
    'namespace %s',
    async (namespace) => {
      expect(await refusal({ namespace, values: {} })).toBe(
        `netsluice wants a namespace of its own, not ${namespace}: its own namespace is one in which it rejects nothing. ` +
          'Use --namespace netsluice-system --create-namespace, or set allowSystemNamespace=true.',
      );
      expect((await render({ namespace, values: { allowSystemNamespace: true } })).length).toBeGreaterThan(
        10,
      );
    },
  );

  test.each<[string, object, string]>([
    [
      'Fail with one replica',
      { replicas: 1, webhook: { failurePolicy: 'Fail' } },
      'webhook.failurePolicy is Fail with 1 replica: every restart would stop all changes of NetworkPolicies. Set ' +
        'replicas to 2 or more.',
    ],
    [
      'cert-manager with an existing Secret',
      { certificates: { mode: 'certManager', existingSecret: { name: 'a' } } },
      'certificates.existingSecret is set but certificates.mode is certManager: set the mode to existingSecret, or ' +
        'take the Secret away.',
    ],
    [
      'an existing Secret without its name',
      { certificates: { mode: 'existingSecret', existingSecret: { caBundle } } },
      'certificates.mode is existingSecret: set certificates.existingSecret.name and ' +
        'certificates.existingSecret.caBundle (PEM).',
    ],
    [
      'a caBundle that is no PEM',
      { certificates: { mode: 'existingSecret', existingSecret: { name: 'a', caBundle: 'TUlJQg==' } } },
      'certificates.existingSecret.caBundle holds no PEM certificate; give it as text, not in base64.',
    ],
    [
      'an issuer without cert-manager',
      { certificates: { certManager: { issuerRef: { name: 'a' } } } },
      'certificates.certManager.issuerRef is set but certificates.mode is selfManaged: set the mode to certManager, ' +
        'or take the issuer away.',
    ],
    [
      'an issuer without a name',
      { certificates: { mode: 'certManager', certManager: { issuerRef: { kind: 'Issuer' } } } },
      'certificates.certManager.issuerRef has no name.',
    ],
    [
      'a budget that no drain can keep',
      { podDisruptionBudget: { minAvailable: 2 } },
      'podDisruptionBudget.minAvailable is 2 of 2 replicas: no node could ever be drained. Make it less than replicas.',
    ],
    [
      'a budget with both bounds',
      { replicas: 3, podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } },
      'podDisruptionBudget has both minAvailable and maxUnavailable: Kubernetes takes one of them.',
    ],
    [
      'one port for two servers',
      { health: { port: 9443 } },
      'webhook.port and health.port are both 9443: the container needs two.',
    ],
    ['a drain without end', { drain: { minSeconds: 26 } }, 'drain.minSeconds is more than drain.maxSeconds.'],
    [
      'a drain that would be killed',
      { terminationGracePeriodSeconds: 30 },
      'terminationGracePeriodSeconds is 30: a drain of up to 25 seconds and 10 more for open calls must fit into it.',
    ],
    [
      'egress to nowhere',
      { networkPolicy: { egress: { enabled: true } } },
      'networkPolicy.egress is enabled without networkPolicy.egress.cidrs: netsluice could not reach the API server, ' +
        'and would see nothing.',
    ],
    [
      'no account',
      { serviceAccount: { create: false } },
      'serviceAccount.create is false: name the one to use in serviceAccount.name.',
    ],
    [
      'a limit that is no quantity',
      { resources: { limits: { memory: '1GB' } } },
      'resources.limits.memory is "1GB", which is no quantity such as 1Gi or 512Mi.',
    ],
  ])('%s', async (_, values, sentence) => {
    expect(await refusal({ values })).toBe(sentence);
  });

  test('case 91: objects of kinds that the cluster does not know', async () => {
    expect(await refusal({ values: { certificates: { mode: 'certManager' } } })).toBe(
      'certificates.mode is certManager, and the cluster does not know cert-manager.io/v1: install cert-manager first, ' +
        'or set skipApiChecks=true where Helm cannot ask the cluster.',
    );
    for (const name of ['serviceMonitor', 'prometheusRule']) {
      expect(await refusal({ values: { monitoring: { [name]: { enabled: true } } } })).toBe(
        'monitoring asks for objects of the Prometheus Operator, and the cluster does not know monitoring.coreos.com/v1: ' +
          'install it first, or set skipApiChecks=true where Helm cannot ask the cluster.',
      );
    }
    const values = {
      certificates: { mode: 'certManager' },
      monitoring: { serviceMonitor: { enabled: true } },
    };
    const objects = await render({ values, apiVersions: ['cert-manager.io/v1', 'monitoring.coreos.com/v1'] });
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['ServiceMonitor', 'Certificate']),
    );
  });
});

describe('the schema refuses', () => {
  test.each<[object, string]>([
    [{ replica: 3 }, "at '': additional properties 'replica' not allowed"],
    [{ webhook: { timeout: 3 } }, "at '/webhook': additional properties 'timeout' not allowed"],
    [{ resources: { limit: {} } }, "at '/resources': additional properties 'limit' not allowed"],
    [{ profile: 'strict' }, "at '/profile': value must be one of 'observe', 'warn', 'enforce'"],
    [
      { webhook: { failurePolicy: 'fail' } },
      "at '/webhook/failurePolicy': value must be one of 'Ignore', 'Fail'",
    ],
    [{ webhook: { timeoutSeconds: 31 } }, "at '/webhook/timeoutSeconds': maximum: got 31, want 30"],
    [{ webhook: { timeoutSeconds: 0 } }, "at '/webhook/timeoutSeconds': minimum: got 0, want 1"],
    [{ webhook: { port: 443 } }, "at '/webhook/port': minimum: got 443, want 1,024"],
    [{ replicas: 0 }, "at '/replicas': minimum: got 0, want 1"],
    [{ replicas: '2' }, "at '/replicas': got string, want integer"],
    [{ image: { digest: 'sha256:abc' } }, "at '/image/digest': 'sha256:abc' does not match pattern"],
    [{ runAsUser: 0 }, "at '/runAsUser': minimum: got 0, want 1"],
    [{ podLabels: { a: 1 } }, "at '/podLabels/a': got number, want string"],
    [{ imagePullSecrets: ['mirror'] }, "at '/imagePullSecrets/0': got string, want object"],
    [
      { certificates: { certManager: { issuerRef: { kind: 'issuer', name: 'a' } } } },
      "at '/certificates/certManager/issuerRef/kind': value must be one of 'Issuer', 'ClusterIssuer'",
    ],
    [
      { settings: { modes: { enfroce: 'baseline' } } },
      "at '/settings/modes': additional properties 'enfroce' not allowed",
    ],
    [
      { settings: { rules: { 'egress-block-dns': 'warn' } } },
      "at '/settings/rules': additional properties 'egress-block-dns' not allowed",
    ],
    [
      { settings: { contracts: [{ name: 'a', forbid: { from: 'internt', to: 'dns' } }] } },
      "at '/settings/contracts/0/forbid/from': 'anyOf' failed",
    ],
  ])('%j', async (values, wanted) => {
    expect(await refusal({ values })).toContain(wanted);
  });
});

test('helm lint has nothing to say, with any file in ci/', async () => {
  const files = readdirSync(join(chart, 'ci')).map((name) => ['--values', join(chart, 'ci', name)]);
  for (const values of [[], ...files]) {
    const { code, stdout } = await helm([
      'lint',
      '--strict',
      chart,
      '--namespace',
      'netsluice-system',
      ...values,
    ]);
    expect([code, stdout.trim().split('\n')]).toEqual([
      0,
      [
        `==> Linting ${chart}`,
        '[INFO] Chart.yaml: icon is recommended',
        '',
        '1 chart(s) linted, 0 chart(s) failed',
      ],
    ]);
  }
});
