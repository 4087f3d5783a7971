import { type Selector, selectsEverything } from '../model/selector.ts';
import { clausePorts, portsKeyOf } from './phrases.ts';
import { podPeersOf } from './pod-peers.ts';
import type { Draft, PolicyInput, PolicyRule } from './rule.ts';

/**
 * R31. An ingress peer asks for a pod label in any namespace. Whoever may create pods anywhere can give them that label
 * and gets in.
 */
export const labelOnlyPeerInAnyNamespace: PolicyRule = {
  id: 'label-only-peer-in-any-namespace',
  number: 'R31',
  title: 'A pod label of any namespace is enough to get in',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: `
      The peer asks for a pod label and lets the namespace be any. Labels are not guarded: whoever may
      create pods in any namespace can give them that label and gets in.`,
    fix: `
      Select the namespace as well, by \`kubernetes.io/metadata.name\`, in the same item of the list.`,
    fine: `
      It is fine where another admission policy guards the label, and in clusters of one tenant. Egress
      is no matter: there the label names a destination, as in the usual clause for DNS.`,
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    for (const { clause, peer } of podPeersOf(policy)) {
      if (clause.direction === 'egress' || peer.namespaces === 'own' || selectsEverything(peer.pods))
        continue;
      if (!selectsEveryNamespace(peer.namespaces)) continue;
      yield {
        key: `${peer.key} ${portsKeyOf(clause)}`,
        at: peer.origin,
        happens: [
          `a pod of any namespace that is labelled ${peer.pods.text} gets in on ${clausePorts(clause)}`,
        ],
        advice: ['select its namespace by kubernetes.io/metadata.name'],
        affected: [],
      };
    }
  },
};

/** "The control plane sets … kubernetes.io/metadata.name on all namespaces": to ask for it selects all. */
export function selectsEveryNamespace({ requirements }: Selector): boolean {
  return requirements.every(
    ({ key, operator }) => key === 'kubernetes.io/metadata.name' && operator === 'Exists',
  );
}
