/** Events without end over a cluster that never grows: whatever comes has names that were never there before. */
import {
  type ClusterObject,
  type PodRecord,
  type PodShape,
  recordName,
  type WorldEvent,
} from '../../src/model/objects.ts';
import { recordOf } from './build.ts';

const podsPerWorkload = 8;
const rollouts = 3;
const workloads = ['web', 'db'] as const;

/** The objects of one place of the cluster, all of one generation. */
type Place = readonly ClusterObject[];

export class Churn {
  private readonly places: Place[];
  private generation = 0;
  private ranges = 0;
  private addressed = 0;

  constructor(places: number) {
    this.places = Array.from({ length: places }, () => []);
  }

  /** How many objects there are when no place is empty. */
  get living(): number {
    return this.places.reduce((sum, place) => sum + place.length, 0);
  }

  objects(): readonly ClusterObject[] {
    return this.places.flat();
  }

  /**
   * Every place once: the old namespace with all that is in it goes and another one comes; in half of the turns the new
   * one is there before the old one is gone. Then all pods are replaced, time and again, and their labels and ports change.
   */
  *round(): Iterable<WorldEvent> {
    this.generation += 1;
    for (const [index, old] of this.places.entries()) {
      const fresh = this.place(index);
      this.places[index] = fresh;
      if (index % 2 === 0) yield* gone(old);
      yield* put(fresh);
      if (index % 2 === 1) yield* gone(old);
      for (let i = 0; i < rollouts; i += 1) yield* this.rolled(index, i);
      yield* this.relabelled(index);
    }
  }

  /** Everything that is there, told again, as after a lost watch. */
  *relist(): Iterable<WorldEvent> {
    yield* put(this.objects());
  }

  /** Everything goes. */
  *end(): Iterable<WorldEvent> {
    const all = this.objects();
    this.places.fill([]);
    yield* gone(all);
  }

  /**
   * New pods take the place of the old ones, one by one, as a rollout does it: a pod is created, gets a node and then its
   * addresses, and its status is told twice more; after that the old one is asked to end, and goes.
   */
  private *rolled(index: number, turn: number): Iterable<WorldEvent> {
    const place = [...(this.places[index] ?? [])];
    for (const [i, object] of place.entries()) {
      if (object.kind !== 'Pod') continue;
      const created: PodRecord = { ...object, name: `${object.name}-${turn}`, node: null, addresses: [] };
      const bound: PodRecord = { ...created, node: object.node };
      const running: PodRecord = { ...bound, addresses: this.addresses() };
      yield* put([created, bound, running, { ...running }, { ...running }, { ...object, terminating: true }]);
      yield* gone([object]);
      place[i] = running;
    }
    this.places[index] = place;
  }

  /** Pods and the namespace get labels and ports that nobody had. */
  private *relabelled(index: number): Iterable<WorldEvent> {
    const own = `${index}-${this.generation}`;
    const place = (this.places[index] ?? []).map((object) => {
      const moved = object.kind === 'Pod' || object.kind === 'Namespace';
      if (!moved) return object;
      const labels = new Map([...object.labels, [`moved-${own}`, own]]);
      return object.kind === 'Pod'
        ? { ...object, labels, ports: [...object.ports, port(`m${own}`)] }
        : { ...object, labels };
    });
    yield* put(place.filter((object, i) => object !== this.places[index]?.[i]));
    this.places[index] = place;
  }

  /** An IPv4 address in the range that the place has for this generation; every second time also one of IPv6. */
  private addresses(): string[] {
    const { high, low } = this.range();
    this.addressed += 1;
    const four = `10.${high}.${low}.${this.addressed}`;
    return this.addressed % 2 === 0 ? [four] : [four, `${this.sixth()}${this.addressed.toString(16)}`];
  }

  private range(): { readonly high: number; readonly low: number } {
    return { high: (this.ranges >> 8) & 0xff, low: this.ranges & 0xff };
  }

  private sixth(): string {
    return `fd00:${(this.ranges & 0xffff).toString(16)}::`;
  }

  private place(index: number): ClusterObject[] {
    const own = `${index}-${this.generation}`;
    const namespace = `ns-${own}`;
    this.ranges += 1;
    this.addressed = 0;
    const shape = (app: string): PodShape => ({
      labels: new Map([
        ['app', app],
        [`key-${own}`, `value-${own}`],
        ['hash', own],
      ]),
      annotations: new Map([['prometheus.io/scrape', 'true']]),
      ports: [port(`p${own}`), port('http')],
      probePorts: [8080],
      hostNetwork: false,
      dnsPolicy: 'ClusterFirst',
      serviceAccount: `sa-${own}`,
      automountToken: null,
      extraNetworks: false,
      windows: false,
    });
    const pods = workloads.flatMap((app) =>
      Array.from(
        { length: podsPerWorkload },
        (_, i): ClusterObject => ({
          ...shape(app),
          kind: 'Pod',
          namespace,
          name: `${app}-${own}-${i}`,
          owner: { kind: 'ReplicaSet', name: `${app}-${own}` },
          node: `node-${own}`,
          addresses: this.addresses(),
          finished: false,
          terminating: false,
          hostNetwork: i === 0,
        }),
      ),
    );
    const sets = workloads.map(
      (app): ClusterObject => ({
        kind: 'ReplicaSet',
        namespace,
        name: `${app}-${own}`,
        owner: { kind: 'Deployment', name: app },
        replicas: podsPerWorkload,
        finished: false,
        template: shape(app),
      }),
    );
    return [
      ...this.surroundings(namespace, own, shape('idle')),
      ...sets,
      ...pods,
      ...this.policies(namespace, own),
    ];
  }

  private surroundings(namespace: string, own: string, idle: PodShape): ClusterObject[] {
    const labels = new Map([
      ['kubernetes.io/metadata.name', namespace],
      [`team-${own}`, own],
      ['env', 'dev'],
    ]);
    const metadata = { namespace, name: `thing-${own}` };
    return [
      { kind: 'Namespace', name: namespace, labels, terminating: false },
      recordOf({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: `node-${own}` },
        status: { addresses: [{ type: 'InternalIP', address: this.addresses()[0] }] },
      }),
      {
        kind: 'StatefulSet',
        namespace,
        name: `idle-${own}`,
        owner: null,
        replicas: 2,
        finished: false,
        template: idle,
      },
      recordOf({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { ...metadata, labels: { [`svc-${own}`]: own } },
        spec: {
          selector: { app: 'web', [`key-${own}`]: `value-${own}` },
          clusterIP: '10.96.0.1',
          ports: [{ port: 80, targetPort: `p${own}` }],
        },
      }),
      recordOf({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
        ports: [{ port: 8080 }],
        endpoints: [
          { addresses: this.addresses().slice(0, 1), targetRef: { kind: 'Pod', name: `web-${own}-1` } },
        ],
      }),
      recordOf({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata,
        spec: { defaultBackend: { service: { name: metadata.name, port: { number: 80 } } } },
      }),
      recordOf({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        subjects: [{ kind: 'ServiceAccount', name: `sa-${own}`, namespace }],
        roleRef: {},
      }),
      {
        kind: 'ForeignPolicy',
        api: 'Calico',
        resource: 'networkpolicies',
        namespace,
        name: own,
        admin: null,
      },
    ];
  }

  private policies(namespace: string, own: string): ClusterObject[] {
    const policy = (name: string, spec: object): ClusterObject =>
      recordOf({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { namespace, name: `${name}-${own}`, uid: own },
        spec,
      });
    const { high, low } = this.range();
    const peers = [
      { podSelector: { matchLabels: { [`key-${own}`]: `value-${own}` } } },
      { namespaceSelector: { matchLabels: { [`team-${own}`]: own } } },
      {
        namespaceSelector: { matchExpressions: [{ key: `team-${own}`, operator: 'DoesNotExist' }] },
        podSelector: { matchExpressions: [{ key: 'hash', operator: 'In', values: [own, `other-${own}`] }] },
      },
      { ipBlock: { cidr: `10.${high}.${low}.0/26`, except: [`10.${high}.${low}.9/32`] } },
      { ipBlock: { cidr: `${this.sixth()}/32` } },
    ];
    return [
      policy('doors', {
        podSelector: { matchLabels: { [`key-${own}`]: `value-${own}` } },
        ingress: [
          {
            from: peers,
            ports: [{ port: `p${own}` }, { port: 1000 + (this.generation % 60_000), endPort: 65_000 }],
          },
        ],
      }),
      policy('outward', {
        podSelector: { matchExpressions: [{ key: `key-${own}`, operator: 'NotIn', values: [own] }] },
        policyTypes: ['Egress'],
        egress: [{ to: peers.slice(0, 4) }],
      }),
      { kind: 'NetworkPolicy', namespace, name: `broken-${own}`, policy: null, problem: 'it cannot be read' },
    ];
  }
}

function port(name: string) {
  return { name, number: 8080, protocol: 'TCP', certain: true } as const;
}

function* put(objects: readonly ClusterObject[]): Iterable<WorldEvent> {
  for (const object of objects) yield { type: 'put', object };
}

function* gone(objects: readonly ClusterObject[]): Iterable<WorldEvent> {
  for (const object of objects.toReversed())
    yield { type: 'delete', kind: object.kind, ...recordName(object) };
}
