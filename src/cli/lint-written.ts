import type { RawObject } from '../cluster/documents.ts';
import { partsOf } from '../cluster/documents-place.ts';
import { get, text } from '../model/decode/lenient.ts';
import type { Severity } from '../model/finding.ts';
import type { LintFinding } from '../report/lint-report.ts';
import { shortHash } from '../review/finding-id.ts';
import { cut, sanitise } from '../review/words.ts';

/** What lint says beside the rules: about objects as they are written. */
export const writtenRules = [
  { id: 'api-rejects', title: 'kube-apiserver rejects the object' },
  { id: 'ambiguous-scalar', title: 'YAML 1.1 and YAML 1.2 read the value differently' },
  { id: 'idle-waiver', title: 'A waiver does not do what it seems to' },
] as const;

interface Written {
  readonly rule: (typeof writtenRules)[number]['id'] | 'namespace-missing-default-deny';
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
  const stable = key.startsWith(path) ? `${stablePath(raw.value, path)}${key.slice(path.length)}` : key;
  return {
    id: shortHash(`${rule}\n${object.kind}/${namespace ?? ''}/${name}\n${stable}`),
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

/** The path with what an item says in place of its number, so that a finding stays the same when items move. */
function stablePath(value: unknown, path: string): string {
  let [node, shown] = [value, ''];
  for (const part of partsOf(path)) {
    const isItem = Array.isArray(node);
    node = Array.isArray(node) ? node[Number(part)] : get(node, part);
    shown += isItem ? `[${shortHash(JSON.stringify(node) ?? '')}]` : `.${part}`;
  }
  return shown;
}
