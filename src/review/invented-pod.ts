import type { PodEdit } from '../model/change.ts';
import type { PodRecord } from '../model/objects.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { type Labels, matches, type Selector } from '../model/selector.ts';

/** No real pod has this name: it is not a DNS name. */
const inventedName = '(any pod it selects)';

/**
 * A pod with exactly the labels that a policy asks for, on both sides of the change, for a policy that selects
 * nothing yet. Null where no pod can satisfy the selector.
 */
export function inventedPod({ ref, subject }: CompiledPolicy): PodEdit | null {
  return podAsked(ref.namespace, inventedName, subject);
}

/** The same for any selector, under a name of its own. */
export function podAsked(namespace: string, name: string, selector: Selector): PodEdit | null {
  const labels = labelsFor(selector);
  if (!matches(selector, labels)) return null;
  const pod: PodRecord = {
    kind: 'Pod',
    namespace,
    name,
    labels,
    annotations: new Map(),
    ports: [],
    probePorts: [],
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    serviceAccount: 'default',
    automountToken: null,
    extraNetworks: false,
    windows: false,
    owner: null,
    node: null,
    addresses: [],
    finished: false,
    terminating: false,
  };
  return { kind: 'pod', before: pod, after: pod };
}

/** The fewest labels that satisfy every requirement by itself; keys that must be absent are left out. */
function labelsFor({ requirements }: Selector): Labels {
  const labels = new Map<string, string>();
  for (const { key, operator, values } of requirements) {
    const known = labels.get(key);
    if (operator === 'In' && (known === undefined || !values.includes(known))) {
      const banned = requirements
        .filter((other) => other.key === key && other.operator === 'NotIn')
        .flatMap((other) => other.values);
      const [allowed] = values.filter((value) => !banned.includes(value));
      if (allowed !== undefined) labels.set(key, allowed);
    } else if (operator === 'Exists' && known === undefined) labels.set(key, '');
  }
  return labels;
}
