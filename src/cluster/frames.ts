import { StreamError } from './api-client.ts';

const headerLength = 4;

/** Where a frame's body begins and ends. */
export interface Frame {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * The frames of a watch: "4 byte uint32 in BigEndian order, denotes length of body", then the body. A last frame
 * without its end was cut off and is left out. Holds one frame at the most; only one that is cut by the chunks is copied.
 */
export class FrameCutter {
  readonly #max: number;
  /** The frame that has begun. */
  #held: Buffer[] = [];
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * The frames that this chunk completes, as they are asked for; all of them before the next chunk. Throws a StreamError
   * where one is longer than `max` bytes.
   */
  *push(chunk: Buffer): Generator<Frame> {
    let start = this.#size === 0 ? 0 : this.#hold(chunk, 0, headerLength);
    if (this.#size >= headerLength) {
      const end = this.#endOf(this.#joined(), 0);
      start = this.#hold(chunk, start, end);
      if (this.#size === end) {
        const bytes = this.#joined();
        this.#drop();
        yield { bytes, start: headerLength, end };
      }
    }
    if (this.#size > 0) return;
    while (chunk.length - start >= headerLength) {
      const end = this.#endOf(chunk, start);
      if (end > chunk.length) break;
      yield { bytes: chunk, start: start + headerLength, end };
      start = end;
    }
    this.#hold(chunk, start, chunk.length);
  }

  /** Takes of the chunk until so many bytes are held; returns where it went to. */
  #hold(chunk: Buffer, start: number, size: number): number {
    const end = Math.min(chunk.length, start + Math.max(0, size - this.#size));
    if (end > start) this.#held.push(chunk.subarray(start, end));
    this.#size += end - start;
    return end;
  }

  #drop(): void {
    this.#held = [];
    this.#size = 0;
  }

  #joined(): Buffer {
    const [first] = this.#held;
    const bytes = first !== undefined && this.#held.length === 1 ? first : Buffer.concat(this.#held);
    this.#held = [bytes];
    return bytes;
  }

  #endOf(bytes: Buffer, start: number): number {
    const length = bytes.readUInt32BE(start);
    if (length > this.#max) throw new StreamError('parse', `a frame is longer than ${this.#max} bytes`);
    return start + headerLength + length;
  }
}
