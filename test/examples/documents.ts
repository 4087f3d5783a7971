import { readFileSync, writeFileSync } from 'node:fs';

/**
 * The text between `<!-- name -->` and `<!-- /name -->` of a document. With UPDATE=1 the wanted text is written there
 * first, which is how the generated parts of the documents are made.
 */
export function generatedPart(file: string, name: string, wanted: string): string {
  const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const whole = readFileSync(file, 'utf8');
  const [from, to] = [whole.indexOf(open) + open.length, whole.indexOf(close)];
  if (from < open.length || to < from) throw new Error(`${file} lacks the marks of ${name}`);
  if (process.env['UPDATE'] !== '1') return whole.slice(from, to);
  writeFileSync(file, whole.slice(0, from) + wanted + whole.slice(to));
  return wanted;
}
