const roomFor = 1024;
const slots = 512;

/** Bytes that are gathered from many places, to find out whether the same came before. */
export class ByteKey {
  /** Those up to `length` count. */
  readonly bytes: Buffer = Buffer.alloc(roomFor);
  #length = 0;
  #hash = 0;
  #isOver = false;

  get length(): number {
    return this.#length;
  }

  /** A place for what is known by it. */
  get slot(): number {
    return (this.#hash ^ (this.#hash >>> 13)) & (slots - 1);
  }

  /** There were more bytes than a key holds; it is none then. */
  get isOver(): boolean {
    return this.#isOver;
  }

  clear(): void {
    this.#length = 0;
    this.#hash = 0;
    this.#isOver = false;
  }

  add(byte: number): void {
    if (this.#length === roomFor) {
      this.#isOver = true;
      return;
    }
    this.bytes[this.#length] = byte;
    this.#length += 1;
    this.#hash = (Math.imul(this.#hash, 31) + byte) | 0;
  }

  addAll(bytes: Buffer, start: number, end: number): void {
    const shift = this.#length - start;
    if (shift + end > roomFor) {
      this.#isOver = true;
      return;
    }
    const room = this.bytes;
    let hash = this.#hash;
    for (let index = start; index < end; index += 1) {
      const byte = bytes[index] ?? 0;
      room[shift + index] = byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    this.#hash = hash;
    this.#length = shift + end;
  }
}

/** What was made of bytes that came lately: at most 512 parts, a newer one takes the place of an older. */
export class PartsByKey<T> {
  readonly #parts = new Array<T | undefined>(slots).fill(undefined);
  readonly #lengths = new Array<number>(slots).fill(0);
  /** All keys in one piece: small buffers cost more than what is in them. */
  readonly #keys = Buffer.alloc(slots * roomFor);

  /** What was made of these bytes before, or is made of them now. */
  of(key: ByteKey, make: () => T): T {
    const { length, slot } = key;
    const known = this.#lengths[slot] === length && this.#isSame(key) ? this.#parts[slot] : undefined;
    if (known !== undefined) return known;
    const part = make();
    if (key.isOver) return part;
    key.bytes.copy(this.#keys, slot * roomFor, 0, length);
    this.#lengths[slot] = length;
    this.#parts[slot] = part;
    return part;
  }

  #isSame({ bytes, length, slot, isOver }: ByteKey): boolean {
    if (isOver) return false;
    const keys = this.#keys;
    const first = slot * roomFor;
    for (let index = 0; index < length; index += 1) if (keys[first + index] !== bytes[index]) return false;
    return true;
  }
}
