import type { DocumentProblem } from '../cluster/documents.ts';
import type { ManifestText } from '../cluster/manifests.ts';
import { codeFrame } from '../report/pretty.ts';
import { plain } from '../report/terminal.ts';
import { sanitise } from '../review/words.ts';

/** What could not be read, where, and the line that it is about. */
export function unreadText(problem: DocumentProblem, texts: readonly ManifestText[]): string {
  const { file, line, column, message } = problem;
  // What the program itself could not do is about no file.
  if (file === 'netsluice') return sanitise(message);
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = sanitise(`not read: ${place}: ${message}`);
  if (line === undefined || column === undefined) return head;
  const source = lineOf(texts.find((text) => text.file === file)?.text ?? '', line);
  if (source.trim() === '') return head;
  return `${head}\n${codeFrame({ file, line, column, endColumn: column + 1, source }, plain, null)}`;
}

function lineOf(text: string, line: number): string {
  let start = 0;
  for (let number = 1; number < line; number += 1) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return '';
  }
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end);
}
