import { type Entry, portsOf, type Side } from '../impact/side.ts';
import type { Clause } from '../model/policy.ts';
import { Kept } from '../platform/kept.ts';
import type { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty } from '../sets/port-set.ts';
import { readPeer } from '../world/read-peer.ts';
import { portsKey, type Unit } from '../world/unit.ts';
import { portsOn } from './clause-ports.ts';
import type { PolicyInput } from './rule.ts';

/** The pods of the policy, and some of them. */
export interface Own {
  readonly subjects: BitSet;
  readonly here: readonly Unit[];
}

/** Does the other end allow some connection of the clause with the policy's pods? */
export function allowing(input: PolicyInput, clause: Clause, own: Own): (side: Side, other: Unit) => boolean {
  const known = new Map<Side, Kept<string, boolean>>();
  const wanted = portsOn(clause);
  return (side, other) => {
    const byPorts = known.get(side) ?? new Kept<string, boolean>();
    known.set(side, byPorts);
    const egress = clause.direction === 'egress';
    const destinations = egress ? [other] : own.here;
    // Pods with the same ports under the same policies are answered alike; in ingress the ports are those of this end.
    return byPorts.of(egress ? portsKey(other.ports) : '', () =>
      side.entries.some((entry) => {
        const open = destinations.some(
          (unit) => !isEmpty(intersectPorts(portsOf(entry.clause, unit.ports).may, wanted(unit))),
        );
        return open && meets(input, entry, own);
      }),
    );
  };
}

/** May the clause of the other end match one of the policy's pods? Few of them are asked one by one. */
function meets({ world, policy }: PolicyInput, entry: Entry, { subjects, here }: Own): boolean {
  const { peers } = entry.clause;
  if (peers === 'any') return true;
  if (subjects.size > here.length) {
    const { members } = entry;
    return members === 'any' || members.may.intersects(subjects);
  }
  const { namespace } = entry.governor.policy.ref;
  const labels = world.namespaceLabels(policy.ref.namespace);
  return here.some((unit) =>
    peers.some((peer) => readPeer(peer, namespace, unit, labels, world.profile).value !== 'no'),
  );
}
