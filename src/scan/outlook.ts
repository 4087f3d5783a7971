import { createHash } from 'node:crypto';
import { type CompiledPolicy, clausesOf, directions, type PodPeer } from '../model/policy.ts';
import { everything, type Labels, matches, type Selector } from '../model/selector.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/**
 * What policies of other namespaces can see of one: its labels, the labels and ports of its pods, its Services. Equal
 * texts look alike, so that a pod that is merely replaced disturbs nobody else.
 */
function outlookOf(world: ClusterWorld, namespace: string): string {
  const record = world.namespace(namespace);
  const pods = new Set<string>();
  world.unitsIn(namespace).forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    const ports = unit.ports.map(({ name, number, protocol }) => `${name ?? ''}:${number}/${protocol}`);
    pods.add(`${labelText(unit.labels)} ${ports.join()}`);
  });
  const services = [...world.records('Service', namespace)].map(
    ({ name, selector, ports }) =>
      `${name} ${selector === null ? '' : labelText(selector)} ${ports.map(({ port, targetPort }) => `${port}:${targetPort}`).join()}`,
  );
  const own = record === undefined ? '' : labelText(record.labels);
  return [own, ...[...pods].sort(), ...services.sort()].join('\n');
}

function digestOf(text: string): string {
  return text === '' ? '' : createHash('sha256').update(text).digest('base64');
}

/** Controllers write these anew for each run or rollout; no policy of another namespace asks for them. */
const passing: ReadonlySet<string> = new Set([
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-revision-hash',
  'controller-uid',
  'job-name',
  'pod-template-hash',
]);

function labelText(labels: Labels): string {
  return [...labels]
    .filter(([key]) => !passing.has(key))
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join();
}

/**
 * The namespaces that policies look at, as selectors, equal ones once. A peer that matches nobody in its own namespace
 * looks everywhere: its pods may live elsewhere, and a rule says so.
 */
function lookedAt(world: ClusterWorld, namespace: string): Selector[] {
  const found = new Map<string, Selector>();
  // Who asks the resolvers is any pod of the cluster.
  if (resolverHomes.has(namespace)) found.set(everything.text, everything);
  for (const peer of [...world.policiesIn(namespace)].flatMap(podPeersIn)) {
    if (peer.namespaces !== 'own') found.set(peer.namespaces.text, peer.namespaces);
    else if (world.peerUnits(namespace, peer).may.isEmpty()) found.set(everything.text, everything);
  }
  return [...found.values()];
}

function podPeersIn(policy: CompiledPolicy): PodPeer[] {
  const clauses = directions.flatMap((direction) => clausesOf(policy, direction));
  const peers = clauses.flatMap((clause) => (clause.peers === 'any' ? [] : clause.peers));
  return peers.filter((peer) => peer.kind === 'pods');
}

/** Where distributions keep the cluster's resolvers. */
const resolverHomes: ReadonlySet<string> = new Set(['kube-system', 'openshift-dns']);

/** The namespaces that must have another turn because of what is in one. */
export interface Disturbed {
  /** Nobody else is; `all` where the cluster's resolvers live. */
  readonly among: readonly string[] | 'all';
  readonly is: (namespace: string) => boolean;
}

interface Seen {
  /** A digest: the texts of a large cluster are megabytes. */
  readonly outlook: string;
  readonly labels: Labels;
}

/** Remembers what each namespace looked like and which ones its policies look at. */
export class Outlooks {
  private readonly seen = new Map<string, Seen>();
  private readonly looking = new Map<string, readonly Selector[]>();
  /** When a namespace was first touched since its last turn, and when it had that. */
  private readonly touched = new Map<string, number>();
  private readonly looked = new Map<string, number>();

  /** Something happened in the namespace. */
  touch(namespace: string, now: number): void {
    if (!this.touched.has(namespace)) this.touched.set(namespace, now);
  }

  /** Notes a namespace whose turn it is, and answers who else must have a turn because of it. */
  note(world: ClusterWorld, namespace: string, now: number): Disturbed {
    const selectors = lookedAt(world, namespace);
    if (selectors.length === 0) this.looking.delete(namespace);
    else this.looking.set(namespace, selectors);
    const labels = world.namespaceLabels(namespace);
    const outlook = digestOf(outlookOf(world, namespace));
    const before = this.seen.get(namespace);
    if (outlook === '') this.seen.delete(namespace);
    else this.seen.set(namespace, { outlook, labels });
    const changed = (before?.outlook ?? '') !== outlook;
    const since = this.touched.get(namespace) ?? Number.POSITIVE_INFINITY;
    this.touched.delete(namespace);
    this.looked.set(namespace, now);
    // What was undone before its turn came may have been seen in between.
    const saw = (name: string): boolean => changed || (this.looked.get(name) ?? 0) >= since;
    if (resolverHomes.has(namespace)) return { among: 'all', is: (name) => name !== namespace && saw(name) };
    const seenBy = (selector: Selector): boolean =>
      matches(selector, labels) || (before !== undefined && matches(selector, before.labels));
    return {
      among: [...this.looking.keys()],
      is: (name) => name !== namespace && saw(name) && (this.looking.get(name) ?? []).some(seenBy),
    };
  }
}
