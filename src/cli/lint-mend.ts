import { readFileSync, writeFileSync } from 'node:fs';
import { documentTexts, editedDocument } from '../cluster/documents-edit.ts';
import { partsOf } from '../cluster/documents-place.ts';
import type { KnownDocuments } from '../cluster/known-documents.ts';
import type { ManifestText } from '../cluster/manifests.ts';
import type { FixStep } from '../model/finding.ts';
import { lineChanges } from '../report/line-changes.ts';
import type { LintFinding, LintReport, Remedy, TextEdit } from '../report/lint-report.ts';

/** Remedies that may bring forth others are bounded. */
const roundsMax = 20;

/** Texts that were mended, and what is left to say about them. */
export interface Mended {
  readonly texts: readonly ManifestText[];
  readonly report: LintReport;
  /** What was mended, in the order of the files. */
  readonly done: readonly { readonly file: string; readonly findings: readonly LintFinding[] }[];
}

/**
 * Takes every remedy that there is, again and again until none is left that was not tried. A finding that is waived is
 * left alone. `lint` judges texts.
 */
export function mended(
  texts: readonly ManifestText[],
  first: LintReport,
  lint: (texts: readonly ManifestText[]) => LintReport,
): Mended {
  const done = new Map<string, LintFinding[]>();
  const tried = new Set<string>();
  let [now, report] = [texts, first];
  for (let round = 0; round < roundsMax; round += 1) {
    const jobs = report.findings.filter((finding) => finding.remedy !== null && !finding.waived);
    const next = now.map((source) => {
      const own = jobs.filter(({ span }) => span.file === source.file);
      const { text, taken } = own.length === 0 ? untouched(source) : withRemedies(source.text, own, tried);
      if (taken.length > 0) done.set(source.file, [...(done.get(source.file) ?? []), ...taken]);
      return { ...source, text };
    });
    if (next.every(({ text }, index) => text === now[index]?.text)) break;
    now = next;
    report = lint(now);
  }
  const inOrder = now.flatMap(({ file }) => {
    const findings = done.get(file);
    return findings === undefined ? [] : [{ file, findings }];
  });
  return { texts: now, report, done: inOrder };
}

interface Taken {
  readonly text: string;
  readonly taken: readonly LintFinding[];
}

function untouched({ text }: ManifestText): Taken {
  return { text, taken: [] };
}

/** Takes the remedies of one file that do not disturb each other; the others come in the next round. */
function withRemedies(text: string, findings: readonly LintFinding[], tried: Set<string>): Taken {
  const documents = [...documentTexts(text)];
  const count = documents.length;
  const touched = documents.map((): (readonly string[])[] => []);
  const taken: LintFinding[] = [];
  for (const finding of findings) {
    const { remedy, id, span } = finding;
    const own = remedy === null ? undefined : touched[remedy.document];
    if (remedy === null || own === undefined) continue;
    const places = remedy.steps.map((step) => placeOf(step, remedy.prefix));
    if (places.some((place) => own.some((other) => overlap(place, other)))) continue;
    own.push(...places);
    const name = JSON.stringify([span.file, remedy, id]);
    if (tried.has(name)) continue;
    tried.add(name);
    const edited = editedDocument(documents[remedy.document] ?? '', remedy.prefix, remedy.steps);
    if (edited === null) continue;
    documents[remedy.document] = edited;
    taken.push(finding);
  }
  const whole = documents.join('');
  const parted = documentTexts(whole);
  const isWhole = parted.length === count && parted.every((part, index) => part === documents[index]);
  return isWhole ? { text: whole, taken } : { text, taken: [] };
}

/** What a step changes: all of a list from which an item goes, for the places of the others move. */
function placeOf({ op, at }: FixStep, prefix: string): readonly string[] {
  const parts = [...partsOf(prefix), ...partsOf(at)];
  return op === 'remove' || op === 'rename' ? parts.slice(0, -1) : parts;
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((part, index) => part === b[index]);
}

/** How much text the patches of a report may cost to work out. */
const charactersMax = 4_000_000;

/** Findings with what their remedy changes in their file, each for itself. */
export function withEdits(
  findings: readonly LintFinding[],
  texts: readonly ManifestText[],
  known: KnownDocuments,
): readonly LintFinding[] {
  const sources = new Map(texts.map(({ file, text }) => [file, text]));
  const parts = new Map<string, readonly string[]>();
  let spent = 0;
  return findings.map((finding) => {
    const { remedy, span } = finding;
    if (remedy === null) return finding;
    const documents = parts.get(span.file) ?? documentTexts(sources.get(span.file) ?? '');
    parts.set(span.file, documents);
    spent += documents[remedy.document]?.length ?? 0;
    return spent > charactersMax ? finding : { ...finding, edits: editsOf(documents, remedy, known) };
  });
}

function editsOf(
  documents: readonly string[],
  { document, prefix, steps }: Remedy,
  known: KnownDocuments,
): TextEdit[] {
  const before = documents[document];
  const after = before === undefined ? null : editedDocument(before, prefix, steps, known);
  if (before === undefined || after === null) return [];
  const lead = documents.slice(0, document).join('');
  // A document begins where the one before it ends, which may be in the middle of a line.
  const shift = lead.slice(lead.lastIndexOf('\n') + 1);
  const first = lead.split('\n').length;
  return lineChanges(`${shift}${before}`, `${shift}${after}`).map(({ start, removed, added }) => {
    const last = removed.at(-1);
    const isOpen = last !== undefined && !last.endsWith('\n');
    const line = first + start;
    return {
      line,
      column: 1,
      endLine: line + removed.length - (isOpen ? 1 : 0),
      endColumn: isOpen ? last.length + 1 : 1,
      text: added.join(''),
    };
  });
}

/** Writes a text where another one stood; throws where that is not what the file holds, or where it cannot be written. */
export function rewrite(file: string, before: string, after: string): void {
  if (!readFileSync(file).equals(Buffer.from(before, 'utf8')))
    throw new Error('it is not as it was read: it has changed since, or it is no UTF-8');
  writeFileSync(file, after);
}
