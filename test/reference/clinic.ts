/** A small cluster for hand-written expectations, and the reading of expectation lines. */
import { parseAllDocuments } from 'yaml';
import { type RefEndpoint, verdict } from '../support/reference/evaluator.ts';
import {
  type ContainerPort,
  type Labels,
  literalProfile,
  type NetworkPolicy,
  type Pod,
  type Profile,
  type Protocol,
  type RefCluster,
  type Workload,
} from '../support/reference/objects.ts';

interface PodFacts {
  labels?: Labels;
  ips?: string[];
  node?: string;
  ports?: ContainerPort[];
  phase?: string;
  hostNetwork?: boolean;
}

/** A pod named `namespace/name` with one container. */
export function makePod(fullName: string, facts: PodFacts): Pod {
  const [namespace = '', name = ''] = fullName.split('/');
  const { labels = {}, ips = [], node, ports = [], phase = 'Running', hostNetwork = false } = facts;
  return {
    metadata: { namespace, name, labels },
    spec: { hostNetwork, containers: [{ name: 'main', ports }], ...(node ? { nodeName: node } : {}) },
    status: { phase, podIPs: ips.map((ip) => ({ ip })) },
  };
}

export function clinic(): RefCluster {
  const web = (containerPort: number) => ({ name: 'web', containerPort });
  const stats = { name: 'stats', containerPort: 9100 };
  const desk = { app: 'desk', layer: 'front' };
  const node = (name: string, address: string) => ({
    metadata: { name },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
    },
  });
  return {
    namespaces: [
      { metadata: { name: 'clinic', labels: { zone: 'east', stage: 'prod' } } },
      { metadata: { name: 'records', labels: { zone: 'west', stage: 'prod' } } },
      { metadata: { name: 'lab', labels: { zone: 'east', stage: 'test' } } },
      { metadata: { name: 'watch', labels: null } },
    ],
    nodes: [node('w1', '10.9.0.1'), node('w2', '10.9.0.2')],
    pods: [
      makePod('clinic/desk', { labels: desk, ips: ['10.8.0.1'], node: 'w1', ports: [web(8000), stats] }),
      makePod('clinic/core', {
        labels: { app: 'core', layer: 'rear' },
        ips: ['10.8.0.2'],
        node: 'w2',
        ports: [web(8001), stats],
      }),
      makePod('clinic/queue', { labels: { app: 'queue', layer: 'rear' }, ips: ['10.8.0.3'], node: 'w1' }),
      makePod('clinic/past', { labels: { app: 'queue' }, ips: ['10.8.0.4'], phase: 'Succeeded' }),
      makePod('records/store', { labels: { app: 'store' }, ips: ['10.8.1.1'], node: 'w2' }),
      makePod('lab/desk', { labels: desk, ips: ['10.8.2.1'], node: 'w1', ports: [web(8000)] }),
      makePod('watch/probe', { labels: { app: 'probe' }, ips: ['10.8.3.1'], node: 'w2' }),
      makePod('watch/agent', { labels: { app: 'probe' }, ips: ['10.9.0.2'], node: 'w2', hostNetwork: true }),
      makePod('kube-system/names', {
        labels: { 'k8s-app': 'dns' },
        ips: ['10.8.4.1'],
        node: 'w1',
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53 },
        ],
      }),
    ],
    policies: [],
    workloads: [],
    foreign: [],
    profile: { ...literalProfile },
  };
}

/** Policies written as YAML documents; name and namespace are `p<index>` in clinic unless they are written. */
export function policies(text: string): NetworkPolicy[] {
  return parseAllDocuments(text).map((document, i) => {
    const { namespace = 'clinic', ...spec } = (document.toJS() ?? {}) as { namespace?: string };
    return { metadata: { namespace, name: `p${i}` }, ...('nospec' in spec ? {} : { spec }) };
  });
}

function endpoint(text: string): RefEndpoint {
  if (text.startsWith('ip:')) return { ip: text.slice(3) };
  if (text.startsWith('node:')) return { node: text.slice(5) };
  return { pod: text };
}

export interface Scene {
  title: string;
  policies: string;
  profile?: Partial<Profile>;
  edit?: (cluster: RefCluster) => void;
  /** `SRC -> DST PROTO/PORT = allowed|blocked|unknown`, one a line. */
  expect: string;
}

/** The lines of a scene as written and as the reference answers them. */
export function played(scene: Scene): { expected: string[]; actual: string[] } {
  const cluster = clinic();
  cluster.policies = policies(scene.policies);
  Object.assign(cluster.profile, scene.profile);
  scene.edit?.(cluster);
  const expected = scene.expect
    .trim()
    .split('\n')
    .map((line) => line.trim());
  const actual = expected.map((line) => {
    const [, src = '', dst = '', protocol, port] = /^(\S+) -> (\S+) (\w+)\/(\d+) = \w+$/.exec(line) ?? [];
    const answer = verdict(cluster, endpoint(src), endpoint(dst), protocol as Protocol, Number(port));
    return `${src} -> ${dst} ${protocol}/${port} = ${answer.verdict}`;
  });
  return { expected, actual };
}

/** A workload of clinic whose template has the label app=<name>; owner is [kind, name]. */
export function workload(
  kind: Workload['kind'],
  name: string,
  more: Partial<Workload['spec']>,
  owner?: [string, string],
): Workload {
  const [ownerKind, ownerName] = owner ?? [];
  const ownerReferences =
    ownerKind && ownerName
      ? [{ apiVersion: 'v1', kind: ownerKind, name: ownerName, uid: 'u', controller: true }]
      : [];
  const template = { metadata: { labels: { app: name } }, spec: { containers: [] } };
  return { kind, metadata: { namespace: 'clinic', name, ownerReferences }, spec: { template, ...more } };
}

/** Adds a running pod of clinic with a controlling owner. */
export function ownedPod(
  cluster: RefCluster,
  name: string,
  kind: string,
  owner: string,
  hash?: string,
): void {
  const pod = makePod(`clinic/${name}`, hash === undefined ? {} : { labels: { 'pod-template-hash': hash } });
  pod.metadata.ownerReferences = [{ apiVersion: 'v1', kind, name: owner, uid: 'u', controller: true }];
  cluster.pods.push(pod);
}
