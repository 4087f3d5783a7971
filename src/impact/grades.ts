import type { Facts } from '../platform/facts.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { World } from '../world/world.ts';
import type { Ends } from './rectangle.ts';

/** Part of a rectangle's ends whose connections have one grade. */
export interface Graded {
  readonly critical: boolean;
  readonly sources: Ends;
  readonly destinations: Ends;
  /** The lost ports that give the grade: the critical ones, or all. */
  readonly ports: PortSet;
}

/** Connections that the cluster's operators require by name: whatever is lost of them is critical. */
export interface Required {
  readonly sources: 'internet' | BitSet;
  readonly destinations: 'internet' | BitSet;
  readonly ports: PortSet;
}

/** Cuts what is required out of a rectangle of lost ports, then grades the rest by the cluster's own facts. */
export function gradeAll(
  facts: Facts,
  world: World,
  { sources, destinations, ports: lost }: Omit<Graded, 'critical'>,
  required: readonly Required[],
): Graded[] {
  const [first, ...others] = required;
  if (first === undefined) return gradeLoss(facts, world, sources, destinations, lost);
  const ports = intersectPorts(first.ports, lost);
  const from = cut(sources, first.sources);
  const to = cut(destinations, first.destinations);
  const rest = (ends: Omit<Graded, 'critical' | 'ports'>): Graded[] =>
    gradeAll(facts, world, { ...ends, ports: lost }, others);
  if (isEmpty(ports) || from.met === null || to.met === null) return rest({ sources, destinations });
  return [
    { critical: true, sources: from.met, destinations: to.met, ports },
    ...(from.rest === null ? [] : rest({ sources: from.rest, destinations })),
    ...(to.rest === null ? [] : rest({ sources: from.met, destinations: to.rest })),
  ];
}

interface CutEnds {
  readonly met: Ends | null;
  readonly rest: Ends | null;
}

function cut(ends: Ends, by: Required['sources']): CutEnds {
  if (ends.kind === 'internet' || by === 'internet')
    return ends.kind === by ? { met: ends, rest: null } : { met: null, rest: ends };
  const [met, rest] = [ends.units.and(by), ends.units.andNot(by)];
  return {
    met: met.isEmpty() ? null : { kind: 'units', units: met },
    rest: rest.isEmpty() ? null : { kind: 'units', units: rest },
  };
}

/**
 * Cuts a rectangle of lost ports into its critical part (DNS, the backends of Ingresses and LoadBalancers) and the
 * rest. The facts are those of the world before: what is lost is what was there.
 */
function gradeLoss(facts: Facts, world: World, sources: Ends, destinations: Ends, lost: PortSet): Graded[] {
  if (destinations.kind === 'internet') return [{ critical: false, sources, destinations, ports: lost }];
  const { units } = destinations;
  const losing = (ports: ReadonlyMap<number, PortSet>): BitSet =>
    BitSet.of(
      [...ports]
        .filter(([id, set]) => units.has(id) && !isEmpty(intersectPorts(set, lost)))
        .map(([id]) => id),
    );
  // Nobody outside the cluster is meant to ask its resolver.
  const resolvers = facts.resolvers().ports;
  const dns = sources.kind === 'internet' ? new BitSet() : losing(resolvers);
  const parts: Graded[] = [];
  const rest = units.andNot(dns);
  if (!dns.isEmpty()) {
    const ports = intersectPorts(portsOfAll(dns, resolvers), lost);
    parts.push({ critical: true, sources, destinations: { kind: 'units', units: dns }, ports });
  }
  if (rest.isEmpty()) return parts;
  const called = backendPorts(facts, world, sources, rest);
  const backends = losing(called).and(rest);
  const critical = intersectPorts(portsOfAll(backends, called), lost);
  parts.push(...split(facts, sources, rest, backends, { lost, critical }));
  return parts;
}

function portsOfAll(units: BitSet, ports: ReadonlyMap<number, PortSet>): PortSet {
  return units.toArray().reduce((sum: PortSet, id) => unionPorts(sum, ports.get(id) ?? noPorts), noPorts);
}

/** Ports of exposed pods that these sources are meant to call. */
function backendPorts(facts: Facts, world: World, sources: Ends, units: BitSet): Map<number, PortSet> {
  const ports = new Map<number, PortSet>();
  const called = sources.kind === 'internet' || sources.units.intersects(facts.controllers());
  if (!called) return ports;
  const namespaces = new Set<string>();
  units.forEach((id) => {
    namespaces.add(world.unit(id)?.namespace ?? '');
  });
  for (const exposure of [...namespaces].flatMap((namespace) => facts.exposures(namespace))) {
    // Critical are "the backend of an Ingress or LoadBalancer"; a NodePort may be open for no other reason than its type.
    if (exposure.by === 'NodePort' || (exposure.callers === 'internet') !== (sources.kind === 'internet'))
      continue;
    for (const [id, set] of exposure.ports) ports.set(id, unionPorts(ports.get(id) ?? noPorts, set));
  }
  return ports;
}

function split(
  facts: Facts,
  sources: Ends,
  units: BitSet,
  backends: BitSet,
  { lost, critical }: { readonly lost: PortSet; readonly critical: PortSet },
): Graded[] {
  const part = (from: Ends, to: BitSet, isCritical: boolean): Graded => ({
    critical: isCritical,
    sources: from,
    destinations: { kind: 'units', units: to },
    ports: isCritical ? critical : lost,
  });
  if (backends.isEmpty()) return [part(sources, units, false)];
  const parts: Graded[] = [];
  const others = units.andNot(backends);
  if (!others.isEmpty()) parts.push(part(sources, others, false));
  if (sources.kind === 'internet') return [...parts, part(sources, backends, true)];
  const callers = sources.units.and(facts.controllers());
  const strangers = sources.units.andNot(callers);
  parts.push(part({ kind: 'units', units: callers }, backends, true));
  if (!strangers.isEmpty()) parts.push(part({ kind: 'units', units: strangers }, backends, false));
  return parts;
}
