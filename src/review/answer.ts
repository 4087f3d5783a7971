import type { Edit } from '../model/change.ts';
import { type Finding, type Level, levels, type Severity } from '../model/finding.ts';
import type { Excuse, Freshness, Review, ReviewRequest } from '../model/review.ts';
import type { Judgement } from '../rules/run.ts';
import type { JudgedFinding } from '../rules/runner.ts';
import { contractRule } from './contract.ts';
import { findingId } from './finding-id.ts';
import { headline } from './headline.ts';
import type { Mode, Modes } from './modes.ts';
import { convertedRemark, remarksOf } from './remarks.ts';
import type { ReviewContext } from './review-context.ts';
import type { Settings } from './settings.ts';
import { type Doubts, severityAt } from './severity.ts';
import { refOf } from './short-answers.ts';
import { type Visibility, visibilityOf } from './visibility.ts';
import { isWaived, type Waiver, waiversOf } from './waivers.ts';
import { answerLines, cutBytes, findingLine, sanitise } from './words.ts';

/** Audit annotations are cut at this many bytes. */
const annotationBytesMax = 10_240;

/** These are what the headline says; they give it its severity and get no line of their own. */
const headlineRules: ReadonlySet<string> = new Set(['R13', 'R14', 'R15', 'R16']);

/** A judged change, and everything its answer depends on. */
export interface Judged {
  readonly request: ReviewRequest;
  readonly context: ReviewContext;
  readonly edit: Edit;
  readonly modes: Modes;
  readonly judgement: Judgement;
  readonly namespace: string;
  readonly partial: string | null;
  readonly steps: number;
}

export interface Weighed {
  readonly finding: Finding;
  /** Neither old nor waived: it may warn and reject. */
  readonly active: boolean;
  readonly waived: boolean;
}

/** Decides and words the answer: what rejects, what is told to the user, what goes to the audit log. */
export function answer(judged: Judged): Review {
  const { request, context, modes, judgement, edit } = judged;
  const scene = new Scene(judged);
  const errors = scene.at(modes.enforce, ['error']);
  const glass = errors.length > 0 ? breakGlassGroup(request, context) : null;
  const refused = request.operation === 'DELETE' ? refusingDeletion(errors, context.settings) : errors;
  // Label and template changes are told, never refused.
  const rejects = refused.length > 0 && glass === null && edit.kind === 'policy';
  const ref = refOf(request);
  const lines = rejects ? scene.lines(modes.enforce, ['error'], []) : scene.warnings(errors, glass !== null);
  const told = answerLines(lines, ref, context.settings.contact);
  const decision = rejects ? 'rejected' : 'admitted';
  return {
    decision,
    message: rejects ? told.join('\n') : null,
    warnings: rejects ? [] : told,
    annotations: scene.annotations(decision, ref, glass),
    findings: judgement.findings.map(({ finding }) => finding),
    record: {
      outcome: 'analysed',
      mode: modes.enforce,
      rules: [...new Set(scene.audited(modes.audit).map(({ rule }) => rule))],
      steps: judged.steps,
      partial: judged.partial,
      wouldReject: scene.wouldReject(),
      failed: judgement.failed,
      excused: scene.excuses(glass),
      // Sorted: two replicas that were told the same cluster in another order answer alike.
      unknownReasons: [...judgement.impact.undecided.reasons].sort(),
      connections: {
        blocked: judgement.impact.blocked.declared.count + judgement.impact.blocked.undeclared.count,
        opened: judgement.impact.opened.across.count + judgement.impact.opened.inside.count,
        undecided: judgement.impact.undecided.count,
      },
    },
  };
}

/** "DELETE is admitted whatever enforce says … Only a contract with `onDelete: reject` refuses one." */
export function refusingDeletion(errors: readonly Finding[], { contracts }: Settings): readonly Finding[] {
  const strict = new Set(contracts.filter(({ onDelete }) => onDelete === 'reject').map(({ name }) => name));
  return errors.filter(({ number, key }) => number === contractRule.number && strict.has(key));
}

function breakGlassGroup({ user }: ReviewRequest, { settings }: ReviewContext): string | null {
  return user.groups.find((group) => settings.breakGlass.groups.includes(group)) ?? null;
}

/** One judged change with its findings weighed; asked for what is told at a level. */
class Scene {
  private readonly judged: Judged;
  private readonly doubts: Doubts;
  private readonly waivers: readonly Waiver[];
  private readonly weighed: readonly Weighed[];
  /** What may warn and reject, in the order in which those of one severity are told. */
  private readonly active: readonly Finding[];
  private readonly visible: Visibility;
  private readonly foreignApi: string | null;

  constructor(judged: Judged) {
    const { context, edit, namespace, judgement } = judged;
    this.judged = judged;
    this.foreignApi = context.world.foreignApi(namespace);
    const unseen = edit.kind === 'policy' && context.world.namespace(namespace) === undefined;
    this.doubts = { freshness: context.freshness, foreign: this.foreignApi !== null, incomplete: unseen };
    this.waivers = edit.kind === 'policy' && edit.after !== null ? this.waiversOf(edit.after.source) : [];
    const before = edit.kind === 'policy' && edit.before !== null ? this.waiversOf(edit.before.source) : [];
    this.weighed = judgement.findings.map((item) => weigh(item, this.waivers, before));
    this.active = inOrder(this.weighed.flatMap(({ active, finding }) => (active ? [finding] : [])));
    const policies =
      edit.kind === 'policy' ? [edit.before, edit.after].filter((policy) => policy !== null) : [];
    this.visible = visibilityOf(namespace, policies, context.settings);
  }

  private waiversOf(policy: Parameters<typeof waiversOf>[0]): readonly Waiver[] {
    const { settings, limits } = this.judged.context;
    return waiversOf(policy, settings, limits.today);
  }

  /** Active findings that have one of the severities at the mode's level, worst first. */
  at(mode: Mode, severities: readonly (Severity | 'off')[]): readonly Finding[] {
    if (mode === 'off') return [];
    const bySeverity = severities.map((): Finding[] => []);
    for (const finding of this.active)
      bySeverity[severities.indexOf(this.severity(finding, mode))]?.push(finding);
    return bySeverity.flat();
  }

  private severity(finding: Finding, level: Level): Severity | 'off' {
    return severityAt(finding, level, this.judged.context.settings, this.doubts);
  }

  /**
   * The lines of an answer at a mode's level: the headline, the worst finding, what was not looked at (it must never
   * be among the lines that are left out), the other findings, and remarks.
   */
  lines(mode: Mode, severities: readonly Severity[], extra: readonly Finding[]): string[] {
    const here = this.at(mode, severities).filter((finding) => !extra.includes(finding));
    const found = [...extra, ...here.filter((finding) => this.isTold(finding))];
    const heads = this.at(mode, ['error', 'warning']).filter(({ number }) => headlineRules.has(number));
    const { judgement, namespace, partial } = this.judged;
    // The headline stands for its rules: what they need is what its age is told of.
    const suffix = this.suffix(
      true,
      heads.flatMap(({ needs }) => needs),
    );
    const first = heads.length > 0 ? headline(judgement.impact, namespace, this.visible, suffix) : '';
    const told = found
      .filter(({ number }) => !headlineRules.has(number))
      .map((finding) => this.line(finding));
    const [worst = '', ...others] = told;
    const all = [first, worst, ...this.gaps(partial), ...others, ...this.remarks()];
    const said = all.filter((line) => line !== '');
    return said.length === 0 ? [] : [...said, ...convertedRemark(this.judged.request)];
  }

  /** What goes to the audit log: everything but what is none of this request's doing. */
  audited(mode: Mode): readonly Finding[] {
    return this.at(mode, ['error', 'warning', 'info']).filter((finding) => this.isTold(finding));
  }

  /** Some rules help nobody who applies a policy; who sets their severity by hand wants to hear them. */
  private isTold({ admission, rule }: Finding): boolean {
    return admission === 'told' || Object.hasOwn(this.judged.context.settings.rules, rule);
  }

  /** What is printed with an admitted request; findings that would have rejected are told wherever warnings are on. */
  warnings(errors: readonly Finding[], brokenGlass: boolean): string[] {
    const { warn } = this.judged.modes;
    if (warn === 'off' && !brokenGlass) return [];
    const lines = this.lines(warn, ['error', 'warning'], errors);
    return brokenGlass
      ? ['[break-glass] admitted for a break-glass group, would have been rejected', ...lines]
      : lines;
  }

  private line(finding: Finding): string {
    return findingLine(finding, this.visible, this.suffix(finding.restsOnVerdicts, finding.needs));
  }

  /** What the verdicts did not take into account, and how old the data is where it is stale. */
  private suffix(restsOnVerdicts: boolean, needs: Finding['needs']): string {
    const foreign = restsOnVerdicts && this.foreignApi !== null ? ` (${foreignText(this.foreignApi)})` : '';
    const { stale } = this.doubts.freshness;
    const old = stale.filter(({ kind }) => needs.includes(kind));
    return `${foreign}${ageText(old)}`;
  }

  private gaps(partial: string | null): string[] {
    const { judgement, namespace } = this.judged;
    const gaps = partial === null ? [] : [`[partial] ${partial}`];
    if (this.doubts.incomplete)
      gaps.push(`[not-analysed] namespace ${namespace} was not seen yet; its pods are unknown`);
    for (const { rule } of judgement.failed)
      gaps.push(`[not-analysed] rule ${rule} failed; see the log for the ref`);
    return gaps.map(sanitise);
  }

  private remarks(): string[] {
    const { modes } = this.judged;
    const judged = new Set(this.weighed.map(({ finding }) => finding.rule));
    return remarksOf(this.waivers, judged, modes);
  }

  /** Whose rejection became a warning, and which rules are waived; each is logged and counted. */
  excuses(glass: string | null): Excuse[] {
    const waived = new Set(this.weighed.filter((item) => item.waived).map(({ finding }) => finding.rule));
    const waivers = [...waived].map((rule): Excuse => ({ by: 'waiver', detail: rule }));
    return glass === null ? waivers : [{ by: 'break-glass', detail: sanitise(glass) }, ...waivers];
  }

  /** Findings that would reject at a level, whatever the mode; nothing on dry-run, and of deletions only what refuses them. */
  wouldReject(): { rule: string; level: Level }[] {
    const { request, edit } = this.judged;
    if (request.dryRun || edit.kind !== 'policy') return [];
    const { settings } = this.judged.context;
    return levels.flatMap((level) => {
      const errors = this.at(level, ['error']);
      const refused = request.operation === 'DELETE' ? refusingDeletion(errors, settings) : errors;
      return refused.map(({ rule }) => ({ rule, level }));
    });
  }

  /** What goes to the audit log; it is read by the cluster's administrators, so that all names are told. */
  annotations(decision: Review['decision'], ref: string, glass: string | null): ReadonlyMap<string, string> {
    const { modes, partial, judgement, namespace, context } = this.judged;
    const everything: Visibility = () => true;
    const found = this.audited(modes.audit);
    const all = new Map([
      ['decision', decision],
      ['outcome', 'analysed'],
      ['ref', ref],
      ['rules', [...new Set(found.map(({ rule }) => rule))].join(',')],
      ['impact', headline(judgement.impact, namespace, everything, '')],
      ['findings', found.map((finding) => findingLine(finding, everything, '')).join('\n')],
      ['finding-ids', found.map(findingId).join(',')],
      [
        'waived',
        this.weighed
          .filter(({ waived }) => waived)
          .map(({ finding }) => finding.rule)
          .join(','),
      ],
      [
        'waivers',
        this.waivers
          .map(({ rule, from, state, reason }) => `${rule} ${state} (${from}): ${reason}`)
          .join('\n'),
      ],
      ['partial', partial ?? ''],
      ['break-glass', glass ?? ''],
      ['error', judgement.failed.map(({ rule }) => `rule ${rule} failed`).join(', ')],
      ['cache-age-seconds', ageAnnotation(context.freshness)],
    ]);
    return new Map(
      [...all]
        .filter(([, value]) => value !== '')
        .map(([key, value]) => [key, cutBytes(value, annotationBytesMax)]),
    );
  }
}

/** "A finding that the old object's valid waiver covered and the new one's does not is new." */
export function weigh(
  { finding, old }: JudgedFinding,
  waivers: readonly Waiver[],
  before: readonly Waiver[],
): Weighed {
  const waived = isWaived(finding.rule, waivers);
  const excused = isWaived(finding.rule, before) && !waived;
  return { finding, waived, active: !waived && (!old || excused) };
}

/** By number, place and key. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const keyed = findings.map((finding) => {
    const { number, at, key } = finding;
    return { finding, text: `${number} ${at} ${key}` };
  });
  return keyed.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ finding }) => finding);
}

function foreignText(api: string): string {
  return api === 'unreadable' ? 'a stored policy cannot be read' : `${api} policies not analysed`;
}

function ageText(stale: Freshness['stale']): string {
  const oldest = Math.max(0, ...stale.map(({ ageSeconds }) => ageSeconds));
  return oldest === 0 ? '' : ` (data ${Math.ceil(oldest / 60)} min old)`;
}

function ageAnnotation({ stale }: Freshness): string {
  return stale.map(({ kind, ageSeconds }) => `${kind}=${Math.round(ageSeconds)}`).join(',');
}
