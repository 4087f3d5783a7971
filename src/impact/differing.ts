import { BitSet } from '../sets/bitset.ts';
import type { When } from './group.ts';
import type { Entry, Side } from './side.ts';

/**
 * The clauses that only one side of a change has. Whoever none of them matches is decided by the same clauses before and
 * after. Null where more than clauses differ, so that everybody may be concerned.
 */
export function differingEntries({ before, after }: Readonly<Record<When, Side>>): readonly Entry[] | null {
  if (endOf(before) !== endOf(after)) return null;
  if (before.governing.doubt !== null || after.governing.doubt !== null) return null;
  const only = (side: Side, other: Side): Entry[] => {
    const clauses = new Set(other.entries.map(({ clause }) => clause));
    return side.entries.filter(({ clause }) => !clauses.has(clause));
  };
  return [...only(before, after), ...only(after, before)];
}

/** What becomes of whom no clause matches: the tiers that are closed. */
function endOf({ governing: { governors, isolated } }: Side): string {
  const closed = governors
    .filter(({ isolates }) => isolates)
    .map(({ policy: { tier } }) => `${tier.order} ${tier.end}`);
  return [isolated, governors.length > 0, ...new Set(closed)].join();
}

/** Units that one of the clauses may match; null where that is everybody. */
export function unitsMet(entries: readonly Entry[]): BitSet | null {
  const sets: BitSet[] = [];
  for (const { members } of entries) {
    if (members === 'any') return null;
    sets.push(members.may);
  }
  return BitSet.union(sets);
}

/** May one of the clauses match an address outside the cluster? */
export function meetInternet(entries: readonly Entry[]): boolean {
  return entries.some(
    ({ clause: { peers } }) =>
      peers === 'any' || peers.some((peer) => peer.kind === 'block' || peer.outside !== 'no'),
  );
}
