import type { RawObject } from '../cluster/documents.ts';
import type { RawComment } from '../cluster/documents-comments.ts';
import type { LintFinding } from '../report/lint-report.ts';
import { didYouMean } from '../review/settings.ts';
import { parseWaiver } from '../review/waivers.ts';
import { written } from './lint-written.ts';

/** What is known of the rules when comments are looked at. */
export interface CommentSight {
  /** Today in UTC as `YYYY-MM-DD`. */
  readonly today: string;
  readonly ruleIds: readonly string[];
  /** Rules that could not look at everything, and those that were not asked. */
  readonly skipped: ReadonlySet<string>;
}

/** A comment `# netsluice-waive <rule-id> reason; until=YYYY-MM-DD`, and an object of the document that it stands in. */
interface CommentWaiver {
  readonly comment: RawComment;
  readonly object: RawObject;
  readonly rule: string;
  /** Empty where the comment is not written as it must be. */
  readonly until: string;
}

/** Findings with those waived that a comment covers, and what is wrong with comments that do not do what they seem to. */
export function commentWaivers(
  findings: readonly LintFinding[],
  objects: readonly RawObject[],
  sight: CommentSight,
): LintFinding[] {
  const waivers = waiversIn(objects);
  if (waivers.length === 0) return [...findings];
  const faults = waivers.flatMap((waiver) => {
    const said = faultOf(waiver, findings, sight);
    if (said === null) return [];
    const [message, advice] = said;
    const key = `comment ${waiver.comment.text}`;
    const fault = { rule: 'idle-waiver', severity: 'warning', path: '', key, message, advice } as const;
    return [{ ...written(waiver.object, fault), span: waiver.comment.span }];
  });
  const after = findings.map((finding) => {
    const own = waivers.filter((waiver) => waiver.until !== '' && covers(waiver, finding));
    // "The strictest wins": one that has ended is not outlived by another.
    const counts = own.length > 0 && own.every(({ until }) => until >= sight.today);
    return counts ? { ...finding, waived: true } : finding;
  });
  return [...after, ...faults];
}

function waiversIn(objects: readonly RawObject[]): readonly CommentWaiver[] {
  const found = new Map<RawComment, CommentWaiver>();
  for (const object of objects) {
    for (const comment of object.comments) {
      const [, said] = /^waive(?:\s+(.*))?$/.exec(comment.text) ?? [];
      if (found.has(comment) || !comment.text.startsWith('waive')) continue;
      const [rule = '', ...rest] = (said ?? '').split(/\s+/);
      const { until } = parseWaiver(rest.join(' '));
      found.set(comment, { comment, object, rule, until });
    }
  }
  return [...found.values()];
}

function covers({ comment, rule }: CommentWaiver, finding: LintFinding): boolean {
  const { file, line } = finding.span;
  return finding.rule === rule && file === comment.span.file && line >= comment.first && line <= comment.last;
}

function faultOf(
  waiver: CommentWaiver,
  findings: readonly LintFinding[],
  { today, ruleIds, skipped }: CommentSight,
): readonly [string, string] | null {
  const { rule, until } = waiver;
  if (rule === '') return ['the comment names no rule to waive', form];
  if (!ruleIds.includes(rule)) return [`there is no rule "${rule}" to waive${didYouMean(rule, ruleIds)}`, ''];
  if (until === '') return [`the waiver of ${rule} does not count`, form];
  if (until < today) return [`the waiver of ${rule} ended on ${until}`, 'mend what it waived, or drop it'];
  if (skipped.has(rule) || findings.some((finding) => covers(waiver, finding))) return null;
  return [`the waiver of ${rule} waives nothing here`, 'drop it, or put it on the line of the finding'];
}

const form = 'write # netsluice-waive RULE REASON; until=YYYY-MM-DD';
