import type { Owner, PodRecord } from '../objects.ts';
import { get, isTerminating, list, nameOf, namespaceOf, text } from './lenient.ts';
import { decodePodShape } from './pod-shape.ts';

/** Throws a DecodeError where the object has no name. */
export function decodePod(value: unknown): PodRecord {
  const phase = get(value, 'status', 'phase');
  return {
    kind: 'Pod',
    namespace: namespaceOf(value),
    name: nameOf(value),
    ...decodePodShape(value),
    owner: controllerOf(value),
    node: text(get(value, 'spec', 'nodeName')),
    addresses: podAddresses(get(value, 'status')),
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

/** "podIPs … must match the podIP field" in its first entry; old servers write podIP alone. */
function podAddresses(status: unknown): readonly string[] {
  const all = list(get(status, 'podIPs')).flatMap((item) => text(get(item, 'ip')) ?? []);
  const first = text(get(status, 'podIP'));
  return all.length > 0 || first === null ? all : [first];
}
