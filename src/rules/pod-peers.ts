import type { Phrase } from '../model/finding.ts';
import {
  type Clause,
  type CompiledPolicy,
  clausesOf,
  directions,
  type PodPeer,
  type PortTerm,
} from '../model/policy.ts';
import { everything, pinnedValue, type Selector, selectsEverything } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { type Unit, weightOf } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import type { PolicyInput } from './rule.ts';
import { inOrder } from './units-in-order.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** A peer that selects pods, and the clause that names it. */
export interface NamedPeer {
  readonly clause: Clause;
  readonly peer: PodPeer;
  /** Equal for equal peers of one direction. */
  readonly key: string;
}

/** The pod peers of a policy, equal ones of one direction once. */
export function podPeersOf(policy: CompiledPolicy): readonly NamedPeer[] {
  const found = new Map<string, NamedPeer>();
  for (const clause of directions.flatMap((direction) => clausesOf(policy, direction))) {
    for (const peer of clause.peers === 'any' ? [] : clause.peers) {
      const key = `${clause.direction} ${peer.key}`;
      if (peer.kind === 'pods' && !found.has(key)) found.set(key, { clause, peer, key });
    }
  }
  return [...found.values()];
}

/** Every port that a clause of the policy lists, and the clause. */
export function portTermsOf(
  policy: CompiledPolicy,
): readonly { readonly clause: Clause; readonly term: PortTerm }[] {
  const clauses = directions.flatMap((direction) => clausesOf(policy, direction));
  return clauses.flatMap((clause) =>
    clause.ports === 'any' ? [] : clause.ports.map((term) => ({ clause, term })),
  );
}

/** Equal for clauses of one policy that name the same peers. */
export function peersKey({ peers }: Clause): string {
  if (peers === 'any') return 'any';
  return peers
    .map(({ key }) => key)
    .sort()
    .join(' ');
}

/** Units that a peer matches, less an invented pod, which stands for none that exists. */
export function realUnits(input: PolicyInput, peer: PodPeer): BitSet {
  const { world, policy } = input;
  return world.peerUnits(policy.ref.namespace, peer).may.andNot(inventedUnits(input));
}

/** The units that the policy selects, an invented pod among them. */
export function subjectUnits({ world, policy, shared }: PolicyInput): readonly Unit[] {
  return shared.units.of('all', () => unitsOf(world, world.subjects(policy)));
}

/** The units that the policy selects, less an invented pod. */
export function realSubjects(input: PolicyInput): readonly Unit[] {
  return input.invented ? [] : subjectUnits(input);
}

/** A policy that needs an invented pod selects nothing else, so that its subjects are that pod. */
export function inventedUnits({ world, policy, invented }: PolicyInput): BitSet {
  return invented ? world.subjects(policy) : new BitSet();
}

/** A peer that no policy names; its key is that of an equal one in a policy, so that indexes know both. */
export function peerOf(namespaces: PodPeer['namespaces'], pods: Selector): PodPeer {
  const scope = namespaces === 'own' ? 'own' : `in {${namespaces.text}}`;
  const only = { hostNetwork: 'no', outside: 'no' } as const;
  return { kind: 'pods', namespaces, pods, ...only, origin: '', key: `pods {${pods.text}} ${scope}` };
}

/**
 * The pods a clause's ports are ports of: the subjects for ingress, the pods of its peers for egress. Null for egress to
 * everywhere or to addresses, where ports may be those of anybody.
 */
export function destinationsOf(input: PolicyInput, clause: Clause): readonly Unit[] | null {
  if (clause.direction === 'ingress') return realSubjects(input);
  return input.shared.destinations.of(clause, () => calledBy(input, clause));
}

function calledBy(input: PolicyInput, clause: Clause): readonly Unit[] | null {
  if (clause.peers === 'any') return null;
  const found = new BitSet();
  for (const peer of clause.peers) {
    if (peer.kind === 'block') return null;
    found.addAll(realUnits(input, peer));
  }
  return unitsOf(input.world, found);
}

/** Does a peer look into any namespace, be it one that only pods are known of? */
export function looksSomewhere({ world, policy }: PolicyInput, peer: PodPeer): boolean {
  const { namespaces } = peer;
  if (namespaces === 'own' || selectsEverything(namespaces)) return true;
  const matched = (each: PodPeer): boolean => !world.peerUnits(policy.ref.namespace, each).may.isEmpty();
  // Most peers match pods, which are in some namespace, and whom a peer matches is asked anyway.
  if (matched(peer)) return true;
  if (world.lookups.namespaceCount(namespaces) > 0) return true;
  return matched(peerOf(namespaces, everything));
}

/** Where a peer looks for pods, in words: `here`, `in payments` or `in namespaces with team=shop`. */
export function scopeText({ namespaces }: PodPeer): Phrase {
  if (namespaces === 'own') return ['here'];
  const name = pinnedValue(namespaces, nameLabel);
  if (name !== null) return ['in ', { kind: 'namespace', name }];
  return [selectsEverything(namespaces) ? 'in any namespace' : `in namespaces with ${namespaces.text}`];
}

/** The one namespace a peer looks in, where it names one: the policy's own, or that of a pinned name. */
export function onlyNamespace({ ref }: CompiledPolicy, { namespaces }: PodPeer): string | null {
  return namespaces === 'own' ? ref.namespace : pinnedValue(namespaces, nameLabel);
}

/** The units of a set. */
export function unitsOf(world: World, ids: BitSet): readonly Unit[] {
  const units: Unit[] = [];
  ids.forEach((id) => {
    const unit = world.unit(id);
    if (unit !== undefined) units.push(unit);
  });
  return units.length > sortedMax ? units : inOrder(units);
}

/** Up to so many units are told in the order of their names, whatever order the cluster was learnt in. */
const sortedMax = 5000;

/** `14 pods`, `2 planned pods` or `14 pods (3 planned)`. */
export function podCount(units: Iterable<Unit>): string {
  let all = 0;
  let planned = 0;
  for (const unit of units) {
    all += weightOf(unit);
    planned += unit.planned;
  }
  const noun = all === 1 ? 'pod' : 'pods';
  if (planned === all && all > 0) return `${all} planned ${noun}`;
  return planned > 0 ? `${all} ${noun} (${planned} planned)` : `${all} ${noun}`;
}
