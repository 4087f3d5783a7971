import { clausesOf, type Direction, directions } from '../model/policy.ts';
import { clausePorts, portsKeyOf } from './phrases.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R04. `from` or `to` is written down but empty or null. It reads like "from nobody" and means "from everybody": an empty
 * list is the same as none, and a clause without peers matches all. Templates that render an empty list make it.
 *
 * A clause that leaves the field out is R05's business alone. In the object that the webhook gets the two are the same:
 * R05 tells both there, and this rule only notes what the author wrote.
 *
 * It is an error in files only: there the text is the author's own, and no answer of the API server rests on it.
 *
 * Fix: drop the clause to deny, or the field to allow everybody. Platforms do not differ.
 */
export const emptyPeerListAllowsAll: PolicyRule = {
  id: 'empty-peer-list-allows-all',
  number: 'R04',
  title: 'An empty list of peers admits everybody',
  judges: 'policy',
  severity: always('error'),
  confidence: 'likely',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: 'An empty `from` or `to` reads like "nobody" and means "everybody": the API drops empty lists, and a clause without peers matches all sources or destinations, inside and outside the cluster. The usual origin is a template that renders a list of peers from values that are not set: the policy then fails open.',
    fix: 'To deny, drop the whole clause and name the direction in `policyTypes`. To allow everybody, drop the empty field, so that the clause says what it does. In a template, leave the clause out where there are no peers.',
    fine: 'It is an error in files, where the text is the author’s own, and an info in what the webhook knows from `kubectl apply`. A clause that does not have the field at all is not told here: [rule-open-to-any-peer](rule-open-to-any-peer.md) speaks of it. The webhook gets the object after empty lists were dropped, so it tells such a clause as that rule too.',
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    const { written } = policy.source;
    if (written === null) return;
    const seen = new Map<string, number>();
    for (const clause of directions.flatMap((direction) => clausesOf(policy, direction))) {
      const { direction, origin } = clause;
      const field = direction === 'ingress' ? 'from' : 'to';
      const at = `${origin}.${field}`;
      if (!written.emptyPeers.includes(at)) continue;
      const key = `${direction} ${portsKeyOf(clause)}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      yield {
        key: times === 1 ? key : `${key} ${times}`,
        at,
        happens: [`an empty ${field} means everybody: ${meaning(direction)} on ${clausePorts(clause)}`],
        advice: [`drop the clause to deny, or drop ${field} to allow everybody`],
        affected: [],
        ...(written.source === 'file' ? {} : { severity: always('info') }),
      };
    }
  },
};

function meaning(direction: Direction): string {
  return direction === 'ingress' ? 'all sources get in' : 'its pods may reach every destination';
}
