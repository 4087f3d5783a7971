import type { Change, Edit } from '../model/change.ts';
import { type ClusterObject, recordName } from '../model/objects.ts';
import type { RecordOf } from './world.ts';

type Kind = ClusterObject['kind'];

/** The records that a change edits, as one side of it has them; null where the object does not exist there. */
export class EditedRecords {
  private readonly kinds = new Map<Kind, Map<string, ClusterObject | null>>();

  constructor(change: Change, side: 'before' | 'after') {
    for (const edit of change.edits) {
      const named = recordOf(edit, 'after') ?? recordOf(edit, 'before');
      if (named === null) continue;
      const { namespace, name } = recordName(named);
      const names = this.kinds.get(named.kind) ?? new Map<string, ClusterObject | null>();
      this.kinds.set(named.kind, names.set(keyOf(namespace, name), recordOf(edit, side)));
    }
  }

  /** The record on this side, null where the change takes it away, undefined where the change does not speak of it. */
  get<K extends Kind>(kind: K, namespace: string | null, name: string): RecordOf<K> | null | undefined {
    const found = this.kinds.get(kind)?.get(keyOf(namespace, name));
    if (found === undefined || found === null) return found;
    return isKind(found, kind) ? found : undefined;
  }

  /** Does the change take the place of this record of the base? */
  speaksOf(record: ClusterObject): boolean {
    const { namespace, name } = recordName(record);
    return this.kinds.get(record.kind)?.has(keyOf(namespace, name)) === true;
  }

  /** Does the change edit no record at all? */
  get none(): boolean {
    return this.kinds.size === 0;
  }

  /** Does the change edit records of this kind? */
  has(kind: Kind): boolean {
    return this.kinds.has(kind);
  }

  /** The base's records with those of this side in their place. */
  over<K extends Kind>(
    kind: K,
    namespace: string | undefined,
    base: Iterable<RecordOf<K>>,
  ): Iterable<RecordOf<K>> {
    const names = this.kinds.get(kind);
    return names === undefined ? base : replaced(kind, namespace, base, names);
  }

  /** Names of the namespaces that the change edits, and what they are on this side. */
  *namespaces(): Iterable<readonly [string, RecordOf<'Namespace'> | null]> {
    for (const [key, record] of this.kinds.get('Namespace') ?? []) {
      yield [key.slice(1), record?.kind === 'Namespace' ? record : null];
    }
  }
}

/** Policies are kept compiled, elsewhere. */
function recordOf(edit: Edit, side: 'before' | 'after'): ClusterObject | null {
  return edit.kind === 'policy' ? null : edit[side];
}

function isKind<K extends Kind>(object: ClusterObject, kind: K): object is RecordOf<K> {
  return object.kind === kind;
}

function keyOf(namespace: string | null, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function* replaced<K extends Kind>(
  kind: K,
  namespace: string | undefined,
  base: Iterable<RecordOf<K>>,
  names: ReadonlyMap<string, ClusterObject | null>,
): Iterable<RecordOf<K>> {
  for (const record of base) {
    const own = recordName(record);
    if (names.has(keyOf(own.namespace, own.name)) !== true) yield record;
  }
  for (const record of names.values()) {
    if (record === null || !isKind(record, kind)) continue;
    if (namespace === undefined || recordName(record).namespace === namespace) yield record;
  }
}
