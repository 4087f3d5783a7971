/** Longer lists are pushed to. */
const copiedMax = 16;

/**
 * The list with one more item. A list that is pushed to holds room for sixteen more, and most of the many lists of a
 * cluster stay short: short ones are copied, to the size that they have.
 */
export function grown<T>(list: T[], item: T): T[] {
  if (list.length < copiedMax) return list.concat([item]);
  list.push(item);
  return list;
}
