import { compileNetworkPolicy } from '../dialects/network-policy.ts';
import type { Finding, Level } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { Facts } from '../platform/facts.ts';
import type { LintFinding, LintReport } from '../report/lint-report.ts';
import { contractRule } from '../review/contract.ts';
import { type Coverage, type Gaps, gapsOf, isInGap } from '../review/coverage.ts';
import { findingId } from '../review/finding-id.ts';
import { modesOf } from '../review/modes.ts';
import { type ScanContext, type ScannedFinding, standing, weighed } from '../review/scan-policy.ts';
import { phraseText, sanitise } from '../review/words.ts';
import { type LintObject, written } from './lint-objects.ts';
import { type Places, relatedPlaces, remedyOf } from './lint-places.ts';
import { waiverFaults } from './lint-waivers.ts';

/** Everything that judging the policies of the input depends on. */
export interface LintContext {
  readonly scan: ScanContext;
  /** Of the world. */
  readonly facts: Facts;
  readonly coverage: Coverage;
  /** Where the objects of the input stand. */
  readonly places: Places;
}

export interface JudgedPolicies {
  readonly findings: readonly LintFinding[];
  readonly policies: LintReport['policies'];
  readonly skipped: LintReport['skipped'];
  readonly exempt: number;
  /** Rules that threw, one sentence each. */
  readonly failed: readonly string[];
}

/** Judges every policy of the input as it stands in the world of all that was given. */
export function judgePolicies(objects: readonly LintObject[], context: LintContext): JudgedPolicies {
  const findings: LintFinding[] = [];
  const policies: LintReport['policies'][number][] = [];
  const skips = new Map<string, number>();
  const failed = new Set<string>();
  let exempt = 0;
  for (const object of objects) {
    const policy = policyOf(object, context.scan);
    if (policy === null) continue;
    const level = levelIn(policy.ref.namespace, context.scan);
    if (level === null) {
      exempt += 1;
      continue;
    }
    const { file, line } = object.raw.spanOf('metadata.name');
    policies.push({ namespace: policy.ref.namespace, name: policy.ref.name, file, line });
    const judging = { object, policy, level, context, failed, skipped: new Set<string>() };
    const found = findingsIn(judging);
    findings.push(...found, ...idleWaivers(judging, found));
    for (const rule of judging.skipped) skips.set(rule, (skips.get(rule) ?? 0) + 1);
  }
  const skipped = [...skips].map(([rule, count]) => ({ rule, policies: count }));
  return { findings, policies, skipped, exempt, failed: [...failed] };
}

/** The compiled policy that the world holds; of two documents of one name it holds the last. */
function policyOf({ record }: LintObject, { world }: ScanContext): CompiledPolicy | null {
  if (record.kind !== 'NetworkPolicy' || record.policy === null) return null;
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
  readonly object: LintObject;
  readonly policy: CompiledPolicy;
  readonly level: Level;
  readonly context: LintContext;
  readonly failed: Set<string>;
  /** Rules that could not look at all of the policy. */
  readonly skipped: Set<string>;
}

function findingsIn({ object, policy, level, context, failed, skipped }: Judging): LintFinding[] {
  const { scan, facts, coverage } = context;
  const { rules, look } = standing(policy, scan, facts);
  const found = rules.flatMap((rule) => {
    const gaps = gapsOf(rule, policy, coverage);
    if (gaps === null || gaps.size > 0) skipped.add(rule.id);
    if (gaps === null) return [];
    try {
      return look(rule).filter((finding) => !isInGap(finding, gaps satisfies Gaps));
    } catch (error) {
      failed.add(`rule ${rule.id} failed: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  const known = coverage.covers(policy.ref.namespace) ? found : found.map(textual);
  return weighed(known, policy, level, scan).map((item) => lintFinding(item, object, context));
}

function idleWaivers(
  { object, policy, context, skipped }: Judging,
  found: readonly LintFinding[],
): LintFinding[] {
  const { rules, settings, today } = context.scan;
  // Nothing changes here, so that rules about changes and contracts are not asked.
  const unasked = rules.flatMap(({ id, judges }) => (judges === 'change' ? [id] : []));
  const faults = waiverFaults(policy.source, {
    settings,
    today,
    ruleIds: [...rules.map(({ id }) => id), contractRule.id],
    found: new Set(found.map(({ rule }) => rule)),
    skipped: new Set([...skipped, ...unasked, contractRule.id]),
  });
  return faults.map(({ path, message, advice }) =>
    written(object.raw, { rule: 'idle-waiver', severity: 'warning', path, key: path, message, advice }),
  );
}

/** Where the input does not hold the pods, what the text alone tells is no milder for an invented one. */
function textual(finding: Finding): Finding {
  return finding.needs.length === 0 ? { ...finding, invented: false } : finding;
}

function lintFinding(
  item: ScannedFinding,
  { raw }: LintObject,
  { coverage, scan, places }: LintContext,
): LintFinding {
  const { finding, severity, waived } = item;
  const visible = (): boolean => true;
  const happens = phraseText(finding.happens, visible, 253);
  const { kind, namespace, name } = finding.object;
  return {
    id: findingId(finding),
    rule: finding.rule,
    severity:
      isMissingSpec(finding) && !Object.hasOwn(scan.settings.rules, finding.rule) ? 'error' : severity,
    waived,
    object: { kind, namespace, name },
    path: finding.at,
    span: raw.spanOf(finding.at),
    message: sanitise(coverage.every ? happens : withoutCounts(finding, happens)),
    advice: sanitise(phraseText(finding.advice, visible, 253)),
    related: relatedPlaces(finding, places),
    remedy: remedyOf(finding, raw),
    edits: [],
    known: false,
  };
}

/** Through the API server a spec is never missing; in a file nobody has taken it out but the author. */
function isMissingSpec({ number, key }: Finding): boolean {
  return number === 'R33' && key === 'no-spec';
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
