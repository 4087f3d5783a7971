import type { RawObject } from '../cluster/documents.ts';
import { get, text } from '../model/decode/lenient.ts';
import type { Finding } from '../model/finding.ts';
import type { ObjectRef } from '../model/ref.ts';
import type { WrittenDocument } from '../model/written.ts';
import { objectText, type RelatedPlace, type Remedy } from '../report/lint-report.ts';
import { sanitise } from '../review/words.ts';
import type { LintObject, LintObjects } from './lint-objects.ts';

/** Where the objects of the input stand. */
export type Places = ReadonlyMap<string, RawObject>;

/** Of two documents of one object the last one counts, as it does for the world. */
export function placesOf(objects: readonly LintObject[]): Places {
  return new Map(
    objects.map(({ raw, record }) => {
      const namespace = 'namespace' in record ? record.namespace : null;
      return [textOf({ kind: record.kind, namespace, name: record.name }), raw];
    }),
  );
}

function textOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** The other objects that a finding rests on, with their place where the input holds them. */
export function relatedPlaces(
  { related }: Pick<Finding, 'related'>,
  places: Places,
  documents: ReadonlyMap<WrittenDocument, RawObject>,
): readonly RelatedPlace[] {
  return related.map(({ object, at, says, document }) => {
    const { kind, namespace, name } = object;
    const raw = document === undefined ? places.get(textOf(object)) : documents.get(document);
    const span = raw?.spanOf(at) ?? null;
    return { object: { kind, namespace, name }, path: at, says: sanitise(says), span };
  });
}

/** The remedy of a finding about an object that stands in a file. */
export function remedyOf({ fix }: Pick<Finding, 'fix'>, { document, prefix }: RawObject): Remedy | null {
  return fix.length === 0 ? null : { steps: fix, document, prefix };
}

/** The names of all objects of the input, as findings have them. */
export function objectNames({
  raws,
  documents,
}: Pick<LintObjects, 'raws' | 'documents'>): ReadonlySet<string> {
  const written = raws.map(({ type, value }) => ({
    kind: type.kind,
    namespace: text(get(value, 'metadata', 'namespace')),
    name: text(get(value, 'metadata', 'name')) ?? '',
  }));
  const meant = documents.map(({ ref }) => ref);
  return new Set([...written, ...meant].map((object) => objectText({ object })));
}
