import { StreamError } from './api-client.ts';

const newline = 0x0a;

/**
 * The lines of a byte stream that end in a newline, empty ones left out. Throws a StreamError where a line is longer
 * than `max` bytes, so that a broken server cannot fill the memory.
 */
export async function* splitLines(body: AsyncIterable<Buffer>, max: number): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      rest.push(chunk.subarray(start, end));
      const line = Buffer.concat(rest);
      rest = [];
      held = 0;
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > max) throw new StreamError('parse', `a line is longer than ${max} bytes`);
  }
}
