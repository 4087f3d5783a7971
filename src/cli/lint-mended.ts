import type { RawObject } from '../cluster/documents.ts';
import { valueAfter } from '../cluster/edit-value.ts';
import type { FixStep } from '../model/finding.ts';

/** The value after all steps that can be taken; others change nothing. */
export function mendedValue(value: unknown, steps: readonly FixStep[]): unknown {
  return steps.reduce((current, step) => {
    const after = valueAfter(current, [step], '');
    return after === null ? current : after.value;
  }, value);
}

/** The same object with keys written as they are meant; its places are still found, by their new names. */
export function renamed(raw: RawObject, steps: readonly FixStep[]): RawObject {
  const renames = steps.flatMap((step) =>
    step.op === 'rename' ? [{ from: step.at, to: besides(step.at, step.to) }] : [],
  );
  if (renames.length === 0) return raw;
  const oldPath = (path: string): string => {
    const hit = renames.find(
      ({ to }) => path === to || path.startsWith(`${to}.`) || path.startsWith(`${to}[`),
    );
    return hit === undefined ? path : `${hit.from}${path.slice(hit.to.length)}`;
  };
  return {
    ...raw,
    value: mendedValue(raw.value, steps),
    spanOf: (path) => raw.spanOf(oldPath(path)),
  };
}

/** The path of a key's neighbour. */
function besides(path: string, key: string): string {
  const dot = path.endsWith(']') ? path.lastIndexOf('[') : path.lastIndexOf('.');
  return dot <= 0 ? key : `${path.slice(0, dot)}.${key}`;
}
