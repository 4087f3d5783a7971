import type { Ends } from '../impact/rectangle.ts';
import { isEmpty } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { placeOf } from './change-place.ts';
import { always, type ChangeInput, type ChangeRule, type Draft } from './rule.ts';

/**
 * R62. The change blocks what was allowed, but a policy is asked when a connection begins: whether connections that are
 * open already are cut, and when, is the network plugin's affair. What must stop now may go on for days.
 */
export const existingConnectionsUnaffected: ChangeRule = {
  id: 'existing-connections-unaffected',
  number: 'R62',
  title: 'Connections that are open already may live on',
  judges: 'change',
  severity: always('info'),
  confidence: 'likely',
  cure: 'none',
  needs: ['Pod', 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'change',
  page: {
    why: `
      A policy is asked when a connection begins. Whether connections that are open already are cut, and
      when, is the network plugin's affair. What must stop now, as after a break-in, may go on for days.`,
    fix: 'Restart the pods whose connections must end.',
    fine: `
      Nothing is to be done where no pod concerned runs yet, or where the pods are replaced anyway:
      their connections end with them. Silent where the plugin looks at every packet.`,
    platforms: `
      OVN-Kubernetes cuts open connections at once, Calico leaves them alone; of others it is not known.`,
  },
  *check({ change, worlds, difference }: ChangeInput): Iterable<Draft> {
    const { openConnections } = worlds.after.profile;
    if (openConnections === 'cut' || change.edits.every(({ kind }) => kind === 'workload')) return;
    const runs = ends(worlds);
    const cuts = difference.rectangles.some(
      ({ lost, sources, destinations }) => !isEmpty(lost) && runs(sources) && runs(destinations),
    );
    if (!cuts) return;
    yield {
      key: '',
      at: placeOf(change),
      happens: [`connections that are open already ${verbs[openConnections]} until they close`],
      advice: ['restart the pods whose connections must end now'],
      affected: [],
    };
  },
};

const verbs = { 'live-on': 'live on', unknown: 'may live on' } as const;

/** Tells ends that hold a pod that runs and stays; the internet always runs. Most units run, so that the first one settles it. */
function ends({ before, after }: Overlay): (ends: Ends) => boolean {
  const runs = (id: number): boolean =>
    (before.unit(id)?.members.size ?? 0) > 0 && after.unit(id) !== undefined;
  return (side) => side.kind === 'internet' || runs(side.units.first()) || side.units.toArray().some(runs);
}
