import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { type SelftestRun, selftestCommand } from '../../src/cli/selftest-command.ts';
import { serveCommand } from '../../src/cli/serve-command.ts';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { type Flags, readServeConfig, type ServeConfig } from '../../src/config.ts';
import { foreignKinds } from '../../src/model/decode/foreign-policy.ts';
import { decodeSettings } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import { chart, helm, type KubernetesObject, one, type Rendering, render } from './helm.ts';

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const existingSecret = {
  certificates: { mode: 'existingSecret', existingSecret: { name: 'serving', caBundle: certificate } },
};
const certManager = { skipApiChecks: true, certificates: { mode: 'certManager' } };
const ciFiles = readdirSync(join(chart, 'ci')).map((name) => join(chart, 'ci', name));

const podSpec = (objects: readonly KubernetesObject[]) => one(objects, 'Deployment')['spec'].template.spec;
const container = (objects: readonly KubernetesObject[]) => podSpec(objects).containers[0];

/** What the program makes of the rendered arguments and environment. */
async function served(rendering: Rendering = {}): Promise<ServeConfig> {
  let flags: Flags = {};
  const command: Command = serveCommand(async (given) => {
    flags = given;
  });
  const { args } = container(await render(rendering));
  expect(args[0]).toBe('serve');
  await command.exitOverride().parseAsync(args.slice(1), { from: 'user' });
  const read = readServeConfig(flags, { POD_NAME: 'netsluice-x', POD_NAMESPACE: 'netsluice-system' });
  if ('problem' in read) throw new Error(read.problem);
  return read.config;
}

describe('RBAC', () => {
  type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };

  /** One line for each group and resource, `group/resource[name]: verbs`. */
  function lines(role: KubernetesObject): string[] {
    return (role['rules'] as Rule[]).flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.map((resource) => {
          const name = resourceNames === undefined ? '' : `[${resourceNames.join()}]`;
          return `${group === '' ? 'core' : group}/${resource}${name}: ${verbs.join()}`;
        }),
      ),
    );
  }

  const watched = [...watchedKinds, ...foreignKinds].map(
    ({ group, resource }) => `${group === '' ? 'core' : group}/${resource}: list,watch`,
  );
  const configurations =
    'admissionregistration.k8s.io/validatingwebhookconfigurations[netsluice.netsluice-system]';

  test('lists and watches exactly what the program does, reads two ConfigMaps, and writes its own webhook configuration and Events', async () => {
    const objects = await render();
    expect(lines(one(objects, 'ClusterRole')).sort()).toEqual(
      [
        ...watched,
        'core/configmaps[amazon-vpc-cni,cilium-config]: get',
        `${configurations}: get,update`,
        'events.k8s.io/events: create,get,patch',
      ].sort(),
    );
  });

  test('in its own namespace it writes one Lease and one Secret, and may create nothing', async () => {
    const role = one(await render(), 'Role', 'netsluice');
    expect(lines(role)).toEqual([
      'coordination.k8s.io/leases[netsluice]: get,update',
      'core/secrets[netsluice-tls]: get,update',
    ]);
  });

  test.each([
    ['certManager', certManager],
    ['existingSecret', existingSecret],
  ])('with %s it writes neither Secret nor webhook configuration', async (_, values) => {
    const objects = await render({ values });
    expect(lines(one(objects, 'Role', 'netsluice'))).toEqual([
      'coordination.k8s.io/leases[netsluice]: get,update',
    ]);
    expect(lines(one(objects, 'ClusterRole'))).toContain(`${configurations}: get`);
  });

  test('Events and reports bring their rights only when they are on', async () => {
    const off = lines(one(await render({ values: { events: { enabled: false } } }), 'ClusterRole'));
    expect(off.filter((line) => line.includes('create'))).toEqual([]);
    const on = lines(one(await render({ values: { reports: { enabled: true } } }), 'ClusterRole'));
    expect(on.filter((line) => line.includes('report'))).toEqual([
      'openreports.io/reports: create,delete,list,patch',
      'wgpolicyk8s.io/policyreports: create,delete,list,patch',
    ]);
  });

  test('no wildcard anywhere, and every binding names the one account', async () => {
    const objects = await render({ values: { serviceAccount: { create: false, name: 'given' } } });
    for (const role of objects.filter(({ kind }) => kind.endsWith('Role'))) {
      expect(lines(role).join()).not.toContain('*');
    }
    const own = objects.filter(
      ({ kind, metadata }) => kind.endsWith('Binding') && !metadata.name.includes('selftest'),
    );
    expect(own.map((binding) => binding['subjects'])).toEqual([
      [{ kind: 'ServiceAccount', name: 'given', namespace: 'netsluice-system' }],
      [{ kind: 'ServiceAccount', name: 'given', namespace: 'netsluice-system' }],
    ]);
    expect(
      objects.filter(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === 'given'),
    ).toEqual([]);
    expect(podSpec(objects).serviceAccountName).toBe('given');
  });
});

describe('the webhook configuration', () => {
  const service = { name: 'netsluice', namespace: 'netsluice-system', path: '/validate', port: 443 };
  const alike = { admissionReviewVersions: ['v1'], matchPolicy: 'Equivalent', sideEffects: 'NoneOnDryRun' };
  const policies = (operations: string[]) => [
    {
      apiGroups: ['networking.k8s.io'],
      apiVersions: ['v1'],
      operations,
      resources: ['networkpolicies'],
      scope: 'Namespaced',
    },
  ];
  const namespaces = (operator: string, values: string[]) => ({
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator, values }],
  });
  const ownAndSystem = ['kube-system', 'netsluice-system'];
  const specDiffers = [{ name: 'spec-or-own-annotations-differ', expression: expect.any(String) }];
  const usual = {
    ...{ ...alike, clientConfig: { service }, failurePolicy: 'Ignore', timeoutSeconds: 5 },
    namespaceSelector: namespaces('NotIn', ownAndSystem),
  };
  const entries = [
    {
      ...{ ...usual, name: 'policies.netsluice.dev', rules: policies(['CREATE', 'UPDATE']) },
      matchConditions: specDiffers,
    },
    { ...usual, name: 'policy-deletion.netsluice.dev', rules: policies(['DELETE']) },
    {
      ...{ ...usual, name: 'system-policies.netsluice.dev', rules: policies(['CREATE', 'UPDATE', 'DELETE']) },
      ...{
        timeoutSeconds: 2,
        namespaceSelector: namespaces('In', ownAndSystem),
        matchConditions: specDiffers,
      },
    },
    {
      ...{ ...alike, name: 'namespaces.netsluice.dev', clientConfig: { service } },
      ...{ failurePolicy: 'Ignore', timeoutSeconds: 2 },
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['UPDATE'],
          resources: ['namespaces'],
          scope: 'Cluster',
        },
      ],
      matchConditions: [
        {
          name: 'labels-differ',
          expression: 'object.metadata.?labels.orValue({}) != oldObject.metadata.?labels.orValue({})',
        },
      ],
    },
  ];
  const configured = async (values: object) =>
    one(await render({ values }), 'ValidatingWebhookConfiguration');

  test('has exactly these entries by default', async () => {
    const configuration = await configured({});
    expect(configuration['webhooks']).toEqual(entries);
    expect(configuration.metadata.annotations).toBeUndefined();
  });

  test('Fail and the timeout are for policies alone', async () => {
    const { webhooks } = await configured({ webhook: { failurePolicy: 'Fail', timeoutSeconds: 9 } });
    const rows = webhooks.map((hook: (typeof entries)[0]) => [
      hook.name,
      hook.failurePolicy,
      hook.timeoutSeconds,
    ]);
    expect(rows).toEqual([
      ['policies.netsluice.dev', 'Fail', 9],
      ['policy-deletion.netsluice.dev', 'Ignore', 9],
      ['system-policies.netsluice.dev', 'Ignore', 2],
      ['namespaces.netsluice.dev', 'Ignore', 2],
    ]);
  });

  test('workloads are asked about on demand, namespaces until told otherwise, pods never', async () => {
    const { webhooks } = await configured({
      webhook: { namespaces: { enabled: false }, workloads: { enabled: true } },
    });
    expect(webhooks.map(({ name }: { name: string }) => name)).toEqual([
      'policies.netsluice.dev',
      'policy-deletion.netsluice.dev',
      'system-policies.netsluice.dev',
      'workloads.netsluice.dev',
    ]);
    expect(webhooks[3]).toMatchObject({
      ...{ failurePolicy: 'Ignore', timeoutSeconds: 1, namespaceSelector: namespaces('NotIn', ownAndSystem) },
      rules: [
        {
          apiGroups: ['apps'],
          operations: ['UPDATE'],
          resources: ['daemonsets', 'deployments', 'statefulsets'],
        },
        { apiGroups: ['batch'], operations: ['UPDATE'], resources: ['cronjobs'] },
      ],
    });
  });

  test('system and excluded namespaces go where they belong, the own one always among them', async () => {
    const webhook = { systemNamespaces: ['kube-system', 'calico-system'], excludedNamespaces: ['sandbox'] };
    const { webhooks } = await configured({ webhook });
    const selectors = webhooks.map((hook: { namespaceSelector: object }) => hook.namespaceSelector);
    const system = ['calico-system', 'kube-system', 'netsluice-system'];
    expect(selectors).toEqual([
      namespaces('NotIn', [...system, 'sandbox']),
      namespaces('NotIn', [...system, 'sandbox']),
      namespaces('In', system),
      namespaces('NotIn', ['sandbox']),
    ]);
    const bare = await configured({ webhook: { systemNamespaces: [] } });
    expect(bare['webhooks'][2].namespaceSelector).toEqual(namespaces('In', ['netsluice-system']));
  });

  test('a caBundle stands in it only when nobody else writes it', async () => {
    const bundles = async (values: object) =>
      (await configured(values))['webhooks'].map((hook: { clientConfig: object }) => hook.clientConfig);
    expect(await bundles(certManager)).toEqual(entries.map(() => ({ service })));
    const caBundle = Buffer.from(certificate).toString('base64');
    expect(await bundles(existingSecret)).toEqual(entries.map(() => ({ service, caBundle })));
    const webhook = { annotations: { 'admissions.enforcer/disabled': 'true' } };
    expect((await configured({ ...certManager, webhook })).metadata.annotations).toEqual({
      'admissions.enforcer/disabled': 'true',
      'cert-manager.io/inject-ca-from': 'netsluice-system/netsluice',
    });
  });
});

describe('certificates', () => {
  test('self-managed: an empty Secret that an upgrade cannot wipe, and no secret is ever made by Helm', async () => {
    const objects = await render();
    const secret = one(objects, 'Secret');
    expect([secret.metadata.name, secret['type'], secret['data'], secret['stringData']]).toEqual([
      'netsluice-tls',
      'Opaque',
      undefined,
      undefined,
    ]);
    const lease = one(objects, 'Lease');
    expect([lease.metadata.name, lease['spec']]).toEqual(['netsluice', undefined]);
    expect(await served()).toMatchObject({
      ...{
        certSecret: 'netsluice-tls',
        service: 'netsluice',
        lease: 'netsluice',
        ownNamespace: 'netsluice-system',
      },
      ...{ webhookConfiguration: 'netsluice.netsluice-system', podName: 'netsluice-x' },
    });
  });

  test('cert-manager: an authority of its own, or the issuer that is named', async () => {
    const objects = await render({ values: certManager });
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(one(objects, 'Certificate', 'netsluice')['spec']).toMatchObject({
      secretName: 'netsluice-tls',
      issuerRef: { kind: 'Issuer', name: 'netsluice-issuer' },
      dnsNames: [
        'netsluice',
        'netsluice.netsluice-system',
        'netsluice.netsluice-system.svc',
        'netsluice.netsluice-system.svc.cluster.local',
      ],
    });
    expect(one(objects, 'Issuer', 'netsluice-issuer')['spec']).toEqual({
      ca: { secretName: 'netsluice-ca' },
    });
    const given = await render({ files: ['charts/netsluice/ci/cert-manager-values.yaml'] });
    expect(given.filter(({ kind }) => kind === 'Issuer')).toEqual([]);
    expect(one(given, 'Certificate')['spec'].issuerRef).toEqual({ kind: 'ClusterIssuer', name: 'internal' });
    const config = await served({ values: certManager });
    expect([config.certSecret, config.webhookConfiguration]).toEqual([
      undefined,
      'netsluice.netsluice-system',
    ]);
  });

  test('an existing Secret is mounted and nothing is made', async () => {
    const objects = await render({ values: existingSecret });
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(podSpec(objects).volumes).toContainEqual({ name: 'tls', secret: { secretName: 'serving' } });
    expect((await served({ values: existingSecret })).certSecret).toBeUndefined();
  });
});

describe('the Deployment', () => {
  test('upgrades without a gap and has time to drain', async () => {
    const { spec } = one(await render(), 'Deployment');
    expect([spec.replicas, spec.strategy, spec.template.spec.terminationGracePeriodSeconds]).toEqual([
      2,
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      45,
    ]);
    expect(await served()).toMatchObject({ drainMinSeconds: 10, drainMaxSeconds: 25 });
  });

  test('case 91: fits the Pod Security Standard restricted, root read-only; the user is the platform’s to choose', async () => {
    for (const name of ['Deployment', 'Pod']) {
      const object = one(await render(), name);
      const spec = name === 'Pod' ? object['spec'] : object['spec'].template.spec;
      expect(spec.securityContext).toEqual({
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
    const openShift = podSpec(await render({ files: ['charts/netsluice/ci/openshift-values.yaml'] }));
    expect(openShift.securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(openShift.priorityClassName).toBeUndefined();
  });

  test.each([
    ['1Gi', 768],
    ['512Mi', 384],
    ['1.5Gi', 1152],
    ['2G', 1430],
    [1_000_000_000, 714],
  ])('a memory limit of %s leaves a quarter beside the heap', async (memory, mebibytes) => {
    const { env } = container(await render({ values: { resources: { limits: { memory } } } }));
    expect(env).toContainEqual({
      name: 'NODE_OPTIONS',
      value: `--max-old-space-size=${mebibytes} --max-semi-space-size=4`,
    });
  });

  test('without a memory limit the heap is not limited', async () => {
    const { env } = container(await render({ values: { resources: { limits: null } } }));
    expect(env.map(({ name }: { name: string }) => name)).toEqual(['POD_NAME', 'POD_NAMESPACE']);
  });

  test('probes ask the health port, and only readiness waits for the lists', async () => {
    const { startupProbe, livenessProbe, readinessProbe } = container(await render());
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet)).toEqual([
      { path: '/livez', port: 'health' },
      { path: '/livez', port: 'health' },
      { path: '/readyz', port: 'health' },
    ]);
    expect(startupProbe.failureThreshold * startupProbe.periodSeconds).toBe(120);
  });

  test('spreads softly over nodes and zones, each revision by itself, unless told', async () => {
    const { topologySpreadConstraints } = podSpec(await render());
    expect(topologySpreadConstraints.map(({ topologyKey }: { topologyKey: string }) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
    for (const each of topologySpreadConstraints) {
      expect(each).toMatchObject({
        ...{ maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', matchLabelKeys: ['pod-template-hash'] },
        labelSelector: { matchLabels: one(await render(), 'Service', 'netsluice')['spec'].selector },
      });
    }
    const none = await render({ values: { topologySpreadConstraints: [] } });
    expect(podSpec(none).topologySpreadConstraints).toBeUndefined();
  });

  test('on the network of the host its ports are those of the host, and no two pods of a node overlap', async () => {
    const objects = await render({ files: ['charts/netsluice/ci/host-network-values.yaml'] });
    const { spec } = one(objects, 'Deployment');
    expect(spec.template.spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
    expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(container(objects).ports[0].containerPort).toBe(10250);
    expect(objects.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
  });

  test('names its image by registry, repository, tag or digest', async () => {
    const image = async (values: object) => container(await render({ values: { image: values } })).image;
    expect(await image({})).toBe('netsluice:0.1.0');
    expect(await image({ registry: 'mirror.example:5000', repository: 'team/netsluice', tag: 'v9' })).toBe(
      'mirror.example:5000/team/netsluice:v9',
    );
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    expect(await image({ digest, tag: 'v9' })).toBe(`netsluice@${digest}`);
    const objects = await render({
      values: { image: { tag: 'v9' }, imagePullSecrets: [{ name: 'mirror' }] },
    });
    const test = one(objects, 'Pod')['spec'];
    expect([test.containers[0].image, test.imagePullSecrets]).toEqual(['netsluice:v9', [{ name: 'mirror' }]]);
  });

  test('the program takes the arguments of every file in ci/', async () => {
    for (const file of ciFiles) expect((await served({ files: [file] })).healthListen.port).toBe(8081);
    const clientAuthority = { configMap: 'front', names: ['kube-apiserver', 'front, proxy'] };
    expect(
      await served({ values: { clientAuthority, events: { enabled: false }, logLevel: 'debug' } }),
    ).toMatchObject({
      ...{
        clientCa: '/etc/netsluice/client-authority/ca.crt',
        clientName: ['kube-apiserver', 'front, proxy'],
      },
      ...{ scan: 'on', events: 'off', reports: 'off', logLevel: 'debug' },
    });
  });
});

describe('settings', () => {
  const settings = async (rendering: Rendering) => {
    const text = one(await render(rendering), 'ConfigMap', 'netsluice-settings')['data']['settings.yaml'];
    const decoded = decodeSettings(
      text,
      rules.map(({ id }) => id),
    );
    if ('problem' in decoded) throw new Error(decoded.problem);
    return decoded.settings;
  };

  test.each([
    ['observe', 'off', 'off'],
    ['warn', 'off', 'baseline'],
    ['enforce', 'baseline', 'baseline'],
  ])('profile %s: enforce %s, warn %s, audit restricted', async (profile, enforce, warn) => {
    expect((await settings({ values: { profile } })).modes).toEqual({
      ...{ enforce, warn },
      ...{ audit: 'restricted', mayLower: [] },
    });
  });

  test('what is given goes over the profile, and netsluice reads what every file in ci/ makes', async () => {
    const values = {
      profile: 'enforce',
      settings: { modes: { warn: 'restricted', mayLower: ['sandbox'] }, contact: 'ask #platform' },
    };
    const { modes, contact } = await settings({ values });
    expect([modes, contact]).toEqual([
      { enforce: 'baseline', warn: 'restricted', audit: 'restricted', mayLower: ['sandbox'] },
      'ask #platform',
    ]);
    for (const file of ciFiles) expect((await settings({ files: [file] })).modes.audit).toBe('restricted');
  });

  test('off without quotes, which Helm reads as false, is off', async () => {
    const values = { settings: { modes: { warn: false }, rules: { 'egress-blocks-dns': false } } };
    const { modes, rules: severities } = await settings({ values });
    expect([modes.warn, severities]).toEqual(['off', { 'egress-blocks-dns': 'off' }]);
  });

  test('a change of the settings restarts nothing', async () => {
    const [before, after] = [await render(), await render({ values: { settings: { contact: 'x' } } })];
    expect(one(after, 'Deployment')).toEqual(one(before, 'Deployment'));
  });
});

describe('disruption, quota, network', () => {
  test('a PodDisruptionBudget for two or more replicas', async () => {
    expect(one(await render(), 'PodDisruptionBudget')['spec']).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: one(await render(), 'Deployment')['spec'].selector.matchLabels },
    });
    const more = await render({ values: { replicas: 3, podDisruptionBudget: { minAvailable: 2 } } });
    expect(one(more, 'PodDisruptionBudget')['spec']).toMatchObject({ minAvailable: 2 });
    const single = await render({ values: { replicas: 1 } });
    expect(single.filter(({ kind }) => kind === 'PodDisruptionBudget')).toEqual([]);
  });

  test('a quota for the priority class on demand, wide enough for an upgrade', async () => {
    const quota = one(await render({ values: { resourceQuota: { enabled: true } } }), 'ResourceQuota');
    expect(quota['spec']).toEqual({
      hard: { pods: '5' },
      scopeSelector: {
        matchExpressions: [
          { scopeName: 'PriorityClass', operator: 'In', values: ['system-cluster-critical'] },
        ],
      },
    });
  });

  test('a FlowSchema for its own account alone, on demand', async () => {
    const { metadata, spec } = one(await render({ values: { flowSchema: { enabled: true } } }), 'FlowSchema');
    const serviceAccount = { name: 'netsluice', namespace: 'netsluice-system' };
    expect([metadata.name, spec.rules[0].subjects, spec.priorityLevelConfiguration]).toEqual([
      'netsluice.netsluice-system',
      [{ kind: 'ServiceAccount', serviceAccount }],
      { name: 'workload-high' },
    ]);
    expect((await render()).filter(({ kind }) => kind === 'FlowSchema')).toEqual([]);
  });

  test.each([
    ['default', {}],
    ['other ports', { webhook: { port: 10250 }, health: { port: 9000 } }],
  ])(
    'case 96: the own NetworkPolicy opens the ports of the container, not of the Service (%s)',
    async (_, values) => {
      const objects = await render({ values });
      const { spec } = one(objects, 'NetworkPolicy');
      const ports = container(objects).ports.map(({ containerPort }: { containerPort: number }) => ({
        port: containerPort,
        protocol: 'TCP',
      }));
      expect(spec).toEqual({
        podSelector: { matchLabels: one(objects, 'Deployment')['spec'].selector.matchLabels },
        policyTypes: ['Ingress'],
        ingress: ports.map((port: object) => ({ ports: [port] })),
      });
      const config = await served({ values });
      expect([config.listen.port, config.healthListen.port]).toEqual(
        ports.map(({ port }: { port: number }) => port),
      );
    },
  );

  test('case 97: narrow peers and egress are what was asked for, and the notes warn of both', async () => {
    const files = ['charts/netsluice/ci/strict-network-values.yaml'];
    const { spec } = one(await render({ files }), 'NetworkPolicy');
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(spec.ingress.map(({ from }: { from: object }) => from)).toEqual([
      [{ ipBlock: { cidr: '10.0.0.0/24' } }],
      [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    ]);
    expect(spec.egress).toEqual([
      { ports: [{ port: 6443, protocol: 'TCP' }], to: [{ ipBlock: { cidr: '10.0.0.0/24' } }] },
    ]);
    const text = await notes({ files });
    expect(text).toContain('WARNING: networkPolicy.webhookFrom is set.');
    expect(text).toContain('WARNING: networkPolicy.egress is enabled.');
  });

  test('case 92: selectors hold nothing that an upgrade changes', async () => {
    const objects = await render();
    const labels = Object.keys(one(objects, 'Deployment')['spec'].selector.matchLabels);
    expect(labels).toEqual([
      'app.kubernetes.io/name',
      'app.kubernetes.io/instance',
      'app.kubernetes.io/component',
    ]);
    for (const service of objects.filter(({ kind }) => kind === 'Service')) {
      expect(Object.keys(service['spec'].selector)).toEqual(labels);
    }
  });
});

describe('case 99: names and labels', () => {
  const length = (name: string) => name.length;
  const all = {
    ...certManager,
    reports: { enabled: true },
    resourceQuota: { enabled: true },
    flowSchema: { enabled: true },
    monitoring: {
      serviceMonitor: { enabled: true },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true },
    },
  };

  test('no name and no label is longer than 63, whatever the release and the namespace are called', async () => {
    const [release, namespace] = ['r'.repeat(53), 'n'.repeat(63)];
    for (const values of [all, {}]) {
      const objects = await render({ release, namespace, values });
      const names = objects.map(({ metadata }) => metadata.name);
      expect(
        names.filter((name) => length(name) > 63 || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)),
      ).toEqual([]);
      const labels = objects.flatMap(({ metadata }) => Object.values(metadata.labels));
      expect(labels.filter((label) => length(label) > 63)).toEqual([]);
      for (const { metadata } of objects.filter(({ kind }) => kind === 'Service')) {
        expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
      }
    }
  });

  const keys = (objects: readonly KubernetesObject[]) =>
    objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);

  test.each([
    [{ release: 'one' }, { release: 'two' }],
    [{ namespace: 'one' }, { namespace: 'two' }],
    [{ release: `${'r'.repeat(52)}1` }, { release: `${'r'.repeat(52)}2` }],
    [{ namespace: `${'n'.repeat(62)}1` }, { namespace: `${'n'.repeat(62)}2` }],
  ])('two releases side by side share no object: %j and %j', async (one, two) => {
    const [first, second] = [
      keys(await render({ ...one, values: all })),
      keys(await render({ ...two, values: all })),
    ];
    expect(new Set(first).size).toBe(first.length);
    expect(first.filter((key) => second.includes(key))).toEqual([]);
  });

  test('the usual names, and those that are asked for', async () => {
    const name = async (rendering: Rendering) => one(await render(rendering), 'Deployment').metadata.name;
    expect(await name({})).toBe('netsluice');
    expect(await name({ release: 'gate' })).toBe('gate-netsluice');
    expect(await name({ release: 'my-netsluice' })).toBe('my-netsluice');
    expect(await name({ release: 'gate', values: { nameOverride: 'sluice' } })).toBe('gate-sluice');
    expect(await name({ release: 'gate', values: { fullnameOverride: 'sluice' } })).toBe('sluice');
    expect(await name({ release: 'a.b' })).toBe('a-b-netsluice');
  });

  test('every object has the standard labels, the common ones, and a namespace unless it has none', async () => {
    const values = { ...all, commonLabels: { team: 'platform' }, commonAnnotations: { note: 'x' } };
    const objects = await render({ values });
    const clusterScoped = [
      'FlowSchema',
      'ClusterRole',
      'ClusterRoleBinding',
      'ValidatingWebhookConfiguration',
      'Namespace',
    ];
    for (const { kind, metadata } of objects) {
      expect(metadata.labels).toMatchObject({
        ...{ 'app.kubernetes.io/name': 'netsluice', 'app.kubernetes.io/instance': 'netsluice' },
        ...{ 'app.kubernetes.io/version': '0.1.0', 'app.kubernetes.io/managed-by': 'Helm', team: 'platform' },
      });
      expect(metadata.annotations).toMatchObject({ note: 'x' });
      expect([kind, metadata.namespace === undefined]).toEqual([kind, clusterScoped.includes(kind)]);
    }
  });

  test('labels of users never replace those that selectors rest on', async () => {
    const wrong = { 'app.kubernetes.io/name': 'other', 'app.kubernetes.io/component': 'other' };
    const [plain, labelled] = [
      await render(),
      await render({ values: { commonLabels: wrong, podLabels: wrong } }),
    ];
    expect(labelled).toEqual(plain);
    const { metadata } = one(
      await render({ values: { commonLabels: { team: 'a' }, podLabels: { tier: 'b' } } }),
      'Deployment',
    )['spec'].template;
    expect(metadata.labels).toMatchObject({ team: 'a', tier: 'b', 'app.kubernetes.io/component': 'webhook' });
  });

  test('numbers for names stay texts', async () => {
    const objects = await render({ release: '123', namespace: '456' });
    const { metadata } = one(objects, 'Deployment');
    expect([metadata.name, metadata.namespace, metadata.labels['app.kubernetes.io/instance']]).toEqual([
      '123-netsluice',
      '456',
      '123',
    ]);
  });
});

describe('helm test', () => {
  test('asks with an account and in a namespace of its own, with the image that runs', async () => {
    const objects = await render();
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
    const rows = hooks.map(({ kind, metadata }) => [
      Number(metadata.annotations?.['helm.sh/hook-weight']),
      `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
    ]);
    const namespace = 'netsluice-system-netsluice-selftest';
    expect(rows.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
      [-3, `Namespace /${namespace}`],
      [-2, 'ServiceAccount netsluice-system/netsluice-selftest'],
      [-2, `Role ${namespace}/netsluice-selftest`],
      [-1, `RoleBinding ${namespace}/netsluice-selftest`],
      [0, 'Pod netsluice-system/netsluice-selftest'],
    ]);
    for (const { metadata } of hooks) {
      expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toBe(
        'before-hook-creation,hook-succeeded',
      );
    }
    expect(one(hooks, 'Namespace').metadata.labels).toMatchObject({
      'netsluice.dev/enforce': 'baseline',
      'netsluice.dev/warn': 'baseline',
    });
    expect(one(hooks, 'Role')['rules']).toEqual([
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['create'] },
    ]);
    const pod = one(hooks, 'Pod')['spec'];
    expect([pod.serviceAccountName, pod.containers[0].image]).toEqual([
      'netsluice-selftest',
      container(objects).image,
    ]);
  });

  test('the program takes its arguments; without it nothing of it is rendered', async () => {
    const [selftest, ...args] = one(await render({ values: { selftest: { waitSeconds: 9 } } }), 'Pod')['spec']
      .containers[0].args;
    expect(selftest).toBe('selftest');
    let asked: SelftestRun | undefined;
    const command = selftestCommand(async (run) => {
      asked = run;
    });
    await command.exitOverride().parseAsync(args, { from: 'user' });
    expect(asked).toEqual({
      plan: { namespace: 'netsluice-system-netsluice-selftest', waitMs: 9_000 },
      source: { kubeconfig: null, context: null },
    });
    const without = await render({ values: { selftest: { enabled: false } } });
    expect(without.filter(({ metadata }) => metadata.name.includes('selftest'))).toEqual([]);
  });
});

/** The notes that an installation prints. */
async function notes({ values = {}, files = [] }: Rendering): Promise<string> {
  const given = files.flatMap((file) => ['--values', file]);
  const args = [
    'install',
    'netsluice',
    chart,
    '--namespace',
    'netsluice-system',
    '--dry-run=client',
    ...given,
  ];
  const { code, stdout, stderr } = await helm([...args, '--values', '-'], JSON.stringify(values));
  if (code !== 0) throw new Error(stderr);
  return stdout.slice(stdout.indexOf('\nNOTES:\n'));
}

describe('notes', () => {
  test('tell what is in force, what to do first and the way out', async () => {
    const text = await notes({});
    expect(text).toContain('profile          warn: enforce off, warn baseline, audit restricted\n');
    expect(text).toContain(
      'failurePolicy    Ignore (while netsluice does not answer, policies are admitted unseen)\n',
    );
    expect(text).toContain('never rejects    in kube-system, netsluice-system, unless');
    expect(text).toContain('certificates     selfManaged\n');
    expect(text).toContain('helm test netsluice -n netsluice-system\n');
    expect(text).toContain('kubectl delete validatingwebhookconfiguration netsluice.netsluice-system\n');
    expect(text).not.toContain('WARNING');
  });

  test.each([
    [{ replicas: 1 }, 'WARNING: one replica.'],
    [
      { webhook: { failurePolicy: 'Fail', timeoutSeconds: 30 } },
      'WARNING: failurePolicy Fail with a timeout of 30',
    ],
    [{ podDisruptionBudget: { enabled: false } }, 'WARNING: no PodDisruptionBudget.'],
    [{ hostNetwork: { enabled: true } }, 'WARNING: hostNetwork.'],
    [{ allowSystemNamespace: true }, 'WARNING: allowSystemNamespace.'],
    [{ settings: { exempt: { namespaces: ['legacy'] } } }, 'exempt           legacy\n'],
    [{ webhook: { excludedNamespaces: ['sandbox'] } }, 'never asked      in sandbox\n'],
  ])('say of %j: %s', async (values, wanted) => {
    expect(await notes({ values })).toContain(wanted);
  });
});
