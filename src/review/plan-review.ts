import type { Change, Edit } from '../model/change.ts';
import { type Finding, type Level, levels, type Severity } from '../model/finding.ts';
import { refusingDeletion, type Weighed, weigh } from './answer.ts';
import { type JudgedChange, judgeChange } from './judge-change.ts';
import { type Mode, modesOf } from './modes.ts';
import type { ReviewContext } from './review-context.ts';
import { type Doubts, severityAt } from './severity.ts';
import { type Waiver, waiversOf } from './waivers.ts';

/** A finding of a change, weighed at the level of its namespace. */
export interface PlannedFinding {
  readonly finding: Finding;
  /** With what others could cure counted in full; null where nothing is asked for. */
  readonly severity: Severity | null;
  /** The webhook would refuse the object that it is about. */
  readonly rejects: boolean;
  readonly old: boolean;
  readonly waived: boolean;
}

export interface PlanReview extends JudgedChange {
  /** In the order in which the webhook has them. */
  readonly findings: readonly PlannedFinding[];
}

export interface PlanContext extends ReviewContext {
  /** "The settings file when given, else level restricted". */
  readonly level: 'settings' | Level;
}

/**
 * Reviews a whole change as the webhook reviews one request: the same judging of the same edits gives the same findings.
 * Edits that the webhook does not look at (exempt namespaces, namespaces that end) are part of what the change does, and
 * are not judged.
 */
export function planReview(change: Change, context: PlanContext): PlanReview {
  const asked = change.edits.filter((edit) => !isUnasked(edit, context));
  const judged =
    asked.length === 0
      ? judgeChange(change, { ...context, rules: [], settings: { ...context.settings, contracts: [] } })
      : judgeChange(
          change,
          context,
          asked.length === change.edits.length ? change : { ...change, edits: asked },
        );
  const scales = new Scales(change, context);
  return { ...judged, findings: judged.judgement.findings.map((item) => scales.weighed(item)) };
}

function isUnasked(edit: Edit, { settings, world }: PlanContext): boolean {
  const namespace = namespaceOf(edit);
  if (settings.exempt.namespaces.includes(namespace)) return true;
  const isUpdate = edit.before !== null && edit.after !== null;
  return !isUpdate && world.namespace(namespace)?.terminating === true;
}

function namespaceOf(edit: Edit): string {
  const object = edit.after ?? edit.before;
  if (object === null) return '';
  if ('ref' in object) return object.ref.namespace;
  if (object.kind === 'Namespace') return object.name;
  return 'namespace' in object ? (object.namespace ?? '') : '';
}

class Scales {
  private readonly context: PlanContext;
  private readonly edits = new Map<string, Extract<Edit, { readonly kind: 'policy' }>>();

  constructor({ edits }: Change, context: PlanContext) {
    this.context = context;
    for (const edit of edits) {
      const ref = edit.kind === 'policy' ? (edit.after ?? edit.before)?.ref : undefined;
      if (edit.kind === 'policy' && ref !== undefined) this.edits.set(`${ref.namespace}/${ref.name}`, edit);
    }
  }

  weighed(item: { readonly finding: Finding; readonly old: boolean }): PlannedFinding {
    const { finding, old } = item;
    const { settings } = this.context;
    const namespace = finding.object.namespace ?? finding.object.name;
    const edit = this.edits.get(`${namespace}/${finding.object.name}`);
    const { waived, active }: Weighed = weigh(
      item,
      this.waivers(edit?.after?.source),
      this.waivers(edit?.before?.source),
    );
    const doubts = this.doubts(namespace, edit !== undefined);
    const { level, enforce } = this.levels(namespace);
    const at = (mode: Mode, asked: Finding) =>
      mode === 'off' ? 'off' : severityAt(asked, mode, settings, doubts);
    const own = at(level, finding);
    const inFull = own === 'off' ? own : at(level, { ...finding, cure: 'none' });
    const refuses = at(enforce, finding) === 'error' && active && edit !== undefined;
    return {
      finding,
      severity: inFull === 'off' ? null : inFull,
      rejects: refuses && (edit.after !== null || refusingDeletion([finding], settings).length > 0),
      old: old && !active,
      waived,
    };
  }

  private waivers(source: Parameters<typeof waiversOf>[0] | undefined): readonly Waiver[] {
    const { settings, limits } = this.context;
    return source === undefined ? [] : waiversOf(source, settings, limits.today);
  }

  private doubts(namespace: string, isPolicy: boolean): Doubts {
    const { world, freshness } = this.context;
    return {
      freshness,
      foreign: world.foreignApi(namespace) !== null,
      incomplete: isPolicy && world.namespace(namespace) === undefined,
    };
  }

  /** The strictest level at which anything is done in the namespace, and the one that rejects. */
  private levels(namespace: string): { readonly level: Mode; readonly enforce: Mode } {
    const { level, world, settings, ownNamespace } = this.context;
    if (level !== 'settings') return { level, enforce: level };
    const { enforce, warn, audit } = modesOf(
      namespace,
      world.namespaceLabels(namespace),
      settings,
      ownNamespace,
    );
    const strictest = levels.toReversed().find((each) => [enforce, warn, audit].includes(each));
    return { level: strictest ?? 'off', enforce };
  }
}
