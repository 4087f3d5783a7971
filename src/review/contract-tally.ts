import { ConnectionCount } from '../impact/connection-count.ts';
import type { Ends } from '../impact/rectangle.ts';
import { WorkloadNumbers } from '../impact/workload-numbers.ts';
import type { BitSet } from '../sets/bitset.ts';
import { isEmpty, type PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { weightOf } from '../world/unit.ts';
import type { Contract } from './contract.ts';
import type { PairClass } from './contract-pairs.ts';
import { better, type Witness, witnessOf } from './contract-witness.ts';

/** Ports of a pair that break a contract, for sure and perhaps. */
export interface Breach {
  readonly sure: PortSet;
  readonly perhaps: PortSet;
}

type How = 'broken' | 'unknown';

/** Counts the connections that break one contract, and keeps the first of them by name. */
export class ContractTally {
  private readonly counts: Readonly<Record<How, ConnectionCount>>;
  private readonly witnesses: Record<How, Witness | null> = { broken: null, unknown: null };
  private readonly contract: Contract;
  private readonly worlds: Overlay;
  private readonly strangers: BitSet;
  private found = false;

  /** `strangers` are invented pods: they break a contract, and have no connections that could be counted. */
  constructor(contract: Contract, worlds: Overlay, strangers: BitSet) {
    this.contract = contract;
    this.worlds = worlds;
    this.strangers = strangers;
    const numbers = new WorkloadNumbers(worlds);
    this.counts = {
      broken: new ConnectionCount(worlds, numbers, 'examples'),
      unknown: new ConnectionCount(worlds, numbers, 'examples'),
    };
  }

  /** Takes the pairs in; false where there is none, because a pod with itself is no pair. */
  add(pairs: PairClass, { sure, perhaps }: Breach): boolean {
    if (isSelfOnly(this.worlds, pairs)) return false;
    this.found = true;
    if (!isEmpty(sure)) this.breaks('broken', pairs, sure);
    if (!isEmpty(perhaps)) this.breaks('unknown', pairs, perhaps);
    return true;
  }

  private breaks(how: How, pairs: PairClass, ports: PortSet): void {
    const [sources, destinations] = [pairs.sources, pairs.destinations].map((ends) => this.real(ends));
    if (sources !== undefined && destinations !== undefined)
      this.counts[how].add(sources, destinations, ports);
    const witness = witnessOf(this.contract, this.worlds.after, pairs, ports, this.strangers);
    this.witnesses[how] = better(this.witnesses[how], witness);
  }

  private real(ends: Ends): Ends | undefined {
    if (ends.kind === 'internet' || !ends.units.intersects(this.strangers)) return ends;
    const units = ends.units.andNot(this.strangers);
    return units.isEmpty() ? undefined : { kind: 'units', units };
  }

  /** Was any pair taken in? */
  get hasPairs(): boolean {
    return this.found;
  }

  get isBroken(): boolean {
    return this.witnesses.broken !== null;
  }

  /** Pairs of workloads; invented pods have none. */
  count(how: How): number {
    return this.counts[how].size;
  }

  witness(how: How): Witness | null {
    return this.witnesses[how];
  }
}

/** Is the only pair of a class that of a pod with itself? It "never counts". */
function isSelfOnly(worlds: Overlay, { sources, destinations }: PairClass): boolean {
  if (sources.kind !== 'units' || destinations.kind !== 'units') return false;
  const id = sources.units.first();
  if (id !== destinations.units.first() || sources.units.size > 1 || destinations.units.size > 1)
    return false;
  return [worlds.before.unit(id), worlds.after.unit(id)].every(
    (unit) => unit === undefined || weightOf(unit) < 2,
  );
}
