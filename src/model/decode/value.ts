/** Says where an object cannot be read and why: `path` as users write it, `problem` the rest of the sentence. */
export class DecodeError extends Error {
  /** For example `spec.ingress[0].ports[1].port`; empty where the object as a whole is meant. */
  readonly path: string;
  /** For example `is 0; it must be a whole number from 1 to 65535`. */
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path === '' ? 'the object' : path} ${problem}`);
    this.name = 'DecodeError';
    this.path = path;
    this.problem = problem;
  }
}

/** A value together with the path that leads to it. `null` and a missing field are both "absent". */
export interface Place {
  readonly value: unknown;
  readonly path: string;
}

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record's own field, or undefined. `__proto__` is never a field: no object of the API has one of that name. */
export function ownField(record: JsonRecord, key: string): unknown {
  const found = record[key];
  // Most fields that are asked for are not there; only what is found can be inherited.
  if (found === undefined) return undefined;
  return key !== '__proto__' && Object.hasOwn(record, key) ? found : undefined;
}

export function isAbsent(place: Place): boolean {
  return place.value === undefined || place.value === null;
}

/** The field of a record; absent where the record itself is. Throws a DecodeError where there is no record. */
export function fieldAt(place: Place, key: string): Place {
  const record = recordAt(place);
  const path = place.path === '' ? key : `${place.path}.${key}`;
  return { value: record === null ? undefined : ownField(record, key), path };
}

export function recordAt(place: Place): JsonRecord | null {
  if (isAbsent(place)) return null;
  if (!isRecord(place.value)) fail(place, 'it must be an object');
  return place.value;
}

export function textAt(place: Place): string | null {
  if (isAbsent(place)) return null;
  if (typeof place.value !== 'string') fail(place, 'it must be a string');
  return place.value;
}

/** Reads a whole number; `80.0` is one in JSON, `80.5` is none. */
export function integerAt(place: Place): number | null {
  if (isAbsent(place)) return null;
  if (typeof place.value !== 'number' || !Number.isSafeInteger(place.value)) {
    fail(place, 'it must be a whole number');
  }
  return place.value;
}

/** The items of a list; none where it is absent. */
export function itemsAt(place: Place): readonly Place[] {
  if (isAbsent(place)) return [];
  if (!Array.isArray(place.value)) fail(place, 'it must be a list');
  const items: readonly unknown[] = place.value;
  return items.map((value, index) => ({ value, path: `${place.path}[${index}]` }));
}

const nothing: ReadonlyMap<string, string> = new Map();

/** Labels, annotations and the like. A `null` value is the empty string, as the API server reads it. */
export function textMapAt(place: Place): ReadonlyMap<string, string> {
  const record = recordAt(place);
  if (record === null) return nothing;
  const map = new Map<string, string>();
  for (const key of Object.keys(record)) {
    if (key === '__proto__') continue;
    const item = { value: record[key], path: `${place.path}[${shorten(key)}]` };
    map.set(key, textAt(item) ?? '');
  }
  return map;
}

/** Throws a DecodeError: `<path> is <what is there>; <what is allowed>`. */
export function fail(place: Place, allowed: string): never {
  throw new DecodeError(place.path, `is ${describe(place.value)}; ${allowed}`);
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? JSON.stringify(shorten(value)) : String(value);
}

/** At most 60 characters, so that a message stays a message; never cuts a character in two. */
function shorten(text: string): string {
  const runes = [...text.slice(0, 130)];
  return runes.length <= 60 ? text : `${runes.slice(0, 59).join('')}…`;
}
