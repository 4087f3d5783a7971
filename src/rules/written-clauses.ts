import type { Clause, CompiledPolicy, Direction } from '../model/policy.ts';
import { clausesOf, directions } from '../model/policy.ts';
import type { Protocol } from '../model/port.ts';

/**
 * A port item as the object has it. Compiled clauses hold what the network plugin makes of it instead, and nothing of
 * an item that the plugin drops.
 */
export interface WrittenPort {
  /** The clause as compiled. */
  readonly clause: Clause;
  readonly protocol: Protocol;
  readonly port: number | string | null;
  readonly endPort: number | null;
  /** Path of the item, for example `spec.egress[0].ports[1]`. */
  readonly at: string;
}

/** The port items of the clauses that have an effect. */
export function* writtenPorts(policy: CompiledPolicy): Iterable<WrittenPort> {
  for (const clause of directions.flatMap((direction) => clausesOf(policy, direction)))
    yield* writtenPortsOf(policy, clause);
}

/** The port items of one clause. */
export function* writtenPortsOf({ source }: CompiledPolicy, clause: Clause): Iterable<WrittenPort> {
  const items = source.spec?.[clause.direction][clause.index]?.ports ?? [];
  for (const [i, item] of items.entries()) {
    const { protocol, port, endPort } = item;
    yield { clause, protocol, port, endPort, at: `${clause.origin}.ports[${i}]` };
  }
}

/** A CIDR as it is written. */
export interface WrittenCidr {
  readonly direction: Direction;
  readonly text: string;
  /** Path, for example `spec.egress[0].to[0].ipBlock.except[1]`. */
  readonly at: string;
}

/** Every CIDR of the object, those of clauses without effect too: the API server looks at all of them. */
export function writtenCidrs({ source }: CompiledPolicy): readonly WrittenCidr[] {
  return directions.flatMap((direction) =>
    (source.spec?.[direction] ?? []).flatMap(({ peers }, i) =>
      peers.flatMap(({ ipBlock }, j) => {
        if (ipBlock === null) return [];
        const at = `spec.${direction}[${i}].${direction === 'ingress' ? 'from' : 'to'}[${j}].ipBlock`;
        const excepts = ipBlock.except.map((text, k) => ({ direction, text, at: `${at}.except[${k}]` }));
        return [{ direction, text: ipBlock.cidr, at: `${at}.cidr` }, ...excepts];
      }),
    ),
  );
}

/** The peers that lists hold, `any` giving none. */
export function peersOf({ peers }: Clause): Exclude<Clause['peers'], 'any'> {
  return peers === 'any' ? [] : peers;
}
