import type { NamespaceRecord } from '../objects.ts';
import { get, isTerminating, nameOf, textMap } from './lenient.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Throws a DecodeError where the object has no name. */
export function decodeNamespace(value: unknown): NamespaceRecord {
  const name = nameOf(value);
  return {
    ...namespaceRecord(name, textMap(get(value, 'metadata', 'labels'))),
    terminating: isTerminating(value) || get(value, 'status', 'phase') === 'Terminating',
  };
}

/** A namespace that is only referred to: the control plane sets "an immutable label `kubernetes.io/metadata.name`". */
export function namespaceRecord(name: string, labels: ReadonlyMap<string, string>): NamespaceRecord {
  return { kind: 'Namespace', name, labels: new Map(labels).set(nameLabel, name), terminating: false };
}
