const slots = 8192;
const longest = 64;

/**
 * Makes strings of bytes, and one string of equal bytes that come again soon: label keys and values, namespaces, nodes
 * and images stand in every pod. Holds at most 8,192 strings of 64 characters; a newer one takes the place of an older.
 */
export class TextPool {
  readonly #texts: string[] = new Array<string>(slots).fill('');

  /** The UTF-8 of `bytes` from `start` up to `end`, which must lie inside. */
  read(bytes: Buffer, start: number, end: number): string {
    if (end - start > longest) return bytes.toString('utf8', start, end);
    let hash = 0;
    let beyond = 0;
    for (let index = start; index < end; index += 1) {
      const byte = bytes[index] ?? 0;
      beyond |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (beyond > 0x7f) return bytes.toString('utf8', start, end);
    const slot = (hash ^ (hash >>> 13)) & (slots - 1);
    const known = this.#texts[slot] ?? '';
    if (isSame(known, bytes, start, end)) return known;
    const text = bytes.toString('latin1', start, end);
    this.#texts[slot] = text;
    return text;
  }
}

function isSame(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
