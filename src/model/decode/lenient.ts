import { DecodeError, isRecord, ownField } from './value.ts';

// Readers for objects that the API server has already accepted. A part that is not as expected is left out, never
// the object: a pod with an odd port is still a pod.

/** Follows own fields; undefined where one of them is missing or is no record. */
export function get(value: unknown, ...keys: readonly string[]): unknown {
  let current = value;
  for (const key of keys) {
    if (!isRecord(current)) return undefined;
    current = ownField(current, key);
  }
  return current;
}

/** A string that is not empty, or null: the API server writes some absent strings as "". */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function whole(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function texts(value: unknown): readonly string[] {
  return gather(list(value), text);
}

const none: readonly never[] = [];

/**
 * What is read of each item, those left out of which nothing can be read. Records stay for long: a list that was grown
 * into holds room for 17.
 */
export function gather<T>(items: readonly unknown[], read: (item: unknown) => T | null): readonly T[] {
  const found: T[] = [];
  for (const item of items) {
    const one = read(item);
    if (one !== null) found.push(one);
  }
  return found.length === 0 ? none : found.slice();
}

const nothing: ReadonlyMap<string, string> = new Map();

/** The string values of a record, `__proto__` and values of other types left out; only the keys that `keeps` wants. */
export function textMap(value: unknown, keeps?: (key: string) => boolean): ReadonlyMap<string, string> {
  if (!isRecord(value)) return nothing;
  let map: Map<string, string> | null = null;
  for (const key of Object.keys(value)) {
    if (keeps !== undefined && !keeps(key)) continue;
    const item = ownField(value, key);
    if (typeof item !== 'string') continue;
    map ??= new Map();
    map.set(key, item);
  }
  // Most objects have none: they share it.
  return map ?? nothing;
}

/** `metadata.name`, or `<generateName>*`. Throws a DecodeError where there is neither: nothing can be known by "". */
export function nameOf(value: unknown): string {
  const name = text(get(value, 'metadata', 'name'));
  if (name !== null) return name;
  const prefix = text(get(value, 'metadata', 'generateName'));
  if (prefix === null) throw new DecodeError('metadata.name', 'is missing; every object needs a name');
  return `${prefix}*`;
}

/** `metadata.namespace`; `default` where it is missing, which is where kubectl would put it. */
export function namespaceOf(value: unknown): string {
  return text(get(value, 'metadata', 'namespace')) ?? 'default';
}

export function isTerminating(value: unknown): boolean {
  return text(get(value, 'metadata', 'deletionTimestamp')) !== null;
}
