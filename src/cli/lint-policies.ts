import type { RawObject } from '../cluster/documents.ts';
import { compileNetworkPolicy } from '../dialects/network-policy.ts';
import type { Finding, Level } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { WrittenDocument } from '../model/written.ts';
import type { Facts } from '../platform/facts.ts';
import type { LintFinding, LintReport } from '../report/lint-report.ts';
import { contractRule } from '../review/contract.ts';
import { type Coverage, gapsOf, isInGap } from '../review/coverage.ts';
import { findingId } from '../review/finding-id.ts';
import { modesOf } from '../review/modes.ts';
import { type ScanContext, type ScannedFinding, standing, weighed } from '../review/scan-policy.ts';
import { phraseText, sanitise } from '../review/words.ts';
import type { Rule } from '../rules/rule.ts';
import {
  earlierDocuments,
  findingsInDocument,
  type LintDocument,
  waivedObject,
  weighedDocument,
} from './lint-documents.ts';
import { type Places, relatedPlaces, remedyOf } from './lint-places.ts';
import { saidOnce } from './lint-repeats.ts';
import { waiverFaults } from './lint-waivers.ts';
import { written } from './lint-written.ts';
import type { Progress } from './progress.ts';

/** Everything that judging the policies of the input depends on. */
export interface LintContext {
  readonly scan: ScanContext;
  /** Of the world. */
  readonly facts: Facts;
  readonly coverage: Coverage;
  /** Where the objects of the input stand. */
  readonly places: Places;
  readonly progress: Progress;
}

export interface JudgedPolicies {
  readonly findings: readonly LintFinding[];
  readonly policies: LintReport['policies'];
  readonly skipped: LintReport['skipped'];
  readonly exempt: number;
  /** Rules that threw, one sentence each. */
  readonly failed: readonly string[];
}

/** Judges every policy of the input: as it is written, and as it stands in the world of all that was given. */
export function judgePolicies(documents: readonly LintDocument[], context: LintContext): JudgedPolicies {
  const findings: LintFinding[] = [];
  const policies: LintReport['policies'][number][] = [];
  const skips = new Map<string, number>();
  const failed = new Set<string>();
  const earlier = earlierDocuments(documents.map(({ document }) => document));
  const raws = new Map(documents.map(({ document, raw }) => [document, raw]));
  let exempt = 0;
  for (const [index, item] of documents.entries()) {
    context.progress.at('judging policies', index, documents.length);
    const level = levelIn(item.ref.namespace, context.scan);
    if (level === null) {
      exempt += 1;
      continue;
    }
    const policy = policyOf(item, context.scan);
    const { file, line } = item.raw.spanOf('metadata.name');
    if (policy !== null)
      policies.push({ namespace: policy.ref.namespace, name: policy.ref.name, file, line });
    const judging = { item, policy, level, context, failed, skipped: new Set<string>(), earlier, raws };
    const found = saidOnce([...writtenFindings(judging), ...standingFindings(judging)]);
    findings.push(...found, ...idleWaivers(judging, found));
    for (const rule of judging.skipped) skips.set(rule, (skips.get(rule) ?? 0) + 1);
  }
  const skipped = [...skips].map(([rule, count]) => ({ rule, policies: count }));
  return { findings, policies, skipped, exempt, failed: [...failed] };
}

/** The compiled policy that the world holds; of two documents of one name it holds the last. */
function policyOf({ record }: LintDocument, { world }: ScanContext): CompiledPolicy | null {
  if (record?.kind !== 'NetworkPolicy' || record.policy === null) return null;
  for (const policy of world.policiesIn(record.namespace)) if (policy.source === record.policy) return policy;
  return compileNetworkPolicy(record.policy, world.profile);
}

/** The strictest level at which anything is done in the namespace; null where nothing is. */
function levelIn(namespace: string, { settings, world }: ScanContext): Level | null {
  if (settings.exempt.namespaces.includes(namespace)) return null;
  const { enforce, warn, audit } = modesOf(namespace, world.namespaceLabels(namespace), settings, '');
  const modes = [enforce, warn, audit];
  if (modes.includes('restricted')) return 'restricted';
  return modes.includes('baseline') ? 'baseline' : null;
}

interface Judging {
  readonly item: LintDocument;
  /** Null where it cannot be read. */
  readonly policy: CompiledPolicy | null;
  readonly level: Level;
  readonly context: LintContext;
  readonly failed: Set<string>;
  /** Rules that could not look at all of the policy. */
  readonly skipped: Set<string>;
  readonly earlier: ReturnType<typeof earlierDocuments>;
  readonly raws: ReadonlyMap<WrittenDocument, RawObject>;
}

/** What rules about documents say. */
function writtenFindings(judging: Judging): LintFinding[] {
  const { item, level, context, earlier } = judging;
  const before = earlier.get(item.document) ?? { sameName: [], sameSpec: [] };
  const found = context.scan.rules.flatMap((rule) =>
    rule.judges === 'document' ? attempted(judging, rule, () => findingsInDocument(rule, item, before)) : [],
  );
  const weights = weighedDocument(found, waivedObject(item), level, context.scan);
  return weights.map((each) => lintFinding(each, judging));
}

/** What rules about policies say. */
function standingFindings(judging: Judging): LintFinding[] {
  const { policy, level, context, skipped } = judging;
  if (policy === null) return legibleFindings(judging);
  const { scan, facts, coverage } = context;
  const { rules, look } = standing(policy, scan, facts);
  const found = rules.flatMap((rule) => {
    const gaps = gapsOf(rule, policy, coverage);
    if (gaps === null || gaps.size > 0) skipped.add(rule.id);
    if (gaps === null) return [];
    return attempted(judging, rule, () => look(rule)).filter((finding) => !isInGap(finding, gaps));
  });
  const known = coverage.covers(policy.ref.namespace) ? found : found.map(textual);
  return weighed(known, policy, level, scan).map((each) => lintFinding(each, judging));
}

/** Rules that read neither selectors nor the world: they judge a policy of which only selectors cannot be read. */
const legibleRules: ReadonlySet<string> = new Set(['R02', 'R03', 'R04', 'R05', 'R69']);

function legibleFindings(judging: Judging): LintFinding[] {
  const { item, level, context } = judging;
  if (item.legible === null) return [];
  const policy = compileNetworkPolicy(item.legible, context.scan.world.profile);
  const { rules, look } = standing(policy, context.scan, context.facts);
  const found = rules.flatMap((rule) =>
    legibleRules.has(rule.number) ? attempted(judging, rule, () => look(rule)) : [],
  );
  return weighed(found.map(textual), policy, level, context.scan).map((each) => lintFinding(each, judging));
}

function attempted({ failed }: Judging, { id }: Rule, look: () => readonly Finding[]): readonly Finding[] {
  try {
    return look();
  } catch (error) {
    failed.add(`rule ${id} failed: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function idleWaivers(
  { item, policy, context, skipped }: Judging,
  found: readonly LintFinding[],
): LintFinding[] {
  const { rules, settings, today } = context.scan;
  // Nothing changes here, so that rules about changes and contracts are not asked; nor is what cannot be read.
  const unasked = rules.flatMap(({ id, judges }) =>
    judges === 'change' || (judges === 'policy' && policy === null) ? [id] : [],
  );
  const faults = waiverFaults(waivedObject(item), {
    settings,
    today,
    ruleIds: [...rules.map(({ id }) => id), contractRule.id],
    found: new Set(found.map(({ rule }) => rule)),
    skipped: new Set([...skipped, ...unasked, contractRule.id]),
  });
  return faults.map(({ path, message, advice }) =>
    written(item.raw, { rule: 'idle-waiver', severity: 'warning', path, key: path, message, advice }),
  );
}

/** Where the input does not hold the pods, what the text alone tells is no milder for an invented one. */
function textual(finding: Finding): Finding {
  return finding.needs.length === 0 ? { ...finding, invented: false } : finding;
}

function lintFinding(
  { finding, severity, waived }: ScannedFinding,
  { item: { raw }, raws, context: { coverage, scan, places } }: Judging,
): LintFinding {
  const visible = (): boolean => true;
  const happens = phraseText(finding.happens, visible, 253);
  const { kind, namespace, name } = finding.object;
  return {
    id: findingId(finding),
    rule: finding.rule,
    severity: isOfAuthor(finding) && !Object.hasOwn(scan.settings.rules, finding.rule) ? 'error' : severity,
    waived,
    object: { kind, namespace, name },
    path: finding.at,
    span: raw.spanOf(finding.at),
    message: sanitise(coverage.every ? happens : withoutCounts(finding, happens)),
    advice: sanitise(phraseText(finding.advice, visible, 253)),
    related: relatedPlaces(finding, places, raws),
    remedy: remedyOf(finding, raw),
    edits: [],
    known: false,
  };
}

/** What reaches the API server looks alike whether or not somebody meant it; a file says what its author wrote. */
function isOfAuthor({ number, key }: Finding): boolean {
  return number === 'R04' || (number === 'R33' && key === 'no-spec');
}

/** What R06 and R38 count is only a part of what exists where the input may hold a part. */
function withoutCounts({ number }: Finding, text: string): string {
  if (number === 'R06') return text.replace(/^matches all \d+ pods? /, 'matches all pods ');
  if (number !== 'R38') return text;
  return text.replace(
    / matches \d+ namespaces? today, and any without /,
    ' matches every namespace without ',
  );
}
