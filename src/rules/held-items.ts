import { CoverIndex, type Filing } from './cover-index.ts';

/** A part of the policy as it is written; plugins make several peers of some. */
export interface Item<Part> {
  readonly parts: readonly Part[];
  readonly at: string;
  readonly key: string;
}

export interface Held<Part> {
  readonly inner: Item<Part>;
  readonly outer: Item<Part>;
  /** Each holds the other. */
  readonly equal: boolean;
}

/** So many items are compared with each other without an index. */
const fewMax = 8;

/** An item of one part. */
export function item<Part>(part: Part, at: string, key: string): Item<Part> {
  return { parts: [part], at, key };
}

/**
 * The items that another one holds; of equal ones the first is kept. `filings` find those that may hold one. `bound`
 * counts the comparisons that may still be made; what is left after them is not looked at.
 */
export function held<Part>(
  items: readonly Item<Part>[],
  bound: { left: number },
  filings: readonly Filing<Part>[],
  covers: (outer: Part, inner: Part) => boolean,
): Held<Part>[] {
  if (items.length < 2) return [];
  const index = new CoverIndex(items.length > fewMax ? filings : []);
  for (const { parts } of items) index.add(parts);
  const all = (outer: Item<Part>, inner: Item<Part>): boolean =>
    inner.parts.every((part) => outer.parts.some((wide) => covers(wide, part)));
  return items.flatMap((inner, i) => {
    const near = index.around(inner.parts).filter((j) => j !== i);
    for (const [j, outer] of near.map((place) => [place, items[place]] as const)) {
      bound.left -= 1;
      if (bound.left < 0) return [];
      if (outer === undefined || !all(outer, inner)) continue;
      const equal = all(inner, outer);
      if (!equal || j < i) return [{ inner, outer, equal }];
    }
    return [];
  });
}
