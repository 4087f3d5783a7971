import { StreamError } from './api-client.ts';
import { magic } from './protobuf-meta.ts';

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;
const varintBytesMax = 10;

/** A part of a list, still encoded. */
export interface ListPiece {
  readonly part: 'type' | 'metadata' | 'item';
  readonly bytes: Buffer;
}

/** Field numbers: of runtime.Unknown around the list, and of the list. */
const outside: ReadonlyMap<number, 'type' | 'list'> = new Map([
  [1, 'type'],
  [2, 'list'],
]);
const inside: ReadonlyMap<number, 'metadata' | 'item'> = new Map([
  [1, 'metadata'],
  [2, 'item'],
]);

/**
 * Cuts an encoded list into its items while the bytes come in: `k8s\0`, then a runtime.Unknown with the list inside.
 * Holds one item at the most. Throws a StreamError where the bytes are something else or a part is longer than `max`.
 */
export class ListCutter {
  readonly #max: number;
  #next: 'magic' | 'tag' | 'length' | 'number' | 'body' = 'magic';
  #position = 0;
  /** Where the list ends; null before it has begun and after it has ended. */
  #listEnd: number | null = null;
  #seen = false;
  /** The number that is being read, seven bits with each byte. */
  #number = 0;
  #numberBytes = 0;
  #part: ListPiece['part'] | 'list' | 'skipped' = 'skipped';
  /** Bytes of the part that are still to come. */
  #missing = 0;
  #pieces: Buffer[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** The parts that this chunk completes. */
  push(chunk: Buffer): readonly ListPiece[] {
    const done: ListPiece[] = [];
    let index = 0;
    while (index < chunk.length) {
      if (this.#next === 'body') index += this.#take(chunk, index, done);
      else {
        this.#position += 1;
        this.#readByte(chunk[index] ?? 0, done);
        index += 1;
      }
    }
    return done;
  }

  /** Call after the last chunk: throws a StreamError where the list was cut off. */
  end(): void {
    const isWhole = this.#seen && this.#listEnd === null && this.#next === 'tag' && this.#numberBytes === 0;
    if (!isWhole) throw new StreamError('parse', 'the list ended early');
  }

  #readByte(byte: number, done: ListPiece[]): void {
    if (this.#next === 'magic') {
      if (byte !== magic[this.#position - 1]) throw new StreamError('parse', 'not a Kubernetes protobuf');
      if (this.#position === magic.length) this.#next = 'tag';
      return;
    }
    if (this.#numberBytes === varintBytesMax) throw new StreamError('parse', 'a number is too long');
    this.#number += (byte & 0x7f) * 2 ** (7 * this.#numberBytes);
    this.#numberBytes += 1;
    if (byte >= 0x80) return;
    const number = this.#number;
    this.#number = 0;
    this.#numberBytes = 0;
    if (this.#next === 'tag') this.#startField(number);
    else if (this.#next === 'length') this.#startBody(number, done);
    else this.#endField();
  }

  #startField(tag: number): void {
    const wire = tag % 8;
    const field = Math.floor(tag / 8);
    const part = this.#listEnd === null ? outside.get(field) : inside.get(field);
    if (part !== undefined && wire !== delimited)
      throw new StreamError('parse', `field ${field} of a list has the wire type ${wire}`);
    this.#part = part ?? 'skipped';
    if (wire === varint) this.#next = 'number';
    else if (wire === delimited) this.#next = 'length';
    else if (wire === fixed32 || wire === fixed64) {
      this.#missing = wire === fixed32 ? 4 : 8;
      this.#next = 'body';
    } else throw new StreamError('parse', `there is no wire type ${wire}`);
  }

  #startBody(length: number, done: ListPiece[]): void {
    if (this.#part === 'list') {
      if (this.#seen) throw new StreamError('parse', 'an answer has two lists');
      this.#seen = true;
      this.#listEnd = this.#position + length;
      this.#endField();
      return;
    }
    if (this.#part !== 'skipped' && length > this.#max)
      throw new StreamError('parse', `an object is longer than ${this.#max} bytes`);
    this.#missing = length;
    this.#next = 'body';
    if (length === 0) this.#endBody(done);
  }

  /** Returns how many bytes it took. */
  #take(chunk: Buffer, from: number, done: ListPiece[]): number {
    const piece = chunk.subarray(from, from + this.#missing);
    this.#missing -= piece.length;
    this.#position += piece.length;
    if (this.#part !== 'skipped') this.#pieces.push(piece);
    if (this.#missing === 0) this.#endBody(done);
    return piece.length;
  }

  #endBody(done: ListPiece[]): void {
    if (this.#part !== 'skipped' && this.#part !== 'list') {
      const [first] = this.#pieces;
      const isOne = first !== undefined && this.#pieces.length === 1;
      done.push({ part: this.#part, bytes: isOne ? first : Buffer.concat(this.#pieces) });
    }
    this.#pieces = [];
    this.#endField();
  }

  #endField(): void {
    this.#next = 'tag';
    if (this.#listEnd === null) return;
    if (this.#position > this.#listEnd) throw new StreamError('parse', 'an item is longer than its list');
    if (this.#position === this.#listEnd) this.#listEnd = null;
  }
}
