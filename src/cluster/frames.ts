import { StreamError } from './api-client.ts';

const headerLength = 4;

/**
 * The frames of a watch: "4 byte uint32 in BigEndian order, denotes length of body", then the body. A last frame
 * without its end was cut off and is left out. Throws a StreamError where a frame is longer than `max` bytes.
 */
export async function* splitFrames(body: AsyncIterable<Buffer>, max: number): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  /** The bytes that are needed to go on: a header, or header and body. */
  let wanted = headerLength;
  for await (const chunk of body) {
    held.push(chunk);
    size += chunk.length;
    if (size < wanted) continue;
    const bytes = Buffer.concat(held);
    let start = 0;
    wanted = headerLength;
    while (bytes.length - start >= headerLength) {
      const length = bytes.readUInt32BE(start);
      if (length > max) throw new StreamError('parse', `a frame is longer than ${max} bytes`);
      const end = start + headerLength + length;
      if (end > bytes.length) {
        wanted = headerLength + length;
        break;
      }
      yield bytes.subarray(start + headerLength, end);
      start = end;
    }
    held = start < bytes.length ? [bytes.subarray(start)] : [];
    size = bytes.length - start;
  }
}
