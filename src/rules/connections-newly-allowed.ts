import { isOnly, placeOfOpening } from './change-place.ts';
import { countText } from './change-words.ts';
import { policiesBehind } from './related.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R15. Connections that were blocked are allowed after the change, by a clause: across namespaces, with the outside, or
 * inside one namespace. A clause easily opens more than it says.
 */
export const connectionsNewlyAllowed: ChangeRule = {
  id: 'connections-newly-allowed',
  number: 'R15',
  title: 'Connections that were blocked are allowed',
  judges: 'change',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: ['Pod', 'Namespace', 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'change',
  page: {
    why: `
      A clause easily opens more than it says: a peer without its \`podSelector\` is a whole namespace,
      a clause without ports is every port. What opens across namespaces or to the outside is what
      nobody notices.`,
    fix: `
      Narrow the peers and ports of the clause until only what is meant opens. \`netsluice diff\` shows
      each connection.`,
    fine: `
      Most openings are meant: so it warns at level \`restricted\` only, and only across namespaces or
      with the outside. The same connections in other words, as a port's name for its number, are no
      opening. What opens because no policy selects the pods any more is told by \`isolation-removed\`,
      and what new pods may do is no opening either.`,
    platforms: 'Plugins differ on whether an `ipBlock` matches pods.',
  },
  *check({ change, difference, impact }: ChangeInput): Iterable<Draft> {
    const { across, inside } = impact.opened;
    if (isOnly('creation', change)) return;
    if (across.count === 0 && inside.count === 0) return;
    const parts = [
      across.count > 0
        ? `${countText(across.count, 'connection')} across namespaces or with the outside`
        : '',
      inside.count > 0 ? `${countText(inside.count, 'connection')} inside a namespace` : '',
    ];
    const only = across.count === 0 ? { severity: always('info') } : {};
    yield {
      key: '',
      at: placeOfOpening(change, difference),
      happens: [`opens ${parts.filter((part) => part !== '').join(' and ')}`],
      advice: ['narrow the peers and ports if that is more than meant'],
      affected: [],
      related: policiesBehind(
        difference.rectangles.filter(({ gained }) => gained.length > 0),
        change,
        ['allows'],
      ),
      ...only,
    };
  },
};
