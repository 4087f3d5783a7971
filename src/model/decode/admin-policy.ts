import type { AdminAction, AdminPolicy } from '../objects.ts';
import { everything, type Selector } from '../selector.ts';
import { selectorAt } from './label-selector.ts';
import { get, list } from './lenient.ts';
import { DecodeError } from './value.ts';

/**
 * Reads an AdminNetworkPolicy or BaselineAdminNetworkPolicy of v1alpha1, or a ClusterNetworkPolicy of v1alpha2. Null
 * for any other version, and where a part is not as these have it: then nothing is said about the policy.
 */
export function decodeAdminPolicy(kind: string, version: string, value: unknown): AdminPolicy | null {
  const spec = get(value, 'spec');
  const tier = tierOf(kind, version, spec);
  const subject = subjectOf(get(spec, 'subject'));
  if (tier === null || subject === null) return null;
  const [ingress, egress] = [actionsOf(get(spec, 'ingress')), actionsOf(get(spec, 'egress'))];
  return ingress === null || egress === null ? null : { tier, subject, ingress, egress };
}

function tierOf(kind: string, version: string, spec: unknown): AdminPolicy['tier'] | null {
  switch (`${kind} ${version}`) {
    case 'AdminNetworkPolicy v1alpha1':
      return 'Admin';
    case 'BaselineAdminNetworkPolicy v1alpha1':
      return 'Baseline';
    case 'ClusterNetworkPolicy v1alpha2': {
      const tier = get(spec, 'tier');
      return tier === 'Admin' || tier === 'Baseline' ? tier : null;
    }
    default:
      return null;
  }
}

/** "Exactly one field must be set": every pod of the namespaces, or the pods that both selectors match. */
function subjectOf(subject: unknown): AdminPolicy['subject'] | null {
  const [namespaces, pods] = [get(subject, 'namespaces'), get(subject, 'pods')];
  if (namespaces !== undefined) {
    const selected = selectorIn(namespaces);
    return selected === null ? null : { namespaces: selected, pods: everything };
  }
  const both = {
    namespaces: selectorIn(get(pods, 'namespaceSelector')),
    pods: selectorIn(get(pods, 'podSelector')),
  };
  return both.namespaces === null || both.pods === null
    ? null
    : { namespaces: both.namespaces, pods: both.pods };
}

function selectorIn(value: unknown): Selector | null {
  try {
    return selectorAt({ value, path: '' });
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

const actions: ReadonlyMap<unknown, AdminAction> = new Map([
  ['Allow', 'allow'],
  ['Accept', 'allow'],
  ['Deny', 'deny'],
  ['Pass', 'pass'],
]);

/** Null where one of them is unknown. */
function actionsOf(rules: unknown): readonly AdminAction[] | null {
  const found = new Set<AdminAction>();
  for (const rule of list(rules)) {
    const action = actions.get(get(rule, 'action'));
    if (action === undefined) return null;
    found.add(action);
  }
  return [...found].sort();
}
