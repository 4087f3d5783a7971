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
 * without its end was cut off and is left out. Holds one frame at the most.
 */
export class FrameCutter {
  readonly #max: number;
  #held: Buffer[] = [];
  #size = 0;
  /** The bytes that are needed to go on: a header, or header and body. */
  #wanted = headerLength;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * The frames that this chunk completes, as they are asked for; all of them before the next chunk. Throws a StreamError
   * where one is longer than `max` bytes.
   */
  *push(chunk: Buffer): Generator<Frame> {
    this.#held.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    let start = 0;
    this.#wanted = headerLength;
    while (bytes.length - start >= headerLength) {
      const length = bytes.readUInt32BE(start);
      if (length > this.#max) throw new StreamError('parse', `a frame is longer than ${this.#max} bytes`);
      const end = start + headerLength + length;
      if (end > bytes.length) {
        this.#wanted = headerLength + length;
        break;
      }
      yield { bytes, start: start + headerLength, end };
      start = end;
    }
    this.#held = start < bytes.length ? [bytes.subarray(start)] : [];
    this.#size = bytes.length - start;
  }
}
