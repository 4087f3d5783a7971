import { portsOf } from '../impact/side.ts';
import { type BlockPeer, type Clause, clausesOf, directions, type Peer } from '../model/policy.ts';
import { rangesOf } from '../sets/addresses.ts';
import { intersectPorts, isEmpty } from '../sets/port-set.ts';
import { isWide, overlaps } from '../sets/ranges.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { dualUnits } from './dual-stack.ts';
import { podsOf } from './isolated-pods.ts';
import { kindOfPods, podsDo, portsKeyOf } from './phrases.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { peersOf } from './written-clauses.ts';

/**
 * R44. The pods speak IPv4 and IPv6, and a policy's blocks for "everywhere" are of one family only, or leave out private
 * ranges in one family only. Programs try both families, most often IPv6 first.
 *
 * Fine in clusters of one family, for blocks of particular machines, where another policy covers the other family, and
 * where the policy says that one family is meant: annotation `netsluice.dev/ip-families`.
 *
 * Fix: write the block of the other family too. Plugins differ in whether they enforce both.
 */
export const singleIpFamily: PolicyRule = {
  id: 'single-ip-family',
  number: 'R44',
  title: 'Blocks for everywhere are of one address family, and the pods speak both',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: ['Pod', 'Node', 'NetworkPolicy'],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why:
      'On a dual-stack cluster every pod has an IPv4 and an IPv6 address, and a policy isolates it in both families at ' +
      'once. `0.0.0.0/0` is every IPv4 address and no IPv6 address: programs that try IPv6 first run into timeouts, and ' +
      'clients that come over IPv6 get no answer. The other way round is worse: `0.0.0.0/0` with the private ranges in ' +
      '`except` beside a bare `::/0` keeps pods from private networks over IPv4 and lets them in over IPv6.',
    fix:
      'Write the counterpart: `::/0` beside `0.0.0.0/0`, with `except` `fc00::/7` and `fe80::/10` where the private IPv4 ' +
      'ranges are left out.',
    fine:
      'Blocks of particular machines or networks have no counterpart; only blocks of an eighth of all addresses or more ' +
      'are told. Netsluice is silent where no pod or node has both families, where another policy of the pods covers the ' +
      'other family, and where the policy says that one family is meant, with the annotation ' +
      '`netsluice.dev/ip-families: IPv4` (or `IPv6`).',
    platforms:
      'Some versions of Cilium take `0.0.0.0/0` for IPv6 too. The AWS VPC CNI enforces one family for each cluster and ' +
      'leaves the other one open.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { policy } = input;
    if (policy.source.annotations.has('netsluice.dev/ip-families')) return;
    for (const direction of directions) {
      const wide = clausesOf(policy, direction).filter((clause) => peersOf(clause).some(isEverywhere));
      const pods = wide.length === 0 ? [] : dualUnits(input, direction);
      if (pods.length === 0) continue;
      for (const clause of wide) {
        for (const peer of peersOf(clause)) if (isEverywhere(peer)) yield* judge(input, clause, peer, pods);
      }
    }
  },
};

function isEverywhere(peer: Peer): peer is BlockPeer {
  return peer.kind === 'block' && isWide(peer.block);
}

const reach = {
  one: 'reaches nothing outside by it',
  many: 'reach nothing outside by it',
  invented: 'reaches nothing outside by it',
};
const admit = {
  one: 'admits nobody from outside by it',
  many: 'admit nobody from outside by it',
  invented: 'admits nobody from outside by it',
};

function* judge(input: PolicyInput, clause: Clause, peer: BlockPeer, pods: readonly Unit[]): Iterable<Draft> {
  const { family, except } = peer.block;
  const { direction } = clause;
  const other = family === 4 ? 6 : 4;
  const key = `${direction} ${peer.key} ${portsKeyOf(clause)}`;
  const at = `${peer.origin}.ipBlock.cidr`;
  const [cidr = ''] = peer.block.text.split(' except ');
  const counterparts = peersOf(clause).filter((each) => isEverywhere(each) && each.block.family === other);
  const harmed = pods.filter((unit) => !coversFamily(input.world, unit, clause, other));
  if (harmed.length > 0) {
    const does = podsDo(harmed, kindOfPods(input), direction === 'ingress' ? admit : reach);
    yield {
      key,
      at,
      happens: [`${cidr} is IPv${family} only: over IPv${other} ${does}`],
      advice: adviceOf(input, other),
      affected: podsOf(harmed),
    };
    return;
  }
  const bare =
    except.length === 0 && counterparts.some((each) => each.kind === 'block' && leavesPrivateOut(each));
  if (!bare) return;
  yield {
    key: `${key} except`,
    at,
    happens: [`${cidr} has no exceptions, and IPv${other} beside it leaves out private ranges`],
    advice: [`leave out ${family === 6 ? 'fc00::/7 and fe80::/10' : 'the private ranges'} too`],
    affected: podsOf(pods),
  };
}

function adviceOf({ world }: PolicyInput, other: 4 | 6): Draft['advice'] {
  const { ipFamilies } = world.profile;
  // "A cluster is either IPv4 or IPv6": rules of the other family have no effect, and nothing blocks it.
  if (ipFamilies === 'ipv4' || ipFamilies === 'ipv6')
    return [`this network plugin does not enforce IPv${other} at all`];
  return [`add ${other === 6 ? '::/0' : '0.0.0.0/0'}, or annotate netsluice.dev/ip-families`];
}

/** Does any policy of the unit open some of the clause's ports to everywhere in the other family? */
function coversFamily(world: World, { id }: Unit, clause: Clause, family: 4 | 6): boolean {
  const ports = portsOf(clause, []).may;
  return world.governing(id, clause.direction).governors.some(({ clauses }) =>
    clauses.some((each) => {
      const open =
        each.peers === 'any' || each.peers.some((peer) => isEverywhere(peer) && peer.block.family === family);
      return open && (isEmpty(ports) || !isEmpty(intersectPorts(portsOf(each, []).may, ports)));
    }),
  );
}

const privateRanges = rangesOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7');

function leavesPrivateOut({ block }: BlockPeer): boolean {
  return block.except.some((hole) => privateRanges.some((range) => overlaps(hole, range)));
}
