import type { Clause, CompiledPolicy, Peer } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { type Labels, matches } from '../model/selector.ts';
import { readBlock, type Traits, type UnknownReason } from './unit.ts';

/** Does one peer of a policy in `namespace` match one unit? The one place where a peer's meaning is spelled out. */
export function readPeer(
  peer: Peer,
  namespace: string,
  unit: Traits,
  unitNamespaceLabels: Labels,
  profile: Profile,
): { readonly value: 'yes' | 'no' | 'maybe'; readonly reason: UnknownReason } {
  if (peer.kind === 'block') {
    const { reading, reason } = readBlock(peer, unit, profile);
    return { value: reading, reason };
  }
  const inScope =
    peer.namespaces === 'own' ? unit.namespace === namespace : matches(peer.namespaces, unitNamespaceLabels);
  return inScope && matches(peer.pods, unit.labels) ? matched : unmatched;
}

const matched = { value: 'yes', reason: 'ip-block-on-pods' } as const;
const unmatched = { value: 'no', reason: 'ip-block-on-pods' } as const;

/** Every peer that any clause of the policy names, the ignored ones included. */
export function* peersOf(policy: CompiledPolicy): Iterable<Peer> {
  for (const clause of allClauses(policy)) if (clause.peers !== 'any') yield* clause.peers;
}

/** The clauses of both directions and those that `policyTypes` leaves out. */
export function allClauses({ ingress, egress, ignored }: CompiledPolicy): readonly Clause[] {
  return [...(ingress?.clauses ?? []), ...(egress?.clauses ?? []), ...ignored];
}
