/** Reads fixture files of rules: a small cluster, a change to it, and the lines that the rule is to print. */
import { type Document, isMap, isNode, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { earlierDocuments, findingsInDocument, lintDocument } from '../../src/cli/lint-documents.ts';
import { surroundingsOf } from '../../src/cli/lint-namespaces.ts';
import { readDocuments } from '../../src/cluster/documents.ts';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { Budget } from '../../src/impact/budget.ts';
import type { Edit } from '../../src/model/change.ts';
import { policyTypeOf } from '../../src/model/decode/policy-type.ts';
import { asWritten } from '../../src/model/decode/written-policy.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { genericProfile, type Profile, profiles } from '../../src/model/profile.ts';
import { caseOf } from '../../src/review/case-of.ts';
import { findingLine } from '../../src/review/words.ts';
import type { DocumentRule, Rule } from '../../src/rules/rule.ts';
import { type Case, judge } from '../../src/rules/run.ts';
import { worldOf } from '../../src/world/build.ts';
import { recordOf } from './build.ts';

const roleKey = 'netsluice.dev/fixture';

/** `# want <slug> "part of the line"`, with the severities where they matter: `# want <slug> info/warning "…"`. */
export interface Want {
  readonly line: number;
  readonly rule: string;
  /** `baseline/restricted`, or null where any will do. */
  readonly severity: string | null;
  readonly text: string;
}

/** What a rule said, in the form of a want; `text` is the whole printed line. */
export interface Said extends Want {
  readonly severity: string;
}

interface Part {
  readonly document: Document;
  readonly record: ClusterObject;
  readonly role: string;
}

export function wantsIn(text: string): Want[] {
  return text.split('\n').flatMap((source, index) => {
    const found = /# want (\S+)(?: (\w+\/\w+))? "(.*)"\s*$/.exec(source);
    if (found === null) return [];
    const [, rule = '', severity = null, part = ''] = found;
    return [{ line: index + 1, rule, severity, text: part }];
  });
}

/**
 * Judges the file's change with one rule. `# profile cilium` on a line of its own chooses the network plugin, and
 * `# profile cilium endPort=unknown` one that differs in what it does.
 */
export function saidOf(rule: Rule, text: string): Said[] {
  return heardFrom(rule, text).map(({ finding, line }) => ({
    line,
    rule: finding.rule,
    severity: `${finding.severity.baseline}/${finding.severity.restricted}`,
    text: findingLine(finding, () => true, ''),
  }));
}

/** The findings themselves, each with its line in the file. */
export function heardFrom(rule: Rule, text: string): { readonly finding: Finding; readonly line: number }[] {
  if (rule.judges === 'document') return documentsHeard(rule, text);
  const lines = new LineCounter();
  const { changed, gone, laid } = fixtureIn(text, [], lines);
  const judgement = judge([rule], laid, new Budget(1_000_000, () => false));
  for (const { error } of judgement.failed) throw error;
  return judgement.findings
    .filter(({ old }) => !old)
    .map(({ finding }) => ({ finding, line: lineOf([...changed, ...gone], finding, lines) }));
}

/** The change of a fixture laid over its cluster and whatever else there is to be. */
export function caseIn(text: string, others: readonly ClusterObject[]): Case {
  return fixtureIn(text, others, new LineCounter()).laid;
}

function fixtureIn(text: string, others: readonly ClusterObject[], lines: LineCounter) {
  const parts = parseAllDocuments(text, { lineCounter: lines }).map(partOf);
  const profile = profileIn(text);
  const cluster = parts.filter(({ role }) => role !== 'apply').map(({ record }) => record);
  const world = worldOf(
    profile,
    [...cluster, ...others].map((object) => ({ type: 'put' as const, object })),
  );
  const changed = parts.filter(({ role }) => role === 'apply');
  const gone = parts.filter(
    ({ record, role }) => role === 'before' && !changed.some((part) => same(part.record, record)),
  );
  const edits = [...changed, ...gone].map(({ record }) => editOf(parts, record, profile));
  return { changed, gone, laid: caseOf(world, { edits }, { edits }) };
}

/**
 * What a rule about documents says of a file. `# namespace shop` on a line of its own is the namespace that the input
 * declares.
 */
function documentsHeard(
  rule: DocumentRule,
  text: string,
): { readonly finding: Finding; readonly line: number }[] {
  const name = /^# namespace (\S+)$/m.exec(text)?.[1] ?? null;
  const { objects, fragments } = readDocuments([{ file: 'fixture.yaml', text }]);
  const documents = [...objects, ...fragments.map(({ raw }) => raw)]
    .filter(({ type }) => type.kind === '' || type.apiVersion === '' || policyTypeOf(type) !== 'none')
    .map((raw) => lintDocument(raw, surroundingsOf(name)));
  const earlier = earlierDocuments(documents.map(({ document }) => document));
  return documents.flatMap((item) => {
    const before = earlier.get(item.document);
    if (before === undefined) return [];
    const found = findingsInDocument(rule, { ...item, record: null, legible: null }, before);
    return found.map((finding) => ({ finding, line: item.raw.spanOf(finding.at).line }));
  });
}

function profileIn(text: string): Profile {
  const [, name = '', flags = ''] = /^# profile (\S+)((?: \w+=\S+)*)$/m.exec(text) ?? [];
  const changed = flags
    .split(' ')
    .filter((flag) => flag !== '')
    .map((flag) => flag.split('='));
  return { ...(profiles.get(name) ?? genericProfile), ...Object.fromEntries(changed) };
}

function partOf(document: Document): Part {
  const value = document.toJS();
  return {
    document,
    record: asWritten(recordOf(value), value),
    role: value.metadata?.annotations?.[roleKey] ?? '',
  };
}

function same(a: ClusterObject, b: ClusterObject): boolean {
  const space = (record: ClusterObject) => ('namespace' in record ? record.namespace : null);
  return a.kind === b.kind && a.name === b.name && space(a) === space(b);
}

function editOf(parts: readonly Part[], record: ClusterObject, profile: Profile): Edit {
  const side = (role: string) =>
    parts.find((part) => part.role === role && same(part.record, record))?.record ?? null;
  const [before, after] = [side('before'), side('apply')];
  const pair = <T extends ClusterObject>(is: (object: ClusterObject | null) => object is T) => ({
    before: is(before) ? before : null,
    after: is(after) ? after : null,
  });
  switch (record.kind) {
    case 'NetworkPolicy': {
      const compiled = (object: ClusterObject | null) =>
        object?.kind === 'NetworkPolicy' && object.policy !== null
          ? compileNetworkPolicy(object.policy, profile)
          : null;
      return { kind: 'policy', before: compiled(before), after: compiled(after) };
    }
    case 'Namespace':
      return { kind: 'namespace', ...pair((object) => object?.kind === 'Namespace') };
    case 'Pod':
      return { kind: 'pod', ...pair((object) => object?.kind === 'Pod') };
    default:
      return { kind: 'workload', ...pair((object) => object !== null && 'template' in object) };
  }
}

/** The line of the deepest part of the finding's path that its object has. */
function lineOf(parts: readonly Part[], { object, at }: Finding, lines: LineCounter): number {
  const part = parts.find(
    ({ record }) =>
      record.kind === object.kind &&
      record.name === object.name &&
      ('namespace' in record ? record.namespace : null) === object.namespace,
  );
  let node: unknown = part?.document.contents;
  let offset = startOf(node);
  for (const part of at.match(/\[[^\]]*\]|kubernetes\.io\/[^.[\]]+|[^.[\]]+/g) ?? []) {
    const step = part.replace(/^\[(.*)\]$/, '$1');
    const pair = isMap(node) ? node.items.find(({ key }) => String(key) === step) : undefined;
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
    if (next === undefined) break;
    offset = startOf(pair?.key ?? next);
    node = next;
  }
  return lines.linePos(offset).line;
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
