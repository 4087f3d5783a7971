import type { RawObject } from '../cluster/documents.ts';
import { valueAfter } from '../cluster/edit-value.ts';
import { decodeNetworkPolicy } from '../model/decode/network-policy.ts';
import { DecodeError } from '../model/decode/value.ts';
import { writtenPolicy } from '../model/decode/written-policy.ts';
import type { FixStep } from '../model/finding.ts';
import type { NetworkPolicy } from '../model/network-policy.ts';

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

/** How many selectors that cannot be read are passed over. */
const unreadableMax = 20;

/**
 * The policy with selectors that cannot be read taken for empty ones: what it says of directions, peers and ports can
 * still be judged. Null where something else cannot be read, or everything can. `stepsFor` mends what wrong types hid.
 */
export function legiblePolicy(
  value: unknown,
  stepsFor: (value: unknown) => readonly FixStep[],
): NetworkPolicy | null {
  let current = value;
  for (let round = 0; round <= unreadableMax; round += 1) {
    try {
      const policy = decodeNetworkPolicy(current);
      return round === 0 ? null : { ...policy, written: { ...writtenPolicy(value, 'file'), document: null } };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const [, at] = /^(.*?(?:podSelector|namespaceSelector))\b/.exec(error.path) ?? [];
      if (at === undefined) return null;
      const emptied = mendedValue(current, [{ op: 'set', at, value: {} }]);
      current = mendedValue(emptied, stepsFor(emptied));
    }
  }
  return null;
}
