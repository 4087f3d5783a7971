import type { Edit, PolicyEdit } from '../model/change.ts';
import { type Finding, identityOf } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { factsOf } from '../platform/facts.ts';
import type { World } from '../world/world.ts';
import { BudgetEnded, type Meter, MeteredWorld } from './metered-world.ts';
import type { ChangeInput, ChangeRule, DocumentRule, Draft, PolicyInput, PolicyRule, Rule } from './rule.ts';
import type { Case } from './run.ts';
import { Shared } from './shared.ts';
import { objectOf, stamp } from './stamp.ts';

export interface JudgedFinding {
  readonly finding: Finding;
  /** The old object has the same finding, for at least the same pods. */
  readonly old: boolean;
}

/** The two versions of a policy, each in its world. */
type Sides = Readonly<Record<'before' | 'after', Pick<PolicyInput, 'world' | 'facts'>>>;

/** A version of a policy as rules about its text see it, and as all others do. */
type Version = Readonly<Record<'free' | 'metered', PolicyInput>>;

interface Versions {
  readonly now: Version;
  readonly old: Version | null;
}

/** Asks one rule after the other; one that throws, or that the budget ends, does not harm the others. */
export class Runner {
  readonly failed: { readonly rule: string; readonly error: Error }[] = [];
  /** Rules that the budget ended: what they had said until then is not told, because it may be half of the truth. */
  readonly unfinished: string[] = [];
  private readonly whole: Case;
  /** For rules that look at the text alone, and for all others. */
  private readonly free: Sides;
  private readonly metered: Sides;
  private readonly meter: Meter;
  private readonly byEdit = new Map<PolicyEdit, Versions>();

  constructor(whole: Case, meter: Meter) {
    const { before, after } = whole.peopled;
    this.whole = whole;
    this.meter = meter;
    this.free = { before: sideOf(before), after: sideOf(after) };
    this.metered = {
      before: sideOf(new MeteredWorld(before, meter)),
      after: sideOf(new MeteredWorld(after, meter)),
    };
  }

  /** What a rule says of the versions that the edits bring. */
  aboutEdits(rule: PolicyRule | DocumentRule): JudgedFinding[] {
    const { edits } = this.whole.change;
    try {
      if (rule.judges === 'document') return edits.flatMap((edit) => this.document(rule, edit));
      return edits.flatMap((edit) => (edit.kind === 'policy' ? this.policy(rule, edit) : []));
    } catch (error) {
      this.caught(rule, error);
      return [];
    }
  }

  change(rule: ChangeRule, input: ChangeInput): JudgedFinding[] {
    const [first] = input.change.edits;
    if (first === undefined) return [];
    const drafts = this.drafts(rule, () => rule.check(input));
    return drafts.map((draft) => ({ finding: stamp(rule, objectOf(first), draft, false), old: false }));
  }

  private policy(rule: PolicyRule, edit: PolicyEdit): JudgedFinding[] {
    if (edit.after === null) return [];
    const { now, old } = this.versions(edit, edit.after);
    // Rules about the text take no steps, which a test holds them to: only the deadline ends them.
    const kind = rule.cost === 'text' ? 'free' : 'metered';
    const drafts = this.drafts(rule, () => rule.check(now[kind]));
    const findings = drafts.map((draft) => stamp(rule, objectOf(edit), draft, now[kind].invented));
    if (old === null || findings.length === 0) return findings.map((finding) => ({ finding, old: false }));
    const earlier = new Map<string, ReadonlySet<string>>();
    for (const draft of this.drafts(rule, () => rule.check(old[kind]))) {
      const finding = stamp(rule, objectOf(edit), draft, old[kind].invented);
      earlier.set(identityOf(finding), new Set(finding.affected));
    }
    return findings.map((finding) => ({ finding, old: isOld(finding, earlier) }));
  }

  /** Both versions of a policy as rules see them. */
  private versions(edit: PolicyEdit, after: CompiledPolicy): Versions {
    const known = this.byEdit.get(edit);
    if (known !== undefined) return known;
    const invented = this.whole.invented.has(`${after.ref.namespace}/${after.ref.name}`);
    const input = (policy: CompiledPolicy, side: 'before' | 'after'): Version => {
      const previous = side === 'after' ? 'before' : null;
      const shared = new Shared();
      const of = (sides: Sides): PolicyInput => ({
        ...{ policy, ...sides[side], shared },
        previous: previous === null ? null : sides[previous].world,
        invented: invented && (side === 'after' || sameSubject(edit)),
      });
      return { free: of(this.free), metered: of(this.metered) };
    };
    const versions = {
      now: input(after, 'after'),
      old: edit.before === null ? null : input(edit.before, 'before'),
    };
    this.byEdit.set(edit, versions);
    return versions;
  }

  /** Judges what was applied, where the object tells it. */
  private document(rule: DocumentRule, edit: Edit): JudgedFinding[] {
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
    // What a change does is told even where the time ran out while it was worked out.
    if (rule.judges !== 'change') this.meter.begin();
    try {
      return [...check()];
    } catch (error) {
      if (error instanceof BudgetEnded) throw error;
      this.caught(rule, error);
      return [];
    }
  }

  private caught({ id }: Rule, error: unknown): void {
    if (error instanceof BudgetEnded) this.unfinished.push(id);
    else this.failed.push({ rule: id, error: error instanceof Error ? error : new Error(String(error)) });
  }
}

function sideOf(world: World): Pick<PolicyInput, 'world' | 'facts'> {
  return { world, facts: factsOf(world) };
}

/** An invented pod stands in for the old version too where that asks for the same labels. */
function sameSubject({ before, after }: PolicyEdit): boolean {
  return before?.subject.text === after?.subject.text;
}

/** Old: "the old object … gives the same identity and the affected set after is a subset of the one before". */
function isOld(finding: Finding, earlier: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const affected = earlier.get(identityOf(finding));
  return affected !== undefined && finding.affected.every((pod) => affected.has(pod));
}
