import { portsOf } from '../impact/side.ts';
import type { FixStep } from '../model/finding.ts';
import { type BlockPeer, type Clause, clausesOf } from '../model/policy.ts';
import { shapeOf } from '../platform/shape-of.ts';
import { formatAddress, parseAddress } from '../sets/addresses.ts';
import { hasPort } from '../sets/port-set.ts';
import { blockHolds, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { isolatedUnits, podsOf } from './isolated-pods.ts';
import { kindOfPods, podsDo, portsKeyOf } from './phrases.ts';
import type { Draft, PolicyInput, PolicyRule } from './rule.ts';
import { peersOf } from './written-clauses.ts';

/**
 * R27. Pods whose egress is restricted may still reach the address where a cloud hands out the machine's credentials,
 * 169.254.169.254, because a broad block or a clause without peers holds it.
 *
 * Fine where the clause lists ports without 80, where a policy of the pods names the address itself (they are meant to
 * ask it), and for pods with the annotation `netsluice.dev/cloud-metadata: allowed`.
 *
 * Fix: leave that one address out; all of 169.254.0.0/16 would take the node-local DNS cache with it. On Azure and GKE
 * the same address, or one beside it, serves DNS.
 */
export const metadataEndpointReachable: PolicyRule = {
  id: 'metadata-endpoint-reachable',
  number: 'R27',
  title: 'Pods may reach the metadata service of the cloud',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: ['Pod', 'NetworkPolicy'],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why:
      'Every machine of a cloud can ask 169.254.169.254 (on AWS also fd00:ec2::254) for credentials of its own, over plain ' +
      'HTTP, and so can every pod on it. A policy that restricts egress and then allows `0.0.0.0/0`, with the private ' +
      'ranges in `except`, still allows this address: link-local addresses are not private ones. Code that can be made ' +
      'to fetch an URL can then be made to hand over the credentials of the node.',
    fix:
      'Add `169.254.169.254/32` to `except` (for `::/0`, `fd00:ec2::254/128`). Do not leave out all of 169.254.0.0/16: the ' +
      'node-local DNS cache answers on 169.254.20.10. `lint --fix` adds the one address where the pods have another clause ' +
      'for DNS or the clause does not allow port 53, because Cloud DNS for GKE resolves on this very address.',
    fine:
      'Pods that use the identity of their workload need the address. Netsluice is silent where a policy that selects the ' +
      'pods names the address, or a range of at most 256 addresses with it, where the clause lists ports and 80 is not ' +
      'among them, and for pods whose template has the annotation `netsluice.dev/cloud-metadata: allowed`. In a cluster ' +
      'without cloud metadata turn the rule off in the settings.',
    platforms:
      'A policy cannot block it everywhere: Azure also serves it on 168.63.129.16, which nodes need, and GKE on ' +
      '169.254.169.252 port 988. Where the platform can be told to refuse pods (a hop limit of 1 on AWS), do that as well.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const clauses = clausesOf(input.policy, 'egress').filter(allowsHttp);
    const reached = clauses.flatMap((clause) => reachedBy(clause).map((found) => ({ clause, ...found })));
    if (reached.length === 0) return;
    const pods = isolatedUnits(input, 'egress').filter((unit) => !isMeant(input.world, unit));
    if (pods.length === 0) return;
    const may = 'may reach';
    const told = podsDo(pods, kindOfPods(input), { one: may, many: may, invented: may });
    const seen = new Set<string>();
    for (const { clause, peer, address } of reached) {
      const key = `${peer?.key ?? 'any'} ${portsKeyOf(clause)}`;
      // Some plugins make two blocks of the one that is written.
      if (seen.has(key) || (peer !== null && seen.has(peer.origin))) continue;
      seen.add(key).add(peer?.origin ?? '');
      const text = formatAddress(address);
      yield {
        key,
        at: peer === null ? clause.origin : `${peer.origin}.ipBlock.cidr`,
        happens: [`${told} ${text}, where clouds hand out credentials of the node`],
        advice: [peer === null ? 'name the peers in to' : `add ${single(text)} to except`],
        affected: podsOf(pods),
        fix: peer === null ? [] : fixOf(input, clause, peer, text),
      };
    }
  },
};

const addresses = ['169.254.169.254', 'fd00:ec2::254'].flatMap((text) => parseAddress(text) ?? []);

/** A range this small that holds the address was written for it. */
const deliberateMax = 256n;

function allowsHttp(clause: Clause): boolean {
  return hasPort(portsOf(clause, []).may, 'TCP', 80);
}

function reachedBy(clause: Clause): { readonly peer: BlockPeer | null; readonly address: bigint }[] {
  const [first] = addresses;
  if (clause.peers === 'any') return first === undefined ? [] : [{ peer: null, address: first }];
  return clause.peers.flatMap((peer) => {
    const address = peer.kind === 'block' && !isSmall(peer) ? heldBy(peer) : undefined;
    return peer.kind !== 'block' || address === undefined ? [] : [{ peer, address }];
  });
}

function heldBy({ block }: BlockPeer): bigint | undefined {
  return addresses.find((address) => blockHolds(block, address));
}

function isSmall({ block: { range } }: BlockPeer): boolean {
  return range.last - range.first < deliberateMax;
}

/** Somebody says that the pod is to ask the service: its annotation, or a policy that names the address. */
function isMeant(world: World, unit: Unit): boolean {
  if (shapeOf(world, unit)?.annotations.get('netsluice.dev/cloud-metadata') === 'allowed') return true;
  return world
    .governing(unit.id, 'egress')
    .governors.some(({ clauses }) =>
      clauses.some(
        (clause) =>
          allowsHttp(clause) &&
          peersOf(clause).some(
            (peer) => peer.kind === 'block' && isSmall(peer) && heldBy(peer) !== undefined,
          ),
      ),
    );
}

/** Mechanical only where no DNS is lost with the address. */
function fixOf({ policy, facts }: PolicyInput, clause: Clause, peer: BlockPeer, text: string): FixStep[] {
  const others = clausesOf(policy, 'egress').filter((each) => each !== clause);
  const asks = facts.resolvers().units.isEmpty() && allowsDns(clause) && !others.some(allowsDns);
  return asks ? [] : [{ op: 'append', at: `${peer.origin}.ipBlock.except`, value: single(text) }];
}

function allowsDns(clause: Clause): boolean {
  return hasPort(portsOf(clause, []).may, 'UDP', 53);
}

function single(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
