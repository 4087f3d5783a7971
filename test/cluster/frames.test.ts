import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrameCutter } from '../../src/cluster/frames.ts';
import { unroll } from '../../src/cluster/unroll.ts';

const framed = (body: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
};

/** Chunks of these sizes, over and over, until there is no more. */
function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

function bodies(cutter: FrameCutter, chunks: Iterable<Buffer>): Buffer[] {
  return [...chunks].flatMap((chunk) =>
    [...cutter.push(chunk)].map(({ bytes, start, end }) => Buffer.from(bytes.subarray(start, end))),
  );
}

describe('frames', () => {
  test('are the same however the bytes are cut, and one without its end is left out', () => {
    const body = fc.uint8Array({ maxLength: 40 });
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(body), sizes, fc.nat(43), (all, sizes, missing) => {
        const bytes = Buffer.concat([...all.map(framed), framed(Buffer.alloc(40)).subarray(0, 43 - missing)]);
        expect(bodies(new FrameCutter(40), cut(bytes, sizes))).toEqual(all.map((each) => Buffer.from(each)));
      }),
    );
  });

  test('that are too long are refused, after those before them', () => {
    const cutter = new FrameCutter(3);
    const frames = cutter.push(Buffer.concat([framed(Buffer.from('abc')), framed(Buffer.from('abcd'))]));
    expect(frames.next().value).toMatchObject({ start: 4, end: 7 });
    expect(() => frames.next()).toThrow('a frame is longer than 3 bytes');
  });
});

describe('what is unrolled', () => {
  const state = { ended: 0 };
  async function* body(...chunks: readonly string[]): AsyncGenerator<Buffer> {
    try {
      for (const chunk of chunks) yield Buffer.from(chunk);
    } finally {
      state.ended += 1;
    }
  }
  function* letters(chunk: Buffer): Generator<string> {
    for (const letter of chunk.toString()) {
      if (letter === '!') throw new Error('no letter');
      yield letter;
    }
  }

  test('comes in order, chunks without anything are passed over', async () => {
    const seen: string[] = [];
    for await (const letter of unroll(body('ab', '', 'c'), letters)) seen.push(letter);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['at the start of a chunk', ['a', '!b'], ['a']],
    ['in the middle of one', ['ab!'], ['a', 'b']],
  ])('reading that throws %s ends the body', async (_, chunks, before) => {
    state.ended = 0;
    const all = unroll(body(...chunks), letters);
    for (const letter of before) expect(await all.next()).toEqual({ done: false, value: letter });
    await expect(all.next()).rejects.toThrow('no letter');
    expect([state.ended, await all.next()]).toEqual([1, { done: true, value: undefined }]);
  });

  test('giving up ends the body', async () => {
    state.ended = 0;
    for await (const letter of unroll(body('ab', 'cd'), letters)) if (letter === 'c') break;
    expect(state.ended).toBe(1);
  });

  test('a body that breaks says so', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('a');
      throw new Error('reset');
    }
    const all = unroll(broken(), letters);
    expect(await all.next()).toEqual({ done: false, value: 'a' });
    await expect(all.next()).rejects.toThrow('reset');
  });
});
