import type { AddressRange } from '../model/policy.ts';
import type { Protocol } from '../model/port.ts';
import type { Facts } from '../platform/facts.ts';
import { formatAddress, parseAddress } from '../sets/addresses.ts';
import { intersectPorts, isEmpty, type PortSet, portRuns } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { podIds, type Unit } from '../world/unit.ts';
import { criticalPorts, type Facet, holds } from './facet.ts';
import type { Outcome } from './outcome.ts';

/** One flow whose verdict the change changes; the ends as the command line takes them, `pod:ns/name` or `ip:ADDRESS`. */
export interface Witness {
  readonly src: string;
  readonly dst: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** An end as witnesses are looked for: the units of a workload or pod, or addresses. */
export interface WitnessEnd {
  /** Null stands for an address outside. */
  readonly units: readonly (number | null)[];
  readonly range: AddressRange | null;
  /** The pod, where the end is one. */
  readonly pod: string | null;
}

/** "192.0.2.0/24 … for use in documentation", and the same for IPv6. */
const exampleAddresses: readonly bigint[] = ['192.0.2.1', '2001:db8::1'].flatMap(
  (text) => parseAddress(text) ?? [],
);

/** Finds flows; prefers ports that are critical, then those that something declares. */
export class Witnesses {
  private readonly worlds: Overlay;
  private readonly facts: Facts;
  private readonly names = new Map<number, Names>();

  constructor(worlds: Overlay, facts: Facts) {
    this.worlds = worlds;
    this.facts = facts;
  }

  of(outcome: Outcome, facets: readonly Facet[], from: WitnessEnd, to: WitnessEnd): Witness | null {
    for (const which of ['lost', 'gained', 'undecided'] as const) {
      if (isEmpty(outcome[which])) continue;
      const ports = outcome[which];
      const found =
        this.inFacets(facets, which, ports, from, to) ??
        this.anyPair(ports, this.passing(from), to) ??
        this.anyPair(ports, from, this.passing(to)) ??
        this.anyPair(ports, from, to);
      if (found !== null) return found;
    }
    return null;
  }

  private inFacets(
    facets: readonly Facet[],
    which: 'lost' | 'gained' | 'undecided',
    ports: PortSet,
    from: WitnessEnd,
    to: WitnessEnd,
  ): Witness | null {
    const worst = [...facets].sort(
      (a, b) => Number(isCritical(b, from, to)) - Number(isCritical(a, from, to)),
    );
    for (const facet of worst) {
      const own = intersectPorts(facet.rectangle[which], ports);
      if (isEmpty(own)) continue;
      const critical = criticalPorts(facet, from.units, to.units);
      const wanted = critical === null ? own : intersectPorts(own, critical);
      const chosen = { from: within(from, facet, 'sources'), to: within(to, facet, 'destinations') };
      const found = this.anyPair(isEmpty(wanted) ? own : wanted, chosen.from, chosen.to);
      if (found !== null) return found;
    }
    return null;
  }

  /** Pods that come or go: where no rectangle has changed, it is they who change what every pod may do. */
  private passing(end: WitnessEnd): WitnessEnd {
    const { before, after } = this.worlds;
    const passes = (unit: number | null): boolean =>
      unit !== null && (before.unit(unit) === undefined) !== (after.unit(unit) === undefined);
    return { ...end, units: end.units.filter(passes) };
  }

  /** The first pair of pods that has both ends, and one of the ports between them. */
  private anyPair(ports: PortSet, from: WitnessEnd, to: WitnessEnd): Witness | null {
    for (const source of from.units) {
      for (const destination of to.units) {
        const names = this.pairOf(source, destination, from, to);
        if (names !== null) return this.flow(ports, names.src, names.dst, destination);
      }
    }
    return null;
  }

  /** A call of the API server to one of these pods. */
  call(ports: PortSet, units: readonly number[]): Witness | null {
    const [unit] = units;
    if (unit === undefined) return null;
    const [pod] = sides.flatMap((side) => this.namesOf(unit, { units, range: null, pod: null }, side));
    return pod === undefined ? null : this.flow(ports, 'api-server', pod, unit);
  }

  private flow(ports: PortSet, src: string, dst: string, destination: number | null): Witness | null {
    const unit = destination === null ? undefined : this.unit(destination);
    const declared = unit === undefined ? [] : intersectPorts(this.facts.declared(unit), ports);
    const [run] = portRuns(isEmpty(declared) ? ports : declared);
    return run === undefined ? null : { src, dst, protocol: run.protocol, port: run.from };
  }

  /** Two pods that exist together: at best before and after. */
  private pairOf(
    source: number | null,
    destination: number | null,
    from: WitnessEnd,
    to: WitnessEnd,
  ): { readonly src: string; readonly dst: string } | null {
    for (const side of sides) {
      const destinations = this.namesOf(destination, to, side);
      for (const src of this.namesOf(source, from, side)) {
        const dst = destinations.find((name) => name !== src);
        if (dst !== undefined) return { src, dst };
      }
    }
    return null;
  }

  /** At most two names: more are never needed to tell a pod from another. */
  private namesOf(unit: number | null, { range, pod }: WitnessEnd, side: keyof Names): readonly string[] {
    if (pod !== null) return [`pod:${pod}`];
    if (unit === null) return range === null ? [] : [`ip:${formatAddress(this.freeIn(range))}`];
    const known = this.names.get(unit) ?? namesFrom(this.worlds, unit);
    this.names.set(unit, known);
    return known[side];
  }

  /** An address that neither a pod nor a node has; one that is kept for examples where the range holds it. */
  private freeIn({ first, last }: AddressRange): bigint {
    const usual = exampleAddresses.find(
      (each) => each >= first && each <= last && !this.worlds.after.owns(each),
    );
    if (usual !== undefined) return usual;
    let address = first;
    while (address < last && this.worlds.after.owns(address)) address += 1n;
    return address;
  }

  private unit(id: number): Unit | undefined {
    return this.worlds.before.unit(id) ?? this.worlds.after.unit(id);
  }
}

function isCritical(facet: Facet, from: WitnessEnd, to: WitnessEnd): boolean {
  return criticalPorts(facet, from.units, to.units) !== null;
}

function within(end: WitnessEnd, facet: Facet, side: 'sources' | 'destinations'): WitnessEnd {
  return { ...end, units: end.units.filter((unit) => holds(facet[side], unit)) };
}

/** Where a pod that is named should be, the best first. */
const sides = ['both', 'after', 'before'] as const;

/** Names of a unit's pods that are there before and after, and of those of each side. */
type Names = Readonly<Record<(typeof sides)[number], readonly string[]>>;

function namesFrom({ before, after }: Overlay, id: number): Names {
  const [then = [], now = []] = [before, after].map((world) => {
    const unit = world.unit(id);
    return unit === undefined ? [] : podIds(unit);
  });
  const old = new Set(then);
  const firstTwo = (ids: readonly string[]): readonly string[] =>
    ids
      .toSorted()
      .slice(0, 2)
      .map((pod) => `pod:${pod}`);
  return {
    both: firstTwo(now.filter((pod) => old.has(pod))),
    after: firstTwo(now),
    before: firstTwo(then),
  };
}
