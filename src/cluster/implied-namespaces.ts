import { namespaceRecord } from '../model/decode/namespace.ts';
import type { ClusterObject } from '../model/objects.ts';

/** "A namespace that is only referred to exists with that label alone." */
export function impliedNamespaces(objects: readonly ClusterObject[]): readonly ClusterObject[] {
  const known = new Set(objects.flatMap((object) => (object.kind === 'Namespace' ? [object.name] : [])));
  const referred = new Set(
    objects.flatMap((object) =>
      'namespace' in object && object.namespace !== null ? [object.namespace] : [],
    ),
  );
  return [...referred].filter((name) => !known.has(name)).map((name) => namespaceRecord(name, new Map()));
}
