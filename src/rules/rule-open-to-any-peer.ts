import type { Level, Severity } from '../model/finding.ts';
import { type Clause, type CompiledPolicy, clausesOf, directions, type Peer } from '../model/policy.ts';
import { selectsEverything } from '../model/selector.ts';
import { isOutsideFacing } from './outside-facing.ts';
import { clausePorts, portsKeyOf } from './phrases.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R05. A clause without peers admits every pod, node and outside address. Without ports too, "no additional policy can
 * cause any incoming connection to be denied": it undoes every other policy of these pods.
 */
export const ruleOpenToAnyPeer: PolicyRule = {
  id: 'rule-open-to-any-peer',
  number: 'R05',
  title: 'A clause without peers admits everybody',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      An absent or empty \`from\` does not mean nobody: the clause admits every pod, every node and
      every address outside. Where it lists no ports either, no other policy can take anything away
      again, because policies only add up.`,
    fix: `
      Name the peers in \`from\` or \`to\`. For "every pod of this namespace" write \`podSelector: {}\`.`,
    fine: `
      It is fine where everybody is meant, and then an info: ports that the API server calls, that stand
      behind a LoadBalancer or NodePort, or on which the cluster's resolver answers, and egress to port
      53. No selector matches those callers. It weighs most for ingress on all ports.

      A clause that lets certain peers in on all ports is an info too: name the ports.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const clause of directions.flatMap((direction) => clausesOf(input.policy, direction))) {
      const few = clause.peers === 'any' ? null : peersKeyOf(clause.peers);
      const key = few === null ? `${clause.direction} ${portsKeyOf(clause)}` : `all ports for ${few}`;
      if (told.has(key) || (few !== null && !isWideForFew(input.policy, clause))) continue;
      told.add(key);
      if (few !== null) {
        yield { ...allPorts, key, at: clause.origin };
        continue;
      }
      const ingress = clause.direction === 'ingress';
      yield {
        key,
        at: clause.origin,
        happens: [
          ingress
            ? `everybody, inside and outside the cluster, gets in on ${clausePorts(clause)}`
            : `its pods may reach everybody, inside and outside the cluster, on ${clausePorts(clause)}`,
        ],
        advice: [`name the peers in ${ingress ? 'from' : 'to'}`],
        affected: [],
        severity: severityOf(input, clause),
      };
    }
  },
};

/** An ingress clause lets certain pods of certain peers in on every port: not so open, and seldom meant. */
function isWideForFew({ subject }: CompiledPolicy, { direction, peers, ports }: Clause): boolean {
  if (direction === 'egress' || ports !== 'any' || peers === 'any' || selectsEverything(subject))
    return false;
  return peers.every((peer) => peer.kind === 'pods' && !selectsEverything(peer.pods));
}

function peersKeyOf(peers: readonly Peer[]): string {
  return peers
    .map(({ key }) => key)
    .sort()
    .join(', ');
}

const allPorts: Omit<Draft, 'key' | 'at'> = {
  happens: ['its peers get in on all ports, those included that its pods open later'],
  advice: ['name the ports'],
  affected: [],
  severity: always('info'),
};

function severityOf(input: PolicyInput, clause: Clause): Readonly<Record<Level, Severity>> {
  if (isDnsOnly(clause) || isOutsideFacing(input, clause)) return always('info');
  const undoes = clause.direction === 'ingress' && clause.ports === 'any';
  return { baseline: 'info', restricted: undoes ? 'error' : 'warning' };
}

function isDnsOnly({ direction, ports }: Clause): boolean {
  if (direction === 'ingress' || ports === 'any') return false;
  return ports.every((term) => term.kind === 'range' && term.from === 53 && term.to === 53);
}
