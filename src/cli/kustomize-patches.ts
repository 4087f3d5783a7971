import { basename, dirname, join } from 'node:path';
import { parse, YAMLError } from 'yaml';
import type { ManifestText } from '../cluster/manifests.ts';
import { get, list, text } from '../model/decode/lenient.ts';

const kustomizations: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Where a kustomization names files that hold parts of objects: as text, or under `path`. */
const patchFields: readonly string[] = ['patches', 'patchesStrategicMerge', 'patchesJson6902'];

/**
 * The files of the input that a kustomization beside them uses as patches. A patch looks like an object and is a part
 * of one: what it leaves out is not missing, and what it says holds only together with its base.
 */
export function patchFiles(texts: readonly ManifestText[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { file, text: source } of texts) {
    if (!kustomizations.includes(basename(file))) continue;
    for (const path of pathsIn(source)) found.add(join(dirname(file), path));
  }
  return found;
}

function pathsIn(source: string): string[] {
  try {
    const value: unknown = parse(source, { logLevel: 'silent' });
    return patchFields.flatMap((field) =>
      list(get(value, field)).flatMap((entry) => text(entry) ?? text(get(entry, 'path')) ?? []),
    );
  } catch (error) {
    // One that cannot be read is told where documents are read. A ReferenceError: aliases.
    if (error instanceof YAMLError || error instanceof ReferenceError) return [];
    throw error;
  }
}
