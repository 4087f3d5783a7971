import type { CompiledPolicy } from '../model/policy.ts';

/** A namespace is settled so long after its last policy change; milliseconds. */
const quietMs = 30_000;
/** And so long after the first one, however busy it is. */
const restlessMs = 5 * 60_000;

interface Unrest {
  /** The policies that were in force before the first change. */
  readonly before: readonly CompiledPolicy[];
  readonly first: number;
  last: number;
}

export interface Settled {
  readonly namespace: string;
  readonly before: readonly CompiledPolicy[];
}

/**
 * Which namespaces have policy changes under way. "The first policy change in a quiet namespace freezes the policies that
 * were in force; 30 s after the last change (at most 5 min)" it is settled. Pure: time is given.
 */
export class Settling {
  private readonly unrest = new Map<string, Unrest>();

  /** A policy of the namespace is about to change; `inForce` is asked for the policies only where it was quiet. */
  changed(namespace: string, inForce: () => Iterable<CompiledPolicy>, now: number): void {
    const known = this.unrest.get(namespace);
    if (known === undefined) this.unrest.set(namespace, { before: [...inForce()], first: now, last: now });
    else known.last = now;
  }

  isUnsettled(namespace: string): boolean {
    return this.unrest.has(namespace);
  }

  /** One namespace that has settled by now, or null; the one whose changes began first. */
  take(now: number): Settled | null {
    for (const [namespace, { before, first, last }] of this.unrest) {
      if (now < Math.min(last + quietMs, first + restlessMs)) continue;
      this.unrest.delete(namespace);
      return { namespace, before };
    }
    return null;
  }
}
