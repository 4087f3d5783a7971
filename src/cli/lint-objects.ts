import { type DocumentProblem, type RawObject, readDocuments } from '../cluster/documents.ts';
import { apiRejections } from '../dialects/api-network-policy.ts';
import { type ApiRejection, rejectionText } from '../dialects/api-rejection.ts';
import { decodeObject } from '../model/decode/cluster-object.ts';
import { get, text } from '../model/decode/lenient.ts';
import { DecodeError } from '../model/decode/value.ts';
import type { Severity } from '../model/finding.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { LintFinding } from '../report/lint-report.ts';
import { shortHash } from '../review/finding-id.ts';
import { cut, sanitise } from '../review/words.ts';
import type { Inputs } from './lint-inputs.ts';

/** What lint says beside the rules: about objects as they are written. */
export const writtenRules = [
  { id: 'api-rejects', title: 'kube-apiserver rejects the object' },
  { id: 'ambiguous-scalar', title: 'YAML 1.1 and YAML 1.2 read the value differently' },
  { id: 'idle-waiver', title: 'A waiver does not do what it seems to' },
] as const;

/** An object of the input, and the record that the world holds of it. */
export interface LintObject {
  readonly raw: RawObject;
  readonly record: ClusterObject;
}

export interface LintObjects {
  readonly objects: readonly LintObject[];
  readonly findings: readonly LintFinding[];
  readonly problems: readonly DocumentProblem[];
  /** Kubernetes objects of every kind, and documents that are none. */
  readonly count: number;
  readonly strangers: number;
}

/** Reads every object; `strictCidrs` as in API servers from 1.36 on. */
export function lintObjects(inputs: Inputs, strictCidrs: boolean): LintObjects {
  const { objects, problems, strangers } = readDocuments(inputs.texts);
  const found: LintFinding[] = [];
  const unread: DocumentProblem[] = [...inputs.problems, ...problems];
  const known: LintObject[] = [];
  for (const raw of objects) {
    const findings = writtenFindings(raw, strictCidrs);
    found.push(...findings);
    const record = recordOf(raw, findings.length > 0, unread);
    if (record !== null) known.push({ raw, record });
    if (record !== null || isPolicy(raw))
      found.push(...raw.doubleMeanings.map((scalar) => doubleFinding(raw, scalar)));
  }
  return { objects: known, findings: found, problems: unread, count: objects.length, strangers };
}

function isPolicy({ type }: RawObject): boolean {
  return type.apiVersion === 'networking.k8s.io/v1' && type.kind === 'NetworkPolicy';
}

/** A policy that cannot be read is a problem unless a finding says why already. */
function recordOf(raw: RawObject, told: boolean, unread: DocumentProblem[]): ClusterObject | null {
  try {
    const record = decodeObject(raw.value, raw.type);
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

function writtenFindings(raw: RawObject, strictCidrs: boolean): LintFinding[] {
  if (!isPolicy(raw)) return kindFinding(raw);
  return apiRejections(raw.value).map((rejection) => {
    const late = rejection.since !== 'ever' && !strictCidrs;
    const said = rejectionText(rejection);
    const message = late
      ? `kube-apiserver will reject it from ${rejection.since} on: ${said}`
      : `kube-apiserver rejects it: ${said}`;
    return written(raw, {
      rule: 'api-rejects',
      severity: late ? 'warning' : 'error',
      path: rejection.at,
      key: keyOf(rejection),
      message,
      advice: rejection.help,
    });
  });
}

function keyOf({ at, body }: ApiRejection): string {
  return `${at} ${body}`;
}

/** Groups in which a NetworkPolicy is a slip or long gone; all others have kinds of their own of that name. */
const ownGroups: readonly string[] = [
  '',
  'networking.k8s.io',
  'extensions',
  'apps',
  'policy',
  'k8s.io',
  'networking',
];
const networkingKinds: readonly string[] = [
  'NetworkPolicy',
  'Ingress',
  'IngressClass',
  'IPAddress',
  'ServiceCIDR',
];

/** "no matches for kind": a version that is not served, or a kind that is misspelt. */
function kindFinding(raw: RawObject): LintFinding[] {
  const { apiVersion, kind } = raw.type;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const meant = /^network-?polic(?:y|ies)$/i.test(kind);
  const wrongKind = group === 'networking.k8s.io' && !networkingKinds.includes(kind) && meant;
  const wrongGroup = meant && ownGroups.includes(group);
  if (!wrongKind && !wrongGroup) return [];
  const message = `kube-apiserver rejects it: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
  const advice = 'write apiVersion: networking.k8s.io/v1 and kind: NetworkPolicy';
  const path = kind === 'NetworkPolicy' ? 'apiVersion' : 'kind';
  return [written(raw, { rule: 'api-rejects', severity: 'error', path, key: path, message, advice })];
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

interface Written {
  readonly rule: (typeof writtenRules)[number]['id'];
  readonly severity: Severity;
  readonly path: string;
  readonly key: string;
  readonly message: string;
  readonly advice: string;
}

/** The server repeats values of any length; a line of a report need not. */
const charactersMax = 1000;

/** A finding about an object as it is written. */
export function written(
  raw: RawObject,
  { rule, severity, path, key, message, advice }: Written,
): LintFinding {
  const namespace = text(get(raw.value, 'metadata', 'namespace'));
  const name = text(get(raw.value, 'metadata', 'name')) ?? '';
  const object = { kind: raw.type.kind, namespace, name };
  return {
    id: shortHash(`${rule}\n${object.kind}/${namespace ?? ''}/${name}\n${key}`),
    rule,
    severity,
    waived: false,
    object,
    path,
    span: raw.spanOf(path),
    message: cut(sanitise(message), charactersMax),
    advice: cut(sanitise(advice), charactersMax),
    related: [],
    remedy: null,
    edits: [],
    known: false,
  };
}
