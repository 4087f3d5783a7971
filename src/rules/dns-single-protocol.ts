import type { FixStep } from '../model/finding.ts';
import { clausesOf } from '../model/policy.ts';
import { type DnsGap, gapsIn, isMended } from './dns-gaps.ts';
import { isolatedUnits, podsOf } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { peersKey } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R24. Pods may ask a resolver over one of UDP and TCP only. Over TCP alone nearly every lookup fails, because names are
 * asked over UDP; `port: 53` without a protocol is just that. Over UDP alone the long answers fail.
 *
 * Fine where another clause, of this policy or of another one, allows the other protocol to the same resolvers: the
 * union of the pod's policies counts. Clauses without ports allow both.
 *
 * Fix: list both protocols. Platforms do not differ.
 */
export const dnsSingleProtocol: PolicyRule = {
  id: 'dns-single-protocol',
  number: 'R24',
  title: 'DNS is allowed over one of UDP and TCP only',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: ['Pod', 'NetworkPolicy'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why:
      'Resolvers are asked over UDP first, and over TCP when an answer is too long for UDP. An item `port: 53` without a ' +
      '`protocol` means TCP, so that a clause that looks like DNS lets nearly every lookup time out. The other half is ' +
      'harder to find: with UDP alone everything works until an answer is truncated, and then one name, on one day, cannot ' +
      'be resolved.',
    fix: 'List port 53 twice, with `protocol: UDP` and with `protocol: TCP`. `lint --fix` adds the one that is missing.',
    fine:
      'Only the union of the policies of a pod counts: netsluice is silent where any of them allows the other protocol to ' +
      'the same resolvers, and about clauses without `ports`. UDP alone is an info, because it works most of the time.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const clauses = clausesOf(input.policy, 'egress').filter((clause) => clause.ports !== 'any');
    const gaps = clauses.flatMap((clause) => gapsIn(input, clause));
    const pods = gaps.length === 0 ? [] : isolatedUnits(input, 'egress');
    const told = new Set<string>();
    for (const gap of gaps) {
      const { clause, missing, port, origin } = gap;
      const harmed = pods.filter((unit) => !isMended(input, unit, gap));
      const key = `${missing} ${port} ${peersKey(clause)}`;
      if (harmed.length === 0 || told.has(key)) continue;
      told.add(key);
      const only = `may ask DNS over ${missing === 'UDP' ? 'TCP' : 'UDP'} only`;
      const subject = podsDo(harmed, kindOfPods(input), { one: only, many: only, invented: only });
      const why = missing === 'UDP' ? 'names are asked over UDP first' : 'long answers fail without it';
      yield {
        key,
        at: origin,
        happens: [`${subject} until a policy allows ${missing} ${port} too; ${why}`],
        advice: [],
        affected: podsOf(harmed),
        fix: fixOf(gap),
        ...(missing === 'TCP' ? { severity: always('info') } : {}),
      };
    }
  },
};

function fixOf({ clause, missing, port, exact }: DnsGap): FixStep[] {
  return exact ? [{ op: 'append', at: `${clause.origin}.ports`, value: { port, protocol: missing } }] : [];
}
