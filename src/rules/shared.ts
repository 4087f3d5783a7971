import type { Clause, Direction } from '../model/policy.ts';
import { Kept } from '../platform/kept.ts';
import type { Unit } from '../world/unit.ts';
import type { Fellow } from './fellow-policies.ts';

/** What rules about one version of one policy ask for alike: it is worked out by the first that does. */
export class Shared {
  /** Units that the policy selects, by what else is asked of them. */
  readonly units = new Kept<'all' | Direction, readonly Unit[]>();
  /** The pods that a clause's ports are ports of. */
  readonly destinations = new Kept<Clause, readonly Unit[] | null>();
  readonly fellows = new Kept<Direction, readonly Fellow[]>();
}
