import type { Budget } from '../impact/budget.ts';
import { difference } from '../impact/difference.ts';
import type { Required } from '../impact/grades.ts';
import type { Impact } from '../impact/impact.ts';
import { lasting } from '../impact/lasting.ts';
import type { Difference } from '../impact/rectangle.ts';
import { summarize } from '../impact/summarize.ts';
import type { Change, Edit, PolicyEdit } from '../model/change.ts';
import { type Finding, identityOf } from '../model/finding.ts';
import { recordName } from '../model/objects.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { ObjectRef } from '../model/ref.ts';
import { factsOf } from '../platform/facts.ts';
import type { Overlay } from '../world/overlay.ts';
import type { World } from '../world/world.ts';
import type {
  ChangeInput,
  ChangeRule,
  DocumentInput,
  DocumentRule,
  Draft,
  PolicyInput,
  PolicyRule,
  Rule,
} from './rule.ts';

/** What the rules found, and what the change does. */
export interface Judgement {
  readonly findings: readonly JudgedFinding[];
  readonly impact: Impact;
  readonly difference: Difference;
  /** Rules that threw: their findings are missing, everybody else's are there. */
  readonly failed: readonly { readonly rule: string; readonly error: Error }[];
}

export interface JudgedFinding {
  readonly finding: Finding;
  /** The old object has the same finding, for at least the same pods. */
  readonly old: boolean;
}

/** A change and the worlds before and after it. */
export interface Case {
  /** The edits that rules about policies judge. */
  readonly change: Change;
  /** What was laid over the world, and is evaluated: the same edits, or none where they are too large. */
  readonly laid: Change;
  readonly worlds: Overlay;
  /** The same worlds with an invented pod for each policy that selects nothing; rules about policies see these. */
  readonly peopled: Overlay;
  /** The policies that have an invented pod, as `namespace/name`. */
  readonly invented: ReadonlySet<string>;
}

/**
 * Runs every rule over a change. A rule that throws is reported as failed and does not harm the others. `requiredIn`
 * tells the connections of a world that are critical because somebody says so.
 */
export function judge(
  rules: readonly Rule[],
  { change, laid, worlds, peopled, invented }: Case,
  budget: Budget,
  requiredIn: (world: World) => readonly Required[] = () => [],
): Judgement {
  const whole = difference(worlds, laid, budget);
  const found = lasting(whole, worlds);
  const facts = { before: factsOf(worlds.before), after: factsOf(worlds.after) };
  const losing = found.rectangles.some(({ lost }) => lost.length > 0);
  const required = losing ? requiredIn(worlds.before) : [];
  const impact = summarize(found, worlds, facts.before, budget, required);
  const runner = new Runner();
  const input: ChangeInput = { change: laid, worlds, difference: found, impact, facts: facts.after };
  const peopledFacts =
    peopled === worlds ? facts : { before: factsOf(peopled.before), after: factsOf(peopled.after) };
  const findings = rules.flatMap((rule) => {
    if (rule.judges === 'change') return runner.change(rule, input);
    if (rule.judges === 'document') return change.edits.flatMap((edit) => runner.document(rule, edit));
    return change.edits.flatMap((edit) => {
      if (edit.kind !== 'policy' || edit.after === null) return [];
      const then = {
        world: peopled.before,
        previous: null,
        facts: peopledFacts.before,
        invented: invented.has(`${edit.after.ref.namespace}/${edit.after.ref.name}`) && sameSubject(edit),
      };
      const now: PolicyInput = {
        policy: edit.after,
        world: peopled.after,
        previous: peopled.before,
        facts: peopledFacts.after,
        invented: invented.has(`${edit.after.ref.namespace}/${edit.after.ref.name}`),
      };
      return runner.policy(rule, edit, now, { ...now, ...then });
    });
  });
  return { findings, impact, difference: whole, failed: runner.failed };
}

/** What one rule finds in a policy that is in force in a world. Throws what the rule throws. */
export function findingsOf(rule: PolicyRule, input: PolicyInput): Finding[] {
  return [...rule.check(input)].map((draft) => stamp(rule, input.policy.ref, draft, input.invented));
}

/** What one rule finds in a document, told of the object that it means. Throws what the rule throws. */
export function documentFindings(rule: DocumentRule, input: DocumentInput, object: ObjectRef): Finding[] {
  return [...rule.check(input)].map((draft) => stamp(rule, object, draft, false));
}

/** An invented pod stands in for the old version too where that asks for the same labels. */
function sameSubject({ before, after }: PolicyEdit): boolean {
  return before?.subject.text === after?.subject.text;
}

class Runner {
  readonly failed: { readonly rule: string; readonly error: Error }[] = [];

  change(rule: ChangeRule, input: ChangeInput): JudgedFinding[] {
    const [first] = input.change.edits;
    if (first === undefined) return [];
    const drafts = this.drafts(rule, () => rule.check(input));
    return drafts.map((draft) => ({ finding: stamp(rule, objectOf(first), draft, false), old: false }));
  }

  policy(rule: PolicyRule, edit: PolicyEdit, now: PolicyInput, then: PolicyInput): JudgedFinding[] {
    const drafts = this.drafts(rule, () => rule.check(now));
    const findings = drafts.map((draft) => stamp(rule, objectOf(edit), draft, now.invented));
    if (edit.before === null || findings.length === 0)
      return findings.map((finding) => ({ finding, old: false }));
    const { before } = edit;
    const earlier = new Map<string, ReadonlySet<string>>();
    for (const draft of this.drafts(rule, () => rule.check({ ...then, policy: before }))) {
      const finding = stamp(rule, objectOf(edit), draft, then.invented);
      earlier.set(identityOf(finding), new Set(finding.affected));
    }
    return findings.map((finding) => ({ finding, old: isOld(finding, earlier) }));
  }

  /** Judges what was applied, where the object tells it. */
  document(rule: DocumentRule, edit: Edit): JudgedFinding[] {
    if (edit.kind !== 'policy') return [];
    const found = (policy: CompiledPolicy | null): Finding[] => {
      const document = policy?.source.written?.document ?? null;
      if (document === null) return [];
      const earlier = { sameName: [], sameSpec: [] };
      const input = { document, from: 'last-applied', earlier, declaredNamespace: null } as const;
      return this.drafts(rule, () => rule.check(input)).map((draft) =>
        stamp(rule, objectOf(edit), draft, false),
      );
    };
    const now = found(edit.after);
    const then = now.length === 0 ? [] : found(edit.before);
    const earlier = new Map(then.map((finding) => [identityOf(finding), new Set(finding.affected)]));
    return now.map((finding) => ({ finding, old: isOld(finding, earlier) }));
  }

  private drafts(rule: Rule, check: () => Iterable<Draft>): Draft[] {
    try {
      return [...check()];
    } catch (error) {
      this.failed.push({ rule: rule.id, error: error instanceof Error ? error : new Error(String(error)) });
      return [];
    }
  }
}

/** Old: "the old object … gives the same identity and the affected set after is a subset of the one before". */
function isOld(finding: Finding, earlier: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const affected = earlier.get(identityOf(finding));
  return affected !== undefined && finding.affected.every((pod) => affected.has(pod));
}

function stamp(rule: Rule, object: ObjectRef, draft: Draft, invented: boolean): Finding {
  return {
    rule: rule.id,
    number: rule.number,
    object,
    key: draft.key,
    severity: draft.severity ?? rule.severity,
    confidence: draft.confidence ?? rule.confidence,
    cure: draft.cure ?? rule.cure,
    needs: draft.needs ?? rule.needs,
    restsOnVerdicts: rule.restsOnVerdicts,
    at: draft.at,
    happens: draft.happens,
    advice: draft.advice,
    affected: draft.affected,
    invented,
    related: draft.related ?? [],
    fix: draft.fix ?? [],
    admission: rule.admission ?? 'told',
  };
}

/** The object an edit is about. */
export function objectOf(edit: Edit): ObjectRef {
  if (edit.kind === 'policy') return (edit.after ?? edit.before)?.ref ?? nothing;
  if (edit.kind === 'namespace')
    return { kind: 'Namespace', namespace: null, name: (edit.after ?? edit.before)?.name ?? '' };
  const record = edit.after ?? edit.before;
  return record === null ? nothing : { kind: record.kind, ...recordName(record) };
}

const nothing: ObjectRef = { kind: '', namespace: null, name: '' };
