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
}

/**
 * Cuts a rectangle of lost ports into its critical part (DNS, the backends of Ingresses and LoadBalancers) and the
 * rest. The facts are those of the world before: what is lost is what was there.
 */
export function gradeLoss(
  facts: Facts,
  world: World,
  sources: Ends,
  destinations: Ends,
  lost: PortSet,
): Graded[] {
  if (destinations.kind === 'internet') return [{ critical: false, sources, destinations }];
  const { units } = destinations;
  const losing = (ports: ReadonlyMap<number, PortSet>): BitSet =>
    BitSet.of(
      [...ports]
        .filter(([id, set]) => units.has(id) && !isEmpty(intersectPorts(set, lost)))
        .map(([id]) => id),
    );
  // Nobody outside the cluster is meant to ask its resolver.
  const dns = sources.kind === 'internet' ? new BitSet() : losing(facts.resolvers().ports);
  const parts: Graded[] = [];
  const rest = units.andNot(dns);
  if (!dns.isEmpty()) parts.push({ critical: true, sources, destinations: { kind: 'units', units: dns } });
  if (rest.isEmpty()) return parts;
  const backends = losing(backendPorts(facts, world, sources, rest)).and(rest);
  parts.push(...split(facts, sources, rest, backends));
  return parts;
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

function split(facts: Facts, sources: Ends, units: BitSet, backends: BitSet): Graded[] {
  const ends = (set: BitSet): Ends => ({ kind: 'units', units: set });
  if (backends.isEmpty()) return [{ critical: false, sources, destinations: ends(units) }];
  const parts: Graded[] = [];
  const others = units.andNot(backends);
  if (!others.isEmpty()) parts.push({ critical: false, sources, destinations: ends(others) });
  if (sources.kind === 'internet')
    return [...parts, { critical: true, sources, destinations: ends(backends) }];
  const callers = sources.units.and(facts.controllers());
  const strangers = sources.units.andNot(callers);
  parts.push({ critical: true, sources: ends(callers), destinations: ends(backends) });
  if (!strangers.isEmpty())
    parts.push({ critical: false, sources: ends(strangers), destinations: ends(backends) });
  return parts;
}
