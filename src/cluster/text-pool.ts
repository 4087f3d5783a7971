const slots = 2048;
const longest = 64;

const messageSlots = 512;
const longestMessage = 256;

/** A message that was read before, of a table that tells messages with equal bytes apart. */
interface Known {
  readonly table: object;
  readonly bytes: Uint8Array;
  readonly read: object;
}

/**
 * Makes strings of bytes, and one string of equal bytes that come again soon: label keys and values, namespaces, nodes
 * and images stand in every pod. Holds at most 2,048 strings of 64 characters; a newer one takes the place of an older.
 * Likewise 512 messages of 256 bytes.
 */
export class TextPool {
  readonly #texts: string[] = new Array<string>(slots).fill('');
  readonly #messages = new Array<Known | undefined>(messageSlots).fill(undefined);

  /** What was read of the same bytes by the same table; undefined where that is long ago. */
  recall(table: object, bytes: Buffer, start: number, end: number): object | undefined {
    if (end - start > longestMessage) return undefined;
    const known = this.#messages[slotOf(bytes, start, end)];
    return known !== undefined && known.table === table && isEqual(known.bytes, bytes, start, end)
      ? known.read
      : undefined;
  }

  remember(table: object, bytes: Buffer, start: number, end: number, read: object): void {
    if (end - start > longestMessage) return;
    // A copy of its own: a part of the chunk, or of Node's shared buffers, would hold all of that.
    const copy = new Uint8Array(end - start);
    for (let index = start; index < end; index += 1) copy[index - start] = bytes[index] ?? 0;
    this.#messages[slotOf(bytes, start, end)] = { table, bytes: copy, read };
  }

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

function isEqual(known: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index += 1)
    if (known[index] !== bytes[start + index]) return false;
  return true;
}

function slotOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0;
  for (let index = start; index < end; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  return (hash ^ (hash >>> 13)) & (messageSlots - 1);
}
