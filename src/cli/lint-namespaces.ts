import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, YAMLError } from 'yaml';
import { get, text } from '../model/decode/lenient.ts';
import type { DocumentInput } from '../rules/rule.ts';

/** What the surroundings of files say of their documents. */
export interface Surroundings {
  /** Where the documents of a file that name no namespace are applied to. */
  readonly namespaceFor: (file: string) => DocumentInput['declaredNamespace'];
  /** Documents of different scopes are never applied together. */
  readonly scopeOf: (file: string, namespace: string | null) => string;
}

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** Looks for kustomizations beside and above files; `option` is the namespace that the command line names. */
export function surroundingsOf(option: string | null): Surroundings {
  const known = new Map<string, { readonly namespace: string | null } | null>();
  const at = (folder: string): { readonly namespace: string | null } | null => {
    const found = known.get(folder);
    if (found !== undefined) return found;
    const read = kustomizationIn(folder);
    known.set(folder, read);
    return read;
  };
  return {
    namespaceFor: (file) => {
      if (option !== null) return { name: option, by: 'option' };
      const kustomization = file === '-' ? null : at(dirname(file));
      if (kustomization === null) return null;
      const { namespace: name } = kustomization;
      return name === null ? { name, by: 'overlay' } : { name, by: 'kustomization' };
    },
    scopeOf: (file, namespace) => {
      if (file === '-') return '';
      const own = dirname(file);
      const root = upward(own).find((folder) => at(folder) !== null);
      if (root !== undefined) return `kustomization ${root}`;
      return namespace === null && option === null ? own : '';
    },
  };
}

/** A folder and those above it, as far as the path names them. */
function upward(folder: string): string[] {
  const above = dirname(folder);
  return above === folder || folder === '.' ? [folder] : [folder, ...upward(above)];
}

function kustomizationIn(folder: string): { readonly namespace: string | null } | null {
  const file = names.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (file === undefined) return null;
  try {
    return { namespace: text(get(parse(readFileSync(file, 'utf8')), 'namespace')) };
  } catch (error) {
    // One that cannot be read says nothing; where it is part of the input it is told there.
    if (error instanceof YAMLError || (error instanceof Error && 'code' in error)) return { namespace: null };
    throw error;
  }
}
