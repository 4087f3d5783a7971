import type { Owner, PodRecord } from '../objects.ts';
import { gather, get, isTerminating, list, nameOf, namespaceOf, text } from './lenient.ts';
import { decodePodShape } from './pod-shape.ts';

/** Throws a DecodeError where the object has no name. */
export function decodePod(value: unknown): PodRecord {
  const status = get(value, 'status');
  const phase = get(status, 'phase');
  const shape = decodePodShape(value);
  // Field by field: a copy of the shape's fields would cost as much as reading them did.
  return {
    kind: 'Pod',
    namespace: namespaceOf(value),
    name: nameOf(value),
    labels: shape.labels,
    annotations: shape.annotations,
    ports: shape.ports,
    probePorts: shape.probePorts,
    hostNetwork: shape.hostNetwork,
    dnsPolicy: shape.dnsPolicy,
    serviceAccount: shape.serviceAccount,
    automountToken: shape.automountToken,
    extraNetworks: shape.extraNetworks,
    windows: shape.windows,
    owner: controllerOf(value),
    node: text(get(get(value, 'spec'), 'nodeName')),
    addresses: podAddresses(status),
    finished: phase === 'Succeeded' || phase === 'Failed',
    terminating: isTerminating(value),
  };
}

/** "If this reference points to the managing controller": at most one owner has `controller: true`. */
export function controllerOf(value: unknown): Owner | null {
  for (const reference of list(get(value, 'metadata', 'ownerReferences'))) {
    const kind = text(get(reference, 'kind'));
    const name = text(get(reference, 'name'));
    if (get(reference, 'controller') === true && kind !== null && name !== null) return { kind, name };
  }
  return null;
}

const noAddresses: readonly string[] = [];

/** "podIPs … must match the podIP field" in its first entry; old servers write podIP alone. */
function podAddresses(status: unknown): readonly string[] {
  const all = list(get(status, 'podIPs'));
  const first = text(get(status, 'podIP'));
  const [one] = all;
  // Nearly every pod has one; a list that is made by growing would hold room for many.
  const only = all.length === 1 ? text(get(one, 'ip')) : null;
  if (only !== null) return [only];
  const found = gather(all, (item) => text(get(item, 'ip')));
  if (found.length > 0) return found;
  return first === null ? noAddresses : [first];
}
