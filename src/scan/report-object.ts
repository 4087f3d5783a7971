import { shortHash } from '../review/finding-id.ts';
import type { Visibility } from '../review/visibility.ts';
import { findingLine } from '../review/words.ts';
import type { Found } from './findings.ts';

/** Either API; the fields that netsluice writes have the same names in both. */
export interface ReportApi {
  readonly group: 'openreports.io' | 'wgpolicyk8s.io';
  readonly version: string;
  readonly kind: 'Report' | 'PolicyReport';
  readonly resource: 'reports' | 'policyreports';
}

/** By preference: the second is the older API, which the first is to replace. */
export const reportApis: readonly ReportApi[] = [
  { group: 'openreports.io', version: 'v1alpha1', kind: 'Report', resource: 'reports' },
  { group: 'wgpolicyk8s.io', version: 'v1alpha2', kind: 'PolicyReport', resource: 'policyreports' },
];

/** Reports with thousands of results are refused by the API server; worse ones come first. */
const resultsMax = 50;
const messageMax = 300;
/** Names are DNS subdomains of at most 253 characters. */
const nameMax = 253;

export const contentAnnotation = 'netsluice.dev/content';
export const managedBy = { key: 'app.kubernetes.io/managed-by', value: 'netsluice' } as const;

/** One report per policy; the same name for every replica. */
export function nameOfReport(policyName: string): string {
  const name = `netsluice-${policyName}`;
  if (name.length <= nameMax) return name;
  const hash = shortHash(policyName);
  return `${name.slice(0, nameMax - hash.length - 1).replace(/[^a-z0-9]+$/, '')}-${hash}`;
}

/** What a policy's report says, whichever API carries it; `content` is equal for equal reports. */
export interface ReportDraft {
  readonly namespace: string;
  readonly policy: { readonly name: string; readonly uid: string };
  readonly summary: object;
  readonly results: readonly object[];
  readonly content: string;
}

/** Null where there is nothing to report: infos are not. */
export function reportOf(policyFindings: readonly Found[], visible: Visibility): ReportDraft | null {
  const told = policyFindings.filter(({ severity }) => severity !== 'info').sort(worstFirst);
  const [first] = told;
  const uid = first?.policy.source.uid ?? null;
  if (first === undefined || uid === null) return null;
  const fail = told.filter(({ severity }) => severity === 'error').length;
  const summary = { pass: 0, fail, warn: told.length - fail, error: 0, skip: 0 };
  const results = told.slice(0, resultsMax).map((found) => resultOf(found, visible));
  const { namespace, name } = first.policy.ref;
  const content = shortHash(JSON.stringify([uid, summary, results]));
  return { namespace, policy: { name, uid }, summary, results, content };
}

function worstFirst(a: Found, b: Found): number {
  if (a.severity !== b.severity) return a.severity === 'error' ? -1 : 1;
  const text = ({ finding, id }: Found): string => `${finding.number} ${id}`;
  return text(a) < text(b) ? -1 : 1;
}

/** These cut off what the whole cluster rests on. */
const critical: ReadonlySet<string> = new Set(['R17', 'R18']);

function resultOf({ id, finding, severity }: Found, visible: Visibility): object {
  const bad = critical.has(finding.number) ? 'critical' : 'high';
  return {
    source: 'netsluice',
    policy: 'netsluice',
    rule: finding.rule,
    category: 'NetworkPolicy',
    severity: severity === 'error' ? bad : 'medium',
    result: severity === 'error' ? 'fail' : 'warn',
    scored: true,
    message: [...findingLine(finding, visible, '')].slice(0, messageMax).join(''),
    properties: { id, at: finding.at, confidence: finding.confidence, pods: String(finding.pods) },
  };
}

/** The report as the API takes it; it goes with its policy. */
export function reportObject(
  api: ReportApi,
  { namespace, policy, summary, results, content }: ReportDraft,
): object {
  const subject = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    name: policy.name,
    uid: policy.uid,
  };
  return {
    apiVersion: `${api.group}/${api.version}`,
    kind: api.kind,
    metadata: {
      namespace,
      name: nameOfReport(policy.name),
      labels: { [managedBy.key]: managedBy.value },
      annotations: { [contentAnnotation]: content },
      ownerReferences: [subject],
    },
    ...(api.group === 'openreports.io' ? { source: 'netsluice' } : {}),
    scope: { ...subject, namespace },
    summary,
    results,
  };
}
