import type { DocumentProblem } from '../cluster/documents.ts';
import type { Freshness } from '../model/review.ts';
import { factsOf } from '../platform/facts.ts';
import { counts, type FindingFate, type PlanDocument } from '../report/plan.ts';
import type { PlannedChange } from '../review/plan-change.ts';
import { type PlanContext, type PlannedFinding, planReview } from '../review/plan-review.ts';
import type { Settings } from '../review/settings.ts';
import { findingLine } from '../review/words.ts';
import { rules } from '../rules/registry.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { diffDocument } from './diff-document.ts';

export interface PlanFor {
  readonly change: PlannedChange;
  readonly world: ClusterWorld;
  readonly settings: Settings;
  readonly level: PlanContext['level'];
  readonly freshness: Freshness;
  readonly today: string;
  readonly problems: readonly DocumentProblem[];
  readonly partial: readonly string[];
}

/** What a change does to one cluster, and what the webhook would find of it. */
export function planDocument(asked: PlanFor): PlanDocument {
  const { change, world, settings, level, freshness, today } = asked;
  const limits = { stepsMax: Number.POSITIVE_INFINITY, expired: () => false, today };
  const review = planReview(
    { edits: change.edits },
    { world, settings, rules, freshness, limits, ownNamespace: '', level },
  );
  const { judgement, worlds, required, partial, findings } = review;
  const failed = judgement.failed.map(({ rule }) => `rule ${rule}, which failed`);
  const document = diffDocument({
    worlds,
    difference: judgement.difference,
    facts: factsOf(worlds.before),
    required: required(),
    unit: 'workload',
    problems: asked.problems.map(({ file, line, message }) => ({
      file,
      ...(line === undefined ? {} : { line }),
      message,
    })),
    partial: [...asked.partial, ...failed, ...(partial === null ? [] : [partial])],
  });
  return {
    ...document,
    findings: findings.map(({ finding }) => finding),
    decision: decisionOf(findings),
  };
}

function decisionOf(findings: readonly PlannedFinding[]): PlanDocument['decision'] {
  const fates = findings.map(fateOf);
  const count = (severity: FindingFate['severity']): number =>
    fates.filter((fate) => counts(fate) && fate.severity === severity).length;
  return {
    outcome: fates.some(({ rejects }) => rejects) ? 'rejected' : 'admitted',
    errors: count('error'),
    warnings: count('warning'),
    infos: count('info'),
    findings: fates,
  };
}

function fateOf({ finding, severity, rejects, old, waived }: PlannedFinding): FindingFate {
  const { kind, namespace, name } = finding.object;
  const place = `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`;
  return {
    rule: finding.rule,
    severity: severity ?? 'off',
    rejects,
    old,
    waived,
    text: `${place}: ${findingLine(finding, () => true, '')}`,
  };
}
