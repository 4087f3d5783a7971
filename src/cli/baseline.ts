import { existsSync, readFileSync } from 'node:fs';
import { Document, parseDocument } from 'yaml';
import { z } from 'zod';
import type { LintFinding, LintReport } from '../report/lint-report.ts';
import { objectText } from '../report/lint-report.ts';
import { reasonOf } from './read-inputs.ts';

/** One finding that is known. The id says which: rule, object and what in it, and never a line or a file. */
const entrySchema = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{12}$/, 'must be twelve hexadecimal digits')
    .describe('of the finding, as every format tells it'),
  rule: z.string(),
  object: z.string().describe('such as NetworkPolicy shop/web'),
  says: z.string().describe('the message when the entry was written, for readers'),
  reason: z.string().min(1, 'must not be empty').describe('why it is accepted'),
  since: z.iso.date('is no day like 2026-12-31').describe('when the entry was written'),
});

/** The file that `--baseline` reads and `--write-baseline` writes. */
export const baselineSchema = z.strictObject({
  schema: z.literal('baseline/v1'),
  findings: z.array(entrySchema),
});

export type BaselineEntry = z.output<typeof entrySchema>;

/** What of a baseline is left when each finding has taken its own entry. */
export interface Compared {
  /** The same findings, in the same order. */
  readonly findings: readonly LintFinding[];
  /** Entries whose finding is gone. */
  readonly gone: readonly BaselineEntry[];
  /** Entries that this run cannot say anything about: their object or what their rule needs is not in the input. */
  readonly unseen: readonly BaselineEntry[];
}

/** Reads a baseline; a problem is one sentence. */
export function readBaseline(
  file: string,
): { readonly entries: readonly BaselineEntry[] } | { readonly problem: string } {
  try {
    const document = parseDocument(readFileSync(file, 'utf8'), { uniqueKeys: true });
    const [error] = document.errors;
    if (error !== undefined) throw new Error(error.message.split('\n')[0]?.replace(/:$/, ''));
    const parsed = baselineSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
    if (parsed.success) return { entries: parsed.data.findings };
    const [issue] = parsed.error.issues;
    const place = issue?.path.join('.') ?? '';
    return {
      problem: `The baseline ${file} is wrong: ${place === '' ? 'the file' : place}: ${issue?.message}.`,
    };
  } catch (error) {
    return { problem: `The baseline ${file} cannot be read: ${reasonOf(error)}.` };
  }
}

/**
 * Each finding takes one entry of its own, so that of two equal findings one entry excuses one. What is waived needs
 * none. An entry that is left is gone where the run looked at its object and its rule was not skipped; `complete` says
 * that an object that is not in the input is not anywhere.
 */
export function compared(
  { findings, skipped }: Pick<LintReport, 'findings' | 'skipped'>,
  entries: readonly BaselineEntry[],
  { objects, complete }: { readonly objects: ReadonlySet<string>; readonly complete: boolean },
): Compared {
  const left = new Map<string, BaselineEntry[]>();
  for (const entry of entries) left.set(entry.id, [...(left.get(entry.id) ?? []), entry]);
  const told = findings.map((finding) => {
    if (finding.waived) return finding;
    const entry = left.get(finding.id)?.shift();
    return entry === undefined ? finding : { ...finding, known: true };
  });
  const rest = [...left.values()].flat();
  const isUnseen = ({ rule, object }: BaselineEntry): boolean =>
    skipped.some((skip) => skip.rule === rule) || (!complete && !objects.has(object));
  return {
    findings: told,
    gone: rest.filter((entry) => !isUnseen(entry)),
    unseen: rest.filter(isUnseen),
  };
}

/**
 * The baseline that excuses what is found now: entries that hold stay as they are with their reason and their day, what
 * is new gets `reason` and `today`, what is gone goes.
 */
export function renewed(
  { findings, unseen }: Pick<Compared, 'findings' | 'unseen'>,
  entries: readonly BaselineEntry[],
  { reason, today }: { readonly reason: string; readonly today: string },
): readonly BaselineEntry[] {
  const left = [...entries];
  const kept = findings
    .filter(({ waived }) => !waived)
    .map((finding): BaselineEntry => {
      const { id, rule, message } = finding;
      const at = left.findIndex((entry) => entry.id === id);
      const [old] = at < 0 ? [] : left.splice(at, 1);
      const { reason: why, since } = old ?? { reason, since: today };
      return { id, rule, object: objectText(finding), says: message, reason: why, since };
    });
  const order = ({ object, rule, id }: BaselineEntry): string => `${object}\n${rule}\n${id}`;
  return [...kept, ...unseen].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const headText = ` Findings that are known and do not count. netsluice lint --write-baseline writes it anew and keeps every reason.`;

/** The file, so that each entry can be read, reviewed and merged by itself. */
export function baselineText(entries: readonly BaselineEntry[]): string {
  const document = new Document({ schema: 'baseline/v1', findings: entries });
  document.commentBefore = headText;
  return document.toString({ lineWidth: 0 }).replace(/\n$/, '');
}

/** The entries of a file that may not be there yet. */
export function entriesIn(
  file: string,
): { readonly entries: readonly BaselineEntry[] } | { readonly problem: string } {
  return existsSync(file) ? readBaseline(file) : { entries: [] };
}
