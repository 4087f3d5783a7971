import type { FixStep, Json } from '../model/finding.ts';
import { partsOf } from './documents-place.ts';

type Fields = { [key: string]: unknown };

/**
 * What a value is after the steps were taken; null where one of them cannot be. Nothing of the given value is changed,
 * and what lies in it twice is changed in one place only.
 */
export function valueAfter(
  value: unknown,
  steps: readonly FixStep[],
  prefix: string,
): { value: unknown } | null {
  const copy: unknown = JSON.parse(JSON.stringify(value ?? null));
  return steps.every((step) => taken(copy, step, [...partsOf(prefix), ...partsOf(step.at)]))
    ? { value: copy }
    : null;
}

/** Fields around a value: `labels`, `a` and 1 make `{"labels":{"a":1}}`. */
export function nested(parts: readonly string[], value: Json): Json {
  return parts.reduceRight<Json>((inner, part) => ({ [part]: inner }), value);
}

/** Could the part be the place of an item? Such a one cannot be made out of nothing. */
export function isIndex(part: string): boolean {
  return /^\d+$/.test(part);
}

function taken(root: unknown, step: FixStep, parts: readonly string[]): boolean {
  const last = parts.at(-1);
  if (last === undefined) return false;
  const isNew = step.op === 'set' || step.op === 'append';
  const holder = holderOf(root, parts.slice(0, -1), isNew);
  if (Array.isArray(holder)) return takenInList(holder, step, Number(last));
  if (!isFields(holder)) return false;
  const there = Object.hasOwn(holder, last) ? holder[last] : undefined;
  switch (step.op) {
    case 'set':
      holder[last] = step.value;
      return true;
    case 'append':
      if (there !== undefined && there !== null && !Array.isArray(there)) return false;
      holder[last] = Array.isArray(there) ? [...there, step.value] : [step.value];
      return true;
    case 'remove':
      delete holder[last];
      return there !== undefined;
    case 'rename':
      if (there === undefined || Object.hasOwn(holder, step.to)) return false;
      delete holder[last];
      holder[step.to] = there;
      return true;
  }
}

function takenInList(list: unknown[], step: FixStep, index: number): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= list.length) return false;
  if (step.op === 'set') list[index] = step.value;
  else if (step.op === 'remove') list.splice(index, 1);
  else return false;
  return true;
}

/** What the last part is looked up in; missing fields on the way are made where asked. */
function holderOf(root: unknown, way: readonly string[], make: boolean): unknown {
  let holder = root;
  for (const part of way) {
    if (Array.isArray(holder)) {
      holder = holder[Number(part)];
      continue;
    }
    if (!isFields(holder)) return null;
    const there = Object.hasOwn(holder, part) ? (holder[part] ?? null) : null;
    if (there === null) {
      if (!make || isIndex(part)) return null;
      holder[part] = {};
    }
    holder = holder[part];
  }
  return holder;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
