import { KnownDocuments } from '../cluster/known-documents.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import { factsOf } from '../platform/facts.ts';
import type { LintFinding, LintReport } from '../report/lint-report.ts';
import type { Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import { ruleCards } from './lint-cards.ts';
import { commentWaivers } from './lint-comments.ts';
import { lintGround } from './lint-ground.ts';
import type { Inputs } from './lint-inputs.ts';
import { surroundingsOf } from './lint-namespaces.ts';
import { lintObjects } from './lint-objects.ts';
import { openNamespaces } from './lint-open-namespaces.ts';
import { objectNames, placesOf } from './lint-places.ts';
import type { LintPlan, LintSurroundings } from './lint-plan.ts';
import { judgePolicies } from './lint-policies.ts';
import { writtenRules } from './lint-written.ts';
import { type Progress, silence, watched } from './progress.ts';

/** What is judged, and by what. */
export interface LintCase {
  readonly plan: Pick<LintPlan, 'strictCidrs' | 'complete' | 'failOn' | 'namespace' | 'docs'>;
  readonly settings: Settings;
  readonly surroundings: Pick<LintSurroundings, 'version' | 'today'>;
  /** The cluster that the input is laid over; none where it is left out. */
  readonly saved?: Snapshot | null;
  /** Told of work that takes long; nobody where it is left out. */
  readonly progress?: Progress;
  /** Takes in what was parsed, for who edits it. */
  readonly known?: KnownDocuments;
}

/** What the API server says of a CIDR is not repeated: its own words come first, with the same remedy. */
function notSaidBy(said: readonly LintFinding[]): (finding: LintFinding) => boolean {
  const placeOf = ({ span: { file, line, column } }: LintFinding): string => `${file}:${line}:${column}`;
  const rejected = new Set(said.filter(({ rule }) => rule === 'api-rejects').map(placeOf));
  return (finding) => finding.rule !== 'noncanonical-cidr' || !rejected.has(placeOf(finding));
}

/** Judges every NetworkPolicy of the input, over the world that all of the input makes. */
export function lintReport(
  inputs: Inputs,
  { plan, settings, surroundings, saved = null, progress = silence, known = new KnownDocuments() }: LintCase,
): LintReport {
  const { version, today } = surroundings;
  const texts = watched('reading manifests', inputs.texts, progress);
  const read = lintObjects(
    { ...inputs, texts },
    {
      strictCidrs: plan.strictCidrs,
      surroundings: surroundingsOf(plan.namespace),
      known,
    },
  );
  const records = read.objects.map(({ record }) => record);
  const { world, freshness, coverage } = lintGround(records, { saved, complete: plan.complete, settings });
  // "Waivers … in lint everywhere": who lints may read what was waived.
  const lenient = { ...settings, waiversAllowed: [{ rules: ['*'], namespaces: ['*'] }] };
  const scan = { world, settings: lenient, rules, freshness, today };
  const judged = judgePolicies(read.documents, {
    scan,
    facts: factsOf(world),
    coverage,
    places: placesOf(read.objects),
    progress,
  });
  const open = openNamespaces(read.objects, world, coverage, settings);
  // Nothing changes here, so that rules about changes are not asked.
  const unasked = rules.flatMap(({ id, judges }) => (judges === 'change' ? [id] : []));
  const unsaid = judged.findings.filter(notSaidBy(read.findings));
  const order = new Map(inputs.texts.map(({ file }, index) => [file, index]));
  return {
    version,
    findings: commentWaivers([...read.findings, ...unsaid, ...open], read.raws, {
      today,
      ruleIds: rules.map(({ id }) => id),
      skipped: new Set([...judged.skipped.map(({ rule }) => rule), ...unasked]),
    }).sort(byPlace(order)),
    problems: [...read.problems, ...judged.failed.map((message) => ({ file: 'netsluice', message }))],
    skipped: judged.skipped,
    policies: judged.policies,
    input: {
      files: inputs.texts.length,
      objects: read.count,
      strangers: read.strangers,
      patches: inputs.patches.length,
      exempt: judged.exempt,
    },
    rules: ruleCards(rules, writtenRules),
    docs: plan.docs,
    failOn: plan.failOn,
    objects: objectNames(read),
    baseline: null,
  };
}

/** Equal places keep their order, which is worst first. */
function byPlace(order: ReadonlyMap<string, number>): (a: LintFinding, b: LintFinding) => number {
  return ({ span: a }, { span: b }) =>
    (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column;
}
