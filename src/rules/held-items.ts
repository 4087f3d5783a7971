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

/** An item of one part. */
export function item<Part>(part: Part, at: string, key: string): Item<Part> {
  return { parts: [part], at, key };
}

/**
 * The items that another one holds; of equal ones the first is kept. `bound` counts the comparisons that may still be
 * made; what is left after them is not looked at.
 */
export function held<Part>(
  items: readonly Item<Part>[],
  bound: { left: number },
  covers: (outer: Part, inner: Part) => boolean,
): Held<Part>[] {
  const all = (outer: Item<Part>, inner: Item<Part>): boolean =>
    inner.parts.every((part) => outer.parts.some((wide) => covers(wide, part)));
  return items.flatMap((inner, i) => {
    for (const [j, outer] of items.entries()) {
      if (i === j) continue;
      bound.left -= 1;
      if (bound.left < 0) return [];
      if (!all(outer, inner)) continue;
      const equal = all(inner, outer);
      if (!equal || j < i) return [{ inner, outer, equal }];
    }
    return [];
  });
}
