import { DecodeError, isRecord } from '../model/decode/value.ts';

/** Records are plain data with maps and sets among them; these two make JSON of any of them and read it back. */
const mapKey = '$map';
const setKey = '$set';

/** Deeper than any record is. */
const depthMax = 32;

/** Any plain data as JSON data. Maps and sets are sorted, so that equal records give equal text. */
export function toJson(value: unknown): unknown {
  if (value instanceof Map)
    return { [mapKey]: [...value].map(([key, item]) => [toJson(key), toJson(item)]).sort(byText) };
  if (value instanceof Set) return { [setKey]: [...value].map(toJson).sort(byText) };
  if (Array.isArray(value)) return value.map(toJson);
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
    throw new Error(`a record holds a ${typeof value}, which a snapshot cannot`);
  return value;
}

/** Reads what `toJson` made. Throws a DecodeError for what it never makes. */
export function fromJson(value: unknown, depth = 0): unknown {
  if (depth > depthMax) throw new DecodeError('', `is nested deeper than ${depthMax} levels`);
  if (Array.isArray(value)) return value.map((item) => fromJson(item, depth + 1));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const [only, second] = entries;
  if (only !== undefined && second === undefined && (only[0] === mapKey || only[0] === setKey))
    return collection(only[0], only[1], depth);
  return Object.fromEntries(
    entries.flatMap(([key, item]) => (key === '__proto__' ? [] : [[key, fromJson(item, depth + 1)]])),
  );
}

function collection(key: string, items: unknown, depth: number): unknown {
  if (!Array.isArray(items)) throw new DecodeError(key, 'must be a list');
  const all: readonly unknown[] = items;
  if (key === setKey) return new Set(all.map((item) => fromJson(item, depth + 1)));
  return new Map(
    all.map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new DecodeError(key, 'must hold pairs');
      return [fromJson(pair[0], depth + 1), fromJson(pair[1], depth + 1)];
    }),
  );
}

function byText(a: unknown, b: unknown): number {
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}
