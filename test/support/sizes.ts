/** How much a world holds, found by looking at every field of every object that it is made of. */
import { BitSet } from '../../src/sets/bitset.ts';

/** Numbers that may grow for ever: they only tell older from newer. */
const clocks: ReadonlySet<string> = new Set(['version', 'numbered', 'unaddressedVersion']);

/**
 * By the path of fields that leads there: the entries of maps, sets and arrays, the members of sets of units and the
 * room of other typed arrays, each summed over all that lie on the same path; so are numbers that a class keeps, such as the next id. Records as the world was told them count
 * once, by their kind.
 */
export function sizesOf(value: unknown): Readonly<Record<string, number>> {
  const sizes = new Map<string, number>();
  const add = (path: string, size: number) => sizes.set(path, (sizes.get(path) ?? 0) + size);
  const seen = new Set<unknown>();
  const visit = (item: unknown, path: string): void => {
    if (typeof item !== 'object' || item === null || seen.has(item)) return;
    seen.add(item);
    if (item instanceof BitSet) add(`${path} (units)`, item.size);
    else if (ArrayBuffer.isView(item)) add(`${path} (bytes)`, item.byteLength);
    else if ('kind' in item && 'name' in item && typeof item.kind === 'string')
      add(`${path} ${item.kind}`, 1);
    else if (item instanceof Map || item instanceof Set || Array.isArray(item)) {
      add(path, item instanceof Map || item instanceof Set ? item.size : item.length);
      for (const inner of item.values()) visit(inner, `${path}.*`);
      if (item instanceof Map) for (const key of item.keys()) visit(key, `${path}.key`);
    } else {
      const counts = Object.getPrototypeOf(item) !== Object.prototype;
      for (const [key, inner] of Object.entries(item)) {
        if (counts && typeof inner === 'number' && !clocks.has(key)) add(`${path}.${key} (number)`, inner);
        visit(inner, `${path}.${key}`);
      }
    }
  };
  visit(value, 'world');
  return Object.fromEntries([...sizes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
