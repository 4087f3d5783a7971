import { protocols } from '../model/port.ts';
import { onlyNamespace, peersKey } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { type WrittenPort, writtenPorts, writtenPortsOf } from './written-clauses.ts';

/**
 * R41. A port item has no `port`. It allows all 65535 ports of its protocol, which is TCP where it says nothing, and so
 * leaves the other protocols closed: `- {}` looks like nothing and is all of TCP.
 *
 * Fine between pods of one namespace, and where the clause lists several protocols so, which nobody does by mistake: it
 * stays an info then.
 *
 * Fix: write the port. Platforms do not differ.
 */
export const portEntryWithoutPort: PolicyRule = {
  id: 'port-entry-without-port',
  number: 'R41',
  title: 'A port item without a port allows every port of one protocol',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why:
      'An item of `ports` that has no `port` matches all 65535 ports of its protocol, and the protocol is TCP where none ' +
      'is written: `ports: [{}]` is all of TCP. At the same time it closes the other protocols, because the clause now ' +
      'lists what it allows: `ports: [{protocol: UDP}]`, most often a DNS clause with its port forgotten, allows all of ' +
      'UDP and no TCP. Both halves surprise.',
    fix: 'Write the `port`. If every port of every protocol is meant, leave `ports` out.',
    fine:
      'All of TCP between the pods of one namespace is a plausible wish; so is a clause that lists two or three protocols ' +
      'without ports. Netsluice says it as an info then.',
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const { clause, protocol, port, at } of writtenPorts(policy)) {
      const key = `${clause.direction} ${protocol} ${peersKey(clause)}`;
      if (port !== null || told.has(key)) continue;
      told.add(key);
      const items = [...writtenPortsOf(policy, clause)];
      const others = protocols.filter((each) => !items.some((item) => item.protocol === each));
      const closed = others.length === 0 ? '' : ` and no ${others.join(' or ')} port`;
      const own =
        clause.peers !== 'any' &&
        clause.peers.every(
          (peer) => peer.kind === 'pods' && onlyNamespace(policy, peer) === policy.ref.namespace,
        );
      yield {
        key,
        at,
        happens: [`without port it allows all 65535 ${protocol} ports${closed}`],
        advice: ['write the port, or leave ports out if all are meant'],
        affected: [],
        ...(own || severalBare(items) ? { severity: always('info') } : {}),
      };
    }
  },
};

/** Do the items name two protocols or more and no port at all? */
function severalBare(items: readonly WrittenPort[]): boolean {
  return items.every(({ port }) => port === null) && new Set(items.map(({ protocol }) => protocol)).size > 1;
}
