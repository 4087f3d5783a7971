import type { Confidence, FixStep, Severity } from '../model/finding.ts';
import type { ReadProblem } from './contract-test.ts';

/** A place in a file; lines and columns from 1, the end is the column after the last character. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  /** The whole line. */
  readonly source: string;
}

/** Another object that a finding rests on, and its place where the input holds it. */
export interface RelatedPlace {
  readonly object: LintFinding['object'];
  /** Path in that object; empty for the object as a whole. */
  readonly path: string;
  /** What it has to do with the finding. */
  readonly says: string;
  readonly span: Span | null;
}

/** What mends an object without anybody having to decide anything, and where that object stands. */
export interface Remedy {
  readonly steps: readonly FixStep[];
  /** Which document of the file, from 0, and the object's path in it. */
  readonly document: number;
  readonly prefix: string;
}

/** Characters of a file that make way for others; lines and columns from 1, the end is the one after the last. */
export interface TextEdit {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
}

/** One finding, with its words made and its place known. */
export interface LintFinding {
  /** Stable across runs and channels; two documents of one object share it. */
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  /** A valid waiver covers it: it is shown and does not count. */
  readonly waived: boolean;
  readonly object: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  /** Path in the object, for example `spec.ingress[0].from[1]`. */
  readonly path: string;
  readonly span: Span;
  /** What happens to whom, without a full stop. */
  readonly message: string;
  /** What to do, as an imperative; may be empty. */
  readonly advice: string;
  readonly related: readonly RelatedPlace[];
  /** Null where somebody must decide. */
  readonly remedy: Remedy | null;
  /** What the remedy changes in the file of the finding; empty where it changes nothing that can be told. */
  readonly edits: readonly TextEdit[];
  /** The baseline holds it: it does not count. */
  readonly known: boolean;
}

/** What a rule says of itself. */
export interface RuleCard {
  readonly id: string;
  readonly title: string;
  /** How bad it is at the strictest level. */
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** Why, and how to mend it, in Markdown; null where there is no page. */
  readonly page: { readonly why: string; readonly fix: string } | null;
}

/** What `netsluice lint` found. */
export interface LintReport {
  /** Of netsluice. */
  readonly version: string;
  /** By file, line and column. */
  readonly findings: readonly LintFinding[];
  readonly problems: readonly (ReadProblem & { readonly column?: number })[];
  /** Rules that the input does not hold enough for, and for how many policies. */
  readonly skipped: readonly { readonly rule: string; readonly policies: number }[];
  /** The policies that were judged, in the order of the input. */
  readonly policies: readonly LintedPolicy[];
  readonly input: {
    readonly files: number;
    /** Kubernetes objects of every kind. */
    readonly objects: number;
    /** Documents that are no Kubernetes objects. */
    readonly strangers: number;
    /** Files that a kustomization uses as patches. */
    readonly patches: number;
    /** Policies in namespaces that the settings exempt or where nothing is judged. */
    readonly exempt: number;
  };
  /** Every rule that may speak. */
  readonly rules: readonly RuleCard[];
  /** Where the rules' pages are on the web: `{rule}` stands for the id; null where nobody says so. */
  readonly docs: string | null;
  readonly failOn: Severity;
  /** `NetworkPolicy shop/deny`: every object of the input that is of a kind that is known, and each policy. */
  readonly objects: ReadonlySet<string>;
  readonly baseline: BaselineState | null;
}

/** What a baseline excuses, and what is left of it. */
export interface BaselineState {
  readonly file: string;
  /** Entries whose finding is gone. */
  readonly gone: readonly {
    readonly id: string;
    readonly rule: string;
    readonly object: string;
    readonly says: string;
    readonly reason: string;
    readonly since: string;
  }[];
  /** Entries about objects, or by rules, that this run did not look at. */
  readonly unseen: number;
}

export interface LintedPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

export const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** Is it as bad as asked, or worse? */
export function reaches(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(least);
}

/** Findings that count, by severity. */
export function countsOf({ findings }: LintReport): Readonly<Record<Severity, number>> {
  const count = (severity: Severity): number =>
    findings.filter(({ waived, known, ...finding }) => finding.severity === severity && !waived && !known)
      .length;
  return { error: count('error'), warning: count('warning'), info: count('info') };
}

/** Without those that the baseline holds. */
export function newOnes(findings: readonly LintFinding[]): readonly LintFinding[] {
  return findings.filter(({ known }) => !known);
}

/** `NetworkPolicy shop/deny`. */
export function objectText({ object }: Pick<LintFinding, 'object'>): string {
  const { kind, namespace, name } = object;
  return `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`;
}

/** `Service shop/web: leads 80 to 8080`. */
export function relatedText({ object, says }: Pick<RelatedPlace, 'object' | 'says'>): string {
  return `${objectText({ object })}${says === '' ? '' : `: ${says}`}`;
}

/** The message and what to do, in one line. */
export function wholeText({ message, advice }: LintFinding): string {
  return advice === '' ? message : `${message}; ${advice}`;
}

/** Worst first, for channels that cut off; in the order of the files within a severity. */
export function worstFirst(findings: readonly LintFinding[]): readonly LintFinding[] {
  return severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

/** A name of its own for each finding: the id, with a number where several documents share it. */
export function fingerprints(findings: readonly LintFinding[]): ReadonlyMap<LintFinding, string> {
  const seen = new Map<string, number>();
  return new Map(
    findings.map((finding) => {
      const times = (seen.get(finding.id) ?? 0) + 1;
      seen.set(finding.id, times);
      return [finding, times === 1 ? finding.id : `${finding.id}-${times}`];
    }),
  );
}

/** A file as a URI: relative ones stay so, standard input has a name. */
export function uriOf(file: string): string {
  if (file === '-') return 'stdin';
  const path = encodeURI(file.replaceAll('\\', '/')).replaceAll('?', '%3F').replaceAll('#', '%23');
  return path.startsWith('/') ? `file://${path}` : path.replace(/^(?:\.\/)+/, '');
}

/** The address of a rule's page; null where none is known. */
export function pageUrl(rule: string, { docs }: Pick<LintReport, 'docs'>): string | null {
  if (docs === null) return null;
  return docs.includes('{rule}') ? docs.replaceAll('{rule}', rule) : `${docs.replace(/\/$/, '')}/${rule}.md`;
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
