import {
  type AddressBlock,
  type Clause,
  clausesOf,
  type Direction,
  directions,
  type Peer,
} from '../model/policy.ts';
import type { Unit } from '../world/unit.ts';
import { sidesIn } from './isolated-pods.ts';
import { portsKeyOf } from './phrases.ts';
import { realSubjects } from './pod-peers.ts';
import type { Draft, PolicyInput, PolicyRule } from './rule.ts';

/**
 * R58. The policy, or it and others of the same pods, asks more of the network plugin than that is documented to bear:
 * ports for one address, or entries in the map of a pod. What is beyond the limit is dropped in silence.
 */
export const cniLimitExceeded: PolicyRule = {
  id: 'cni-limit-exceeded',
  number: 'R58',
  title: 'The policy is beyond a limit of the network plugin',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'heuristic',
  cure: 'policy',
  needs: [],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      Plugins keep policies in tables of a fixed size. What does not fit is left out: connections that a
      clause allows are blocked, for some pods and not for others, and only the log of the agent tells.`,
    fix: `
      Write ranges with \`endPort\` for single ports, a wider block for many small ones, and a selector
      for the pods that are meant. A long list of \`except\` counts as many blocks.`,
    fine: `
      Netsluice estimates: it counts what is written and the pods there are now, not what the agent
      makes of it. The message has the number and the documented limit. Limits that nobody knows are not
      looked at; set \`platform.portsPerBlock\` and \`platform.policyEntries\` to those of your version.`,
    platforms: `
      The agent of AWS takes 24 combinations of port and protocol for one address. Cilium's policy map
      has 16384 entries for a pod, unless the installation made it larger.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { portsPerBlock, policyEntries } = input.world.profile;
    if (portsPerBlock === 'unknown' && policyEntries === 'unknown') return;
    for (const direction of directions) {
      const own = clausesOf(input.policy, direction);
      if (own.length === 0) continue;
      const sides = clausesTogether(input, direction);
      if (portsPerBlock !== 'unknown') yield* tooManyPorts(own, sides, direction, portsPerBlock);
      if (policyEntries === 'unknown') continue;
      const entries = Math.max(...sides.map((clauses) => estimate(input, clauses)));
      if (entries > policyEntries)
        yield {
          key: `entries ${direction}`,
          at: `spec.${direction}`,
          happens: [
            `about ${entries} entries for ${direction} of one pod, where the plugin documents ${policyEntries}`,
          ],
          advice: ['select fewer pods, write wider blocks or fewer ports'],
          affected: [],
        };
    }
  },
};

/** So many units of a policy are asked which clauses they have together; most share theirs with many others. */
const unitsMax = 500;

/** The clauses that the pods of a policy have in a direction, from all their policies, each list once. */
function clausesTogether(input: PolicyInput, direction: Direction): readonly (readonly Clause[])[] {
  const { world, policy } = input;
  const sideFor = sidesIn(world, direction);
  const units: readonly Unit[] = realSubjects(input);
  const sides = new Set(units.slice(0, unitsMax).map(sideFor));
  const lists = [...sides].map(({ entries }) => entries.map(({ clause }) => clause));
  return [clausesOf(policy, direction), ...lists];
}

function* tooManyPorts(
  own: readonly Clause[],
  sides: readonly (readonly Clause[])[],
  direction: Direction,
  most: number,
): Iterable<Draft> {
  const told = new Set<string>();
  for (const clause of own) {
    for (const peer of clause.peers === 'any' ? [] : clause.peers) {
      if (told.has(peer.key)) continue;
      const count = Math.max(...sides.map((clauses) => portsFor(peer, clauses)));
      if (count <= most) continue;
      told.add(peer.key);
      yield {
        key: `ports ${direction} ${peer.key}`,
        at: peer.origin,
        happens: [
          `${peer.kind === 'block' ? peer.block.text : 'this peer'} has ${count} ports in ${direction}, `,
          `where the plugin documents ${most}`,
        ],
        advice: ['write ranges with endPort'],
        affected: [],
      };
    }
  }
}

/** How many combinations of port and protocol the clauses list for one peer. */
function portsFor({ key }: Peer, clauses: readonly Clause[]): number {
  const named = clauses.filter(({ peers }) => peers !== 'any' && peers.some((peer) => peer.key === key));
  const listed = named.flatMap((clause) => portsKeyOf(clause).split(','));
  return new Set(listed).size;
}

/** About one entry for each identity or block and each port; the pods that a peer matches stand for identities. */
function estimate({ world, policy }: PolicyInput, clauses: readonly Clause[]): number {
  return clauses.reduce((sum, clause) => {
    const ports = clause.ports === 'any' ? 1 : clause.ports.length;
    const { namespace } = policy.ref;
    const peers =
      clause.peers === 'any'
        ? 1
        : clause.peers.reduce(
            (of, peer) =>
              of + (peer.kind === 'block' ? blocksIn(peer.block) : world.peerUnits(namespace, peer).may.size),
            0,
          );
    return sum + ports * peers;
  }, 0);
}

/** A block without its excepts is written as blocks that leave them out: one for each bit by which an except is longer. */
function blocksIn({ range, except }: AddressBlock): number {
  const bits = ({ first, last }: typeof range): number => (last - first + 1n).toString(2).length - 1;
  return except.reduce((sum, slice) => sum + bits(range) - bits(slice), except.length === 0 ? 1 : 0);
}
