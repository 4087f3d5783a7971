import { isOnly, placeOf } from './change-place.ts';
import { countText } from './change-words.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R14. Connections that were allowed are blocked after the change: critical ones (DNS, the backends of Ingresses), and
 * those that a written clause admitted before. Allowed is not used: netsluice sees no traffic.
 *
 * Fine where nobody needs them. Pairs that no clause ever admitted are told as isolation (R13), not as connections.
 * What goes away
 * with its pods is not blocked. Two pods of one workload count, a pod to itself does not.
 *
 * Fix: keep the clause, or add one that allows what is needed. Platforms differ on address blocks against pods; what
 * that leaves open counts as undecided, not as blocked.
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
  *check({ change, impact: { blocked } }: ChangeInput): Iterable<Draft> {
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
    };
  },
};
