import { type DocumentProblem, type RawObject, readDocuments } from '../cluster/documents.ts';
import type { KnownDocuments } from '../cluster/known-documents.ts';
import type { ManifestText } from '../cluster/manifests.ts';
import { decodeObject } from '../model/decode/cluster-object.ts';
import { get, text } from '../model/decode/lenient.ts';
import { policyTypeOf } from '../model/decode/policy-type.ts';
import { DecodeError, isRecord } from '../model/decode/value.ts';
import { asWritten } from '../model/decode/written-policy.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { LintFinding } from '../report/lint-report.ts';
import { type LintDocument, lintDocument } from './lint-documents.ts';
import type { Inputs } from './lint-inputs.ts';
import { legiblePolicy, mendedValue } from './lint-mended.ts';
import type { Surroundings } from './lint-namespaces.ts';
import { mendingSteps, rejectionsOf } from './lint-rejections.ts';
import { written } from './lint-written.ts';

/** An object of the input, and the record that the world holds of it. */
export interface LintObject {
  readonly raw: RawObject;
  readonly record: ClusterObject;
}

export interface LintObjects {
  readonly objects: readonly LintObject[];
  /** Every object as it stands in the input, of known kinds or not. */
  readonly raws: readonly RawObject[];
  /** Documents that mean to be a NetworkPolicy, whether or not they can be decoded. */
  readonly documents: readonly LintDocument[];
  readonly findings: readonly LintFinding[];
  readonly problems: readonly DocumentProblem[];
  /** Kubernetes objects of every kind, and documents that are none. */
  readonly count: number;
  readonly strangers: number;
}

/** How objects are read. */
export interface ObjectReading {
  /** As in API servers from 1.36 on. */
  readonly strictCidrs: boolean;
  readonly surroundings: Surroundings;
  /** Takes in what was parsed, for who edits it. */
  readonly known?: KnownDocuments;
}

/** Reads every object. */
export function lintObjects(
  inputs: Omit<Inputs, 'texts'> & { readonly texts: Iterable<ManifestText> },
  reading: ObjectReading,
): LintObjects {
  const { objects, problems, strangers, fragments } = readDocuments(inputs.texts, reading.known);
  const judged = new Set(fragments.map(({ problem }) => problem));
  const found: LintFinding[] = [];
  const unread = [...inputs.problems, ...problems.filter((problem) => !judged.has(problem))];
  const known: LintObject[] = [];
  const documents: LintDocument[] = [];
  const raws = [...objects, ...fragments.map((fragment) => fragment.raw)];
  for (const raw of raws) {
    const type = policyTypeOf(raw.type);
    const isFragment = raw.type.kind === '' || raw.type.apiVersion === '';
    if (type === 'none' && !isFragment) {
      const record = recordOf(placed(raw, reading), raw.type, false, unread);
      if (record === null) continue;
      known.push({ raw, record });
      found.push(...raw.doubleMeanings.map((scalar) => doubleFinding(raw, scalar)));
      continue;
    }
    const { own, document } = documentOf(raw, documents.length, reading, unread);
    found.push(...own, ...raw.doubleMeanings.map((scalar) => doubleFinding(document.raw, scalar)));
    if (document.record !== null) known.push({ raw: document.raw, record: document.record });
    documents.push(document);
  }
  const headless = fragments.filter(({ problem }) => problem === null).length;
  const count = raws.length;
  return {
    objects: known,
    raws,
    documents,
    findings: found,
    problems: unread,
    count,
    strangers: strangers - headless,
  };
}

/** A document that means to be a policy, and what kube-apiserver says of it. */
function documentOf(
  raw: RawObject,
  index: number,
  reading: ObjectReading,
  unread: DocumentProblem[],
): { readonly own: readonly LintFinding[]; readonly document: LintDocument } {
  const read = lintDocument(raw, reading.surroundings);
  if (policyTypeOf(raw.type) === 'other-group') {
    const record = recordOf(placed(raw, reading), raw.type, read.misplaced.length > 0, unread);
    return { own: [], document: { ...read, record, legible: null } };
  }
  const rejections = rejectionsOf(read, reading.strictCidrs);
  const steps = rejections.flatMap((rejection) => rejection.steps);
  const mended = { ...read.raw, value: mendedValue(read.raw.value, steps) };
  const meant = named(placed(mended, reading), index);
  const told = rejections.length > 0 || read.misplaced.length > 0;
  const record = recordOf(meant, policyType, told, unread);
  const isRead = record?.kind === 'NetworkPolicy' && record.policy !== null;
  const legible = isRead ? null : legiblePolicy(meant.value, mendingSteps);
  return { own: rejections.map(({ finding }) => finding), document: { ...read, record, legible } };
}

const policyType = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };

/** The object as it is applied: into the namespace that the surroundings declare, where it names none. */
function placed(raw: RawObject, { surroundings }: ObjectReading): RawObject {
  const namespace = surroundings.namespaceFor(raw.file)?.name ?? null;
  const named = text(get(raw.value, 'metadata', 'namespace')) !== null;
  return namespace === null || named ? raw : withMetadata(raw, { namespace });
}

/** A name of its own for a document without any, so that the rest of it is judged; that it has none is told. */
function named(raw: RawObject, index: number): RawObject {
  const metadata = get(raw.value, 'metadata');
  const has = text(get(metadata, 'name')) ?? text(get(metadata, 'generateName'));
  return has === null ? withMetadata(raw, { name: `(no name, document ${index + 1})` }) : raw;
}

function withMetadata(raw: RawObject, more: Readonly<Record<string, string>>): RawObject {
  const metadata = get(raw.value, 'metadata') ?? {};
  if (!isRecord(raw.value) || !isRecord(metadata)) return raw;
  return { ...raw, value: { ...raw.value, metadata: { ...metadata, ...more } } };
}

/** A policy that cannot be read is a problem unless a finding says why already. */
function recordOf(
  raw: RawObject,
  type: RawObject['type'],
  told: boolean,
  unread: DocumentProblem[],
): ClusterObject | null {
  try {
    const record = asWritten(decodeObject(raw.value, type), raw.value);
    if (record?.kind === 'NetworkPolicy' && record.problem !== null && !told)
      unread.push(problemAt(raw, 'spec', record.problem));
    return record;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (!told) unread.push(problemAt(raw, error.path, error.message));
    return null;
  }
}

function problemAt(raw: RawObject, path: string, message: string): DocumentProblem {
  const { file, line, column } = raw.spanOf(path);
  return { file, line, column, message };
}

function doubleFinding(raw: RawObject, scalar: RawObject['doubleMeanings'][number]): LintFinding {
  const { path, written: text, old, recent, span } = scalar;
  const message = `${text} is ${old} in YAML 1.1, which kubectl reads, and ${recent} in YAML 1.2`;
  const advice = recent.startsWith('"')
    ? `write "${text}" for the text, or ${old}`
    : `write ${old} or ${recent}`;
  const finding = written(raw, {
    rule: 'ambiguous-scalar',
    severity: 'warning',
    path,
    key: path,
    message: text.includes(':')
      ? `${text} is ${old} to some readers of YAML 1.1 and ${recent} to others`
      : message,
    advice,
  });
  return { ...finding, span };
}
