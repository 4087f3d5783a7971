import { isRecord } from './decode/value.ts';

/** Are two plain values equal? Without a detour over text, because a policy may hold tens of thousands of peers. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  // Of selectors the text says all that counts: where in the document a requirement stands does not.
  if (Array.isArray(a['requirements']) && Array.isArray(b['requirements'])) return a['text'] === b['text'];
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => sameValue(a[key], b[key]));
}
