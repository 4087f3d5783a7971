import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The manifests right in a folder, by name. */
export function manifestTexts(folder: string): readonly { readonly file: string; readonly text: string }[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files
    .sort()
    .map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));
}
