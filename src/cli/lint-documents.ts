import type { RawObject } from '../cluster/documents.ts';
import { writtenDocument } from '../dialects/written-document.ts';
import { get, textMap } from '../model/decode/lenient.ts';
import { policyTypeOf } from '../model/decode/policy-type.ts';
import { type Finding, identityOf, type Level } from '../model/finding.ts';
import type { NetworkPolicy } from '../model/network-policy.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { ObjectRef } from '../model/ref.ts';
import type { WrittenDocument } from '../model/written.ts';
import type { ScannedFinding } from '../review/scan-policy.ts';
import type { Settings } from '../review/settings.ts';
import { severityAt } from '../review/severity.ts';
import { isWaived, type WaivedObject, waiversOf } from '../review/waivers.ts';
import { apiVersionNotServed } from '../rules/api-version-not-served.ts';
import type { DocumentInput, DocumentRule } from '../rules/rule.ts';
import { documentFindings } from '../rules/run.ts';
import { unknownOrMisplacedField } from '../rules/unknown-or-misplaced-field.ts';
import { renamed } from './lint-mended.ts';
import type { Surroundings } from './lint-namespaces.ts';

/** A document that means to be a NetworkPolicy, its keys written as they are meant. */
export interface LintDocument {
  readonly raw: RawObject;
  readonly document: WrittenDocument;
  readonly ref: ObjectRef & { readonly namespace: string };
  readonly declaredNamespace: DocumentInput['declaredNamespace'];
  /** Fields that it does not have, those included that were found below a key that had to be understood first. */
  readonly misplaced: readonly Finding[];
  /** The record that the world holds of it; null where it cannot be decoded, or is somebody else's kind. */
  readonly record: ClusterObject | null;
  /** What can be read of it where only selectors cannot; null otherwise. */
  readonly legible: NetworkPolicy | null;
}

/** How often slips in keys may hide slips below them. */
const roundsMax = 8;

const alone: DocumentInput['earlier'] = { sameName: [], sameSpec: [] };

/** Reads a document as it is meant: slips in keys that are beyond doubt are undone, and told. */
export function lintDocument(
  raw: RawObject,
  surroundings: Surroundings,
): Omit<LintDocument, 'record' | 'legible'> {
  const declaredNamespace = surroundings.namespaceFor(raw.file);
  const misplaced = new Map<string, Finding>();
  let current = raw;
  for (let round = 0; ; round += 1) {
    const bare = writtenDocument(current.value, raw.type, '');
    const namespace = bare.namespace ?? declaredNamespace?.name ?? 'default';
    const ref = { kind: 'NetworkPolicy', namespace, name: bare.name ?? '' };
    const document = { ...bare, scope: surroundings.scopeOf(raw.file, bare.namespace) };
    const input = { document, from: 'file', earlier: alone, declaredNamespace } as const;
    const found = documentFindings(unknownOrMisplacedField, input, ref);
    for (const finding of found) if (!misplaced.has(finding.at)) misplaced.set(finding.at, finding);
    const next = renamed(
      current,
      found.flatMap(({ fix }) => fix),
    );
    if (next === current || round === roundsMax) {
      const findings = [...misplaced.values()].map((finding) => ({ ...finding, object: ref }));
      return { raw: current, document, ref, declaredNamespace, misplaced: findings };
    }
    current = next;
  }
}

/** So many documents that say the same are compared; more are told by those. */
const earlierMax = 20;

/** For each document the ones before it that it repeats. */
export function earlierDocuments(
  documents: readonly WrittenDocument[],
): ReadonlyMap<WrittenDocument, DocumentInput['earlier']> {
  const byName = new Map<string, WrittenDocument[]>();
  const bySpec = new Map<string, WrittenDocument[]>();
  return new Map(
    documents.map((document) => {
      const { scope, namespace, name, spec } = document;
      const place = JSON.stringify([scope, namespace]);
      const named = name === null ? [] : listIn(byName, `${place} ${name}`);
      const alike = spec === '' ? [] : listIn(bySpec, `${place} ${spec}`);
      const earlier = {
        sameName: named.slice(0, earlierMax),
        sameSpec: alike.slice(0, earlierMax).filter((other) => other.name !== name),
      };
      named.push(document);
      alike.push(document);
      return [document, earlier];
    }),
  );
}

function listIn(lists: Map<string, WrittenDocument[]>, key: string): WrittenDocument[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** What rules about documents find in one; throws what a rule throws. */
export function findingsInDocument(
  rule: DocumentRule,
  { document, ref, declaredNamespace, misplaced }: LintDocument,
  earlier: DocumentInput['earlier'],
): readonly Finding[] {
  if (rule.id === unknownOrMisplacedField.id) return misplaced;
  // Other vendors' kinds of that name are noted and not judged.
  if (policyTypeOf(document) === 'other-group' && rule.id !== apiVersionNotServed.id) return [];
  return documentFindings(rule, { document, from: 'file', earlier, declaredNamespace }, ref);
}

/** Findings of a document with their weight at a level. What an author wrote counts in full. */
export function weighedDocument(
  findings: readonly Finding[],
  object: WaivedObject,
  level: Level,
  { settings, today }: { readonly settings: Settings; readonly today: string },
): ScannedFinding[] {
  const waivers = waiversOf(object, settings, today);
  const doubts = { freshness: { stale: [], absent: [] }, foreign: false, incomplete: false };
  const known = new Map(findings.map((finding) => [identityOf(finding) + finding.at, finding]));
  return [...known.values()].flatMap((finding): ScannedFinding[] => {
    const severity = severityAt(finding, level, settings, doubts);
    if (severity === 'off') return [];
    return [{ finding, severity, rejects: false, waived: isWaived(finding.rule, waivers) }];
  });
}

/** What of a document its waivers are read from, whether or not it can be decoded. */
export function waivedObject({ raw, ref }: Pick<LintDocument, 'raw' | 'ref'>): WaivedObject {
  return {
    namespace: ref.namespace,
    name: ref.name,
    annotations: textMap(get(raw.value, 'metadata', 'annotations')),
  };
}
