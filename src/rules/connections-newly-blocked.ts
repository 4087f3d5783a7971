import { isOnly, placeOf } from './change-place.ts';
import { countText } from './change-words.ts';
import { policiesBehind } from './related.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R14. Connections that were allowed are blocked after the change: critical ones (DNS, the backends of Ingresses), and
 * those that a written clause admitted before. Allowed is not used: netsluice sees no traffic.
 */
export const connectionsNewlyBlocked: ChangeRule = {
  id: 'connections-newly-blocked',
  number: 'R14',
  title: 'Connections that were allowed are blocked',
  judges: 'change',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'policy',
  needs: ['Pod', 'Namespace', 'NetworkPolicy', 'Service'],
  restsOnVerdicts: true,
  cost: 'change',
  page: {
    why: `
      The change takes away what a written clause admitted, or something critical: DNS, or the backends
      of an Ingress. A peer that is dropped from a list, a narrower selector or another port does it.
      Netsluice sees no traffic: it says what was allowed, not what was used.`,
    fix: `
      Keep the clause, or add one that allows what is still needed. \`netsluice diff\` shows each
      connection and the clause that admitted it.`,
    fine: `
      It is fine where nobody needs the connections any more. Pairs that no clause ever admitted are
      told as isolation, by \`pods-newly-isolated\`. What goes away with its pods is not blocked. Two
      pods of one workload count, a pod to itself does not.`,
    platforms: `
      Plugins differ on whether an \`ipBlock\` matches pods; what that leaves open counts as undecided,
      not as blocked.`,
  },
  *check({ change, difference, impact: { blocked } }: ChangeInput): Iterable<Draft> {
    if (isOnly('deletion', change)) return;
    const declared = blocked.declared.count > 0;
    const { count } = declared ? blocked.declared : blocked.undeclared;
    if (count === 0) return;
    const critical = blocked.critical > 0 ? `, ${blocked.critical} of them critical,` : '';
    const cured = count === 1 ? 'it' : 'them';
    const caveat = declared ? '' : ' (undeclared ports only)';
    yield {
      key: '',
      at: placeOf(change),
      happens: [
        `blocks ${countText(count, 'connection')}${caveat}${critical} until another policy allows ${cured}`,
      ],
      advice: [],
      affected: [],
      related: policiesBehind(
        difference.rectangles.filter(({ lost }) => lost.length > 0),
        change,
        ['isolates', 'stops-allowing'],
      ),
    };
  },
};
