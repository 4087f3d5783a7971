import type { Finding, Severity } from '../model/finding.ts';
import type { DiffDocument } from './diff.ts';
import { diffMarkdown, inline } from './diff-markdown.ts';
import { diffText } from './diff-text.ts';
import { rowsJson } from './rows-json.ts';
import type { Paint } from './terminal.ts';

/** What became of a finding; in the order of `findings`. */
export interface FindingFate {
  readonly rule: string;
  /** Counted in full, whatever could cure it; `off` where the settings ask for nothing. */
  readonly severity: Severity | 'off';
  /** The webhook would refuse the object because of it. */
  readonly rejects: boolean;
  /** It was there before the change. */
  readonly old: boolean;
  readonly waived: boolean;
  readonly text: string;
}

/** `diff/v1`, the findings as the webhook has them, and what follows from them. */
export interface PlanDocument extends DiffDocument {
  readonly findings: readonly Finding[];
  readonly decision: {
    readonly outcome: 'admitted' | 'rejected';
    readonly errors: number;
    readonly warnings: number;
    readonly infos: number;
    readonly findings: readonly FindingFate[];
  };
}

/** How many findings a comment tells. */
const toldMax = 40;

export interface ClusterPlan {
  /** The snapshot, directory or context. */
  readonly cluster: string;
  readonly document: PlanDocument;
}

/** One cluster's document; of several a list of them, each with its name. */
export function planJson(plans: readonly ClusterPlan[]): string {
  const [only, second] = plans;
  if (only !== undefined && second === undefined) return rowsJson(only.document);
  const each = plans.map(({ cluster, document }) =>
    rowsJson({ cluster, ...document })
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n'),
  );
  return `{\n  "schema": "plans/v1",\n  "clusters": [\n${each.join(',\n')}\n  ]\n}`;
}

/** Does the finding count? Old and waived ones are told, and change nothing. */
export function counts({ old, waived, severity }: FindingFate): boolean {
  return !old && !waived && severity !== 'off';
}

export function planText(plans: readonly ClusterPlan[], paint: Paint): string {
  const many = plans.length > 1;
  return plans
    .flatMap(({ cluster, document }) => [
      ...(many ? [paint.bold(`== ${cluster}`)] : []),
      diffText(document, paint),
      ...findingLines(document, paint),
      '',
    ])
    .join('\n')
    .trimEnd();
}

function findingLines({ decision }: PlanDocument, paint: Paint): string[] {
  const { findings } = decision;
  const told = worstFirst(findings.filter(counts));
  const lines = told.map(({ severity, text }) => {
    const line = `${severity}: ${text}`;
    if (severity === 'error') return paint.error(line);
    return severity === 'warning' ? paint.warning(line) : line;
  });
  const quiet = findings.length - told.length;
  return [
    ...(lines.length === 0 ? [] : ['', ...lines]),
    '',
    `${decisionText(decision)}${quiet === 0 ? '' : `; ${quiet} old or waived`}`,
  ];
}

const order: readonly FindingFate['severity'][] = ['error', 'warning', 'info', 'off'];

function worstFirst(fates: readonly FindingFate[]): readonly FindingFate[] {
  return [...fates].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** `would be rejected: 1 error, 2 warnings`. */
export function decisionText({ outcome, errors, warnings, infos }: PlanDocument['decision']): string {
  const counted = (count: number, noun: string): string[] =>
    count === 0 ? [] : [`${count} ${noun}${count === 1 ? '' : 's'}`];
  const found = [...counted(errors, 'error'), ...counted(warnings, 'warning'), ...counted(infos, 'info')];
  return `would be ${outcome}: ${found.join(', ') || 'no findings'}`;
}

/** The body of one comment for all clusters. */
export function planMarkdown(plans: readonly ClusterPlan[]): string {
  // Each gets its share of what a comment holds.
  return plans
    .map(({ cluster, document }) => {
      const all = worstFirst(document.decision.findings.filter(counts));
      const told = all.slice(0, toldMax);
      const more = all.length - told.length;
      return diffMarkdown(document, {
        ...(plans.length > 1 ? { title: `NetworkPolicy changes in ${cluster}` } : {}),
        share: plans.length,
        lines: [
          '',
          `${inline(decisionText(document.decision))}.`,
          ...(told.length === 0 ? [] : ['']),
          ...told.map(({ severity, text }) => `- **${severity}** ${inline(text)}`),
          ...(more === 0 ? [] : [`- ${more} more; \`-o json\` lists all`]),
        ],
      });
    })
    .join('\n\n');
}
