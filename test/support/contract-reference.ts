/** What contracts say of a cluster, pod by pod and port by port, from the naive reference evaluator alone. */
import { formatAddress } from './reference/addresses.ts';
import { KEYS, NAMESPACES, VALUES } from './reference/arbitrary-policy.ts';
import { type AddressCell, addressCells, portCells } from './reference/cells.ts';
import { selects } from './reference/clauses.ts';
import { isLive, namespaceLabels } from './reference/ends.ts';
import { type RefEndpoint, verdict } from './reference/evaluator.ts';
import {
  type LabelSelector,
  type Labels,
  namespaceOf,
  type Pod,
  type RefCluster,
} from './reference/objects.ts';
import type { Rng } from './reference/random.ts';
import { templateOf, unitsOf, workloadOf } from './reference/units.ts';

export interface RefPodsEnd {
  readonly namespace?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly podSelector?: LabelSelector;
}

type RefEnd = RefPodsEnd | 'internet';

/** A contract as the settings file has it; `internet` at one end at most. */
export interface RefContract {
  readonly name: string;
  readonly kind: 'forbid' | 'require';
  readonly from: RefEnd;
  readonly to: RefEnd;
  readonly ports?: readonly string[];
}

function randomSelector(rng: Rng): LabelSelector {
  const key = rng.pick(KEYS);
  return rng.pick<() => LabelSelector>([
    () => ({}),
    () => ({}),
    () => ({ matchLabels: { [key]: rng.pick(VALUES) } }),
    () => ({ matchExpressions: [{ key, operator: 'In', values: [rng.pick(VALUES), rng.pick(VALUES)] }] }),
    () => ({ matchExpressions: [{ key, operator: 'Exists' }] }),
    () => ({ matchExpressions: [{ key, operator: 'NotIn', values: [rng.pick(VALUES)] }] }),
    () => ({ matchExpressions: [{ key, operator: 'DoesNotExist' }] }),
  ])();
}

function randomEnd(rng: Rng): RefPodsEnd {
  const scope = rng.pick(['namespace', 'namespaceSelector', 'none', 'none'] as const);
  return {
    ...(scope === 'namespace' ? { namespace: rng.pick(NAMESPACES) } : {}),
    ...(scope === 'namespaceSelector' ? { namespaceSelector: randomSelector(rng) } : {}),
    ...(rng.chance(0.7) ? { podSelector: randomSelector(rng) } : {}),
  };
}

export function randomContract(rng: Rng, name: string): RefContract {
  const outside = rng.pick(['from', 'to', 'none', 'none', 'none'] as const);
  const port = (): string => `${rng.pick([53, 80, 443, 8080])}/${rng.pick(['TCP', 'TCP', 'UDP'])}`;
  return {
    name,
    kind: rng.pick(['forbid', 'require']),
    from: outside === 'from' ? 'internet' : randomEnd(rng),
    to: outside === 'to' ? 'internet' : randomEnd(rng),
    ...(rng.chance(0.97) ? { ports: [port(), port()] } : {}),
  };
}

/** The contract as the settings' schema takes it. */
export function written({ name, kind, ...flow }: RefContract): object {
  return { name, [kind]: flow };
}

interface Member {
  readonly key: string;
  readonly endpoint: (address: string) => RefEndpoint;
  readonly workload: string;
  readonly invented: boolean;
}

/** A cluster in which planned and invented pods exist as pods that have no address. */
interface Peopled {
  readonly cluster: RefCluster;
  readonly pods: readonly {
    readonly pod: Pod;
    readonly workload: string;
    readonly inventedFor: 'from' | 'to' | null;
  }[];
}

function plannedPods(cluster: RefCluster): { pod: Pod; workload: string; inventedFor: null }[] {
  return unitsOf(cluster).flatMap(({ id, plannedPods: ends }) => {
    const object = cluster.workloads.find(
      (each) => `${namespaceOf(each)}/${each.metadata.name}[${each.kind}]` === id,
    );
    if (object === undefined) return [];
    const template = templateOf(object);
    const owner = {
      apiVersion: 'apps/v1',
      kind: object.kind,
      name: object.metadata.name,
      uid: 'u',
      controller: true,
    };
    return ends.map((_, i) => ({
      pod: {
        metadata: {
          name: `planned ${object.kind} ${object.metadata.name} ${i}`,
          namespace: namespaceOf(object),
          labels: template.metadata?.labels ?? {},
          ownerReferences: [owner],
        },
        spec: template.spec,
      },
      workload: id,
      inventedFor: null,
    }));
  });
}

/** Exactly the labels that a selector asks for; null where no pod can have them. */
function labelsAsked(selector: LabelSelector): Labels | null {
  const labels: Labels = { ...selector.matchLabels };
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (operator === 'In') labels[key] = values?.[0] ?? '';
    if (operator === 'Exists') labels[key] = '';
  }
  return selects(selector, labels) ? labels : null;
}

function inventedPod(cluster: RefCluster, side: 'from' | 'to', end: RefEnd): Peopled['pods'] {
  if (end === 'internet') return [];
  const labels = labelsAsked(end.podSelector ?? {});
  const matching = cluster.namespaces
    .map(({ metadata }) => metadata.name)
    .filter((name) => selects(end.namespaceSelector ?? {}, namespaceLabels(cluster, name)))
    .sort();
  const namespace = end.namespace ?? matching[0];
  if (labels === null || namespace === undefined) return [];
  const metadata = { name: `invented ${side}`, namespace, labels };
  return [{ pod: { metadata, spec: { containers: [{ name: 'c' }] } }, workload: '', inventedFor: side }];
}

function peopled(cluster: RefCluster, first: RefCluster, { kind, from, to }: RefContract): Peopled {
  const running = cluster.pods
    .filter((pod) => isLive(pod) && pod.spec.hostNetwork !== true)
    .map((pod) => ({ pod, workload: workloadOf(cluster, pod), inventedFor: null }));
  const ends = [...inventedPod(first, 'from', from), ...inventedPod(first, 'to', to)];
  const invented = kind === 'forbid' ? ends : [];
  const added = [...plannedPods(cluster), ...invented];
  const pods = [...cluster.pods, ...added.map(({ pod }) => pod)];
  return { cluster: { ...cluster, pods }, pods: [...running, ...added] };
}

function membersOf({ cluster, pods }: Peopled, side: 'from' | 'to', end: RefEnd): Member[] {
  if (end === 'internet')
    return [{ key: 'internet', endpoint: (ip) => ({ ip }), workload: 'internet', invented: false }];
  const found = pods.filter(({ pod, inventedFor }) => {
    // An end has its own invented pod only.
    if (inventedFor !== null && inventedFor !== side) return false;
    const namespace = namespaceOf(pod);
    if (end.namespace !== undefined && end.namespace !== namespace) return false;
    const scoped = selects(end.namespaceSelector ?? {}, namespaceLabels(cluster, namespace));
    return scoped && selects(end.podSelector ?? {}, pod.metadata.labels ?? {});
  });
  return found.map(({ pod, workload, inventedFor }) => {
    const key = `${namespaceOf(pod)}/${pod.metadata.name}`;
    return { key, endpoint: () => ({ pod: key }), workload, invented: inventedFor !== null };
  });
}

/** Whether one port of one pair breaks a contract. */
type Fate = 'kept' | 'broken' | 'unknown';

/** Everything that a contract says of one cluster: each pair, port by port. */
export interface RefReading {
  readonly pairs: ReadonlyMap<string, ReadonlyMap<string, Fate>>;
  /** Pairs of workloads by pair of pods; absent for invented ones. */
  readonly connections: ReadonlyMap<string, string>;
}

/**
 * Reads a contract on a cluster. `clusters` are all those whose ports and addresses are compared; pods are invented
 * once, for the first of them.
 */
export function readContract(contract: RefContract, at: RefCluster, clusters: RefCluster[]): RefReading {
  const scene = peopled(at, clusters[0] ?? at, contract);
  const cells = addressCells(clusters);
  const ports = contract.ports ?? portCells(clusters).map(({ protocol, first }) => `${first}/${protocol}`);
  const pairs = new Map<string, ReadonlyMap<string, Fate>>();
  const connections = new Map<string, string>();
  for (const source of membersOf(scene, 'from', contract.from)) {
    for (const target of membersOf(scene, 'to', contract.to)) {
      if (source.key === target.key) continue;
      const key = `${source.key} -> ${target.key}`;
      if (!source.invented && !target.invented)
        connections.set(key, `${source.workload} -> ${target.workload}`);
      const fates = ports.map(
        (port) => [port, fateOf(contract, scene.cluster, source, target, port, cells)] as const,
      );
      pairs.set(key, new Map(fates));
    }
  }
  return { pairs, connections };
}

function fateOf(
  { kind, from, to }: RefContract,
  cluster: RefCluster,
  source: Member,
  target: Member,
  port: string,
  cells: readonly AddressCell[],
): Fate {
  const [number = '', protocol = 'TCP'] = port.split('/');
  const addresses =
    from === 'internet' || to === 'internet'
      ? cells.map(({ representative }) => formatAddress(representative))
      : [''];
  const verdicts = addresses.map(
    (address) =>
      verdict(
        cluster,
        source.endpoint(address),
        target.endpoint(address),
        protocol as 'TCP' | 'UDP' | 'SCTP',
        Number(number),
      ).verdict,
  );
  // Any address will do.
  const allowed = verdicts.includes('allowed');
  const open = verdicts.includes('unknown');
  if (kind === 'forbid') return allowed ? 'broken' : open ? 'unknown' : 'kept';
  return allowed ? 'kept' : open ? 'unknown' : 'broken';
}

/** `broken 3/1`: the state, and how many connections break the contract for sure and perhaps. */
export function stateText({ pairs, connections }: RefReading): string {
  const all = [...pairs.values()].flatMap((fates) => [...fates.values()]);
  const counts = (['broken', 'unknown'] as const).map((wanted) => {
    const found = [...pairs].filter(([, fates]) => [...fates.values()].includes(wanted));
    return new Set(found.flatMap(([key]) => connections.get(key) ?? [])).size;
  });
  const state = all.includes('broken') ? 'broken' : all.includes('unknown') ? 'unknown' : 'holds';
  return `${pairs.size === 0 ? 'vacuous' : state} ${counts.join('/')}`;
}

/** What a change newly breaks: `broken`, `unknown`, or nothing. A pair that was none before broke nothing then. */
export function newlyText(before: RefReading, after: RefReading): string {
  let perhaps = false;
  for (const [key, fates] of after.pairs) {
    for (const [port, now] of fates) {
      const then = before.pairs.get(key)?.get(port) ?? 'kept';
      if (now === 'broken' && then === 'kept') return 'broken';
      if (now !== 'kept' && now !== then && then !== 'broken') perhaps = true;
    }
  }
  return perhaps ? 'unknown' : 'nothing';
}
