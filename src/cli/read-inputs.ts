import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { types } from 'node:util';
import type { ManifestText } from '../cluster/manifests.ts';
import { decodeSettings, type Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';

type Problem = { readonly problem: string };

/** `-f` takes files, directories (the YAML and JSON files in them) and `-` for standard input. */
export function readTexts(paths: readonly string[]): readonly ManifestText[] | Problem {
  const texts: ManifestText[] = [];
  for (const path of paths) {
    try {
      for (const file of manifestFiles(path))
        texts.push({ file, text: readFileSync(file === '-' ? 0 : file, 'utf8') });
    } catch (error) {
      return { problem: `${path} cannot be read: ${reasonOf(error)}.` };
    }
  }
  return texts.length > 0 ? texts : { problem: `There is no YAML or JSON file in ${paths.join(', ')}.` };
}

/** The files that a path stands for: itself, or the YAML and JSON files right in the directory. */
export function manifestFiles(path: string): string[] {
  if (path === '-' || !statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  return names.filter((name) => /\.(?:ya?ml|json)$/.test(name)).map((name) => join(path, name));
}

/** The settings file that webhook and command line share. */
export function readSettings(path: string): Settings | Problem {
  try {
    const read = decodeSettings(
      readFileSync(path, 'utf8'),
      rules.map(({ id }) => id),
    );
    return 'problem' in read
      ? { problem: `The settings ${path} are wrong: ${read.problem}.` }
      : read.settings;
  } catch (error) {
    return { problem: `The settings ${path} cannot be read: ${reasonOf(error)}.` };
  }
}

/** Why a file cannot be read, for the end of a sentence. */
export function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  return 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : error.message;
}
