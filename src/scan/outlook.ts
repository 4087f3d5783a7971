import { type CompiledPolicy, clausesOf, directions } from '../model/policy.ts';
import { type Labels, matches, type Selector } from '../model/selector.ts';
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

/** The namespace selectors that a policy's peers use, equal ones once; they tell which namespaces it looks at. */
function namespaceSelectors(policies: Iterable<CompiledPolicy>): Selector[] {
  const found = new Map<string, Selector>();
  for (const policy of policies) {
    for (const clause of directions.flatMap((direction) => clausesOf(policy, direction))) {
      for (const peer of clause.peers === 'any' ? [] : clause.peers) {
        if (peer.kind === 'pods' && peer.namespaces !== 'own')
          found.set(peer.namespaces.text, peer.namespaces);
      }
    }
  }
  return [...found.values()];
}

/** Remembers what each namespace looked like and which ones its policies look at. */
export class Outlooks {
  private readonly seen = new Map<string, string>();
  private readonly looking = new Map<string, readonly Selector[]>();

  /**
   * Notes a namespace whose turn it is. Answers the other namespaces that must be looked at because of what changed in
   * it: those whose policies look at it, or all where the cluster's resolvers live. None at the first sight of all.
   */
  note(world: ClusterWorld, namespace: string, sight: 'first' | 'later'): ReadonlySet<string> | 'all' {
    const selectors = namespaceSelectors(world.policiesIn(namespace));
    if (selectors.length === 0) this.looking.delete(namespace);
    else this.looking.set(namespace, selectors);
    const now = outlookOf(world, namespace);
    const before = this.seen.get(namespace) ?? '';
    if (now === '') this.seen.delete(namespace);
    else this.seen.set(namespace, now);
    if (before === now || sight === 'first') return new Set();
    if (namespace === 'kube-system') return 'all';
    const labels = world.namespaceLabels(namespace);
    const lookers = [...this.looking].filter(
      ([name, selectors]) => name !== namespace && selectors.some((selector) => matches(selector, labels)),
    );
    return new Set(lookers.map(([name]) => name));
  }
}
