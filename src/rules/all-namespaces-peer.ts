import { selectsEverything } from '../model/selector.ts';
import { selectsEveryNamespace } from './label-only-peer-in-any-namespace.ts';
import { isOutsideFacing } from './outside-facing.ts';
import { clausePorts, portsKeyOf } from './phrases.ts';
import { podPeersOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R32. A peer is every pod of every namespace. Nodes, pods of their network and the outside are not among them, which
 * surprises in the other direction: probes are allowed anyway, the API server and load balancers are not.
 */
export const allNamespacesPeer: PolicyRule = {
  id: 'all-namespaces-peer',
  number: 'R32',
  title: 'A peer is every pod of every namespace',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'error' },
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      An empty \`namespaceSelector\` is every namespace, those to come included. It is still not
      everybody: nodes, pods of their network and the outside are not among them, so that the API server
      and load balancers do not get in.`,
    fix: `
      Select the namespaces that need it, by \`kubernetes.io/metadata.name\` or by a label that only
      administrators may set.`,
    fine: `
      An info for egress, and on the ports of the cluster's resolver, of webhooks and of load balancers,
      where everybody is meant.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const { clause, peer } of podPeersOf(input.policy)) {
      if (peer.namespaces === 'own' || !selectsEverything(peer.pods)) continue;
      if (!selectsEveryNamespace(peer.namespaces)) continue;
      const ingress = clause.direction === 'ingress';
      const ports = clausePorts(clause);
      yield {
        key: `${clause.direction} ${portsKeyOf(clause)}`,
        at: peer.origin,
        happens: [
          ingress
            ? `every pod of every namespace gets in on ${ports}, but nodes and the outside do not`
            : `its pods may reach every pod of every namespace on ${ports}`,
        ],
        advice: ['select the namespaces that are meant'],
        affected: [],
        ...(ingress && !isOutsideFacing(input, clause) ? {} : { severity: always('info') }),
      };
    }
  },
};
