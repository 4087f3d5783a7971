import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ItemSplitter } from '../../src/cluster/json-items.ts';

function split(text: string, size: number): { items: unknown[]; envelope: unknown } {
  const splitter = new ItemSplitter(1 << 20);
  const bytes = Buffer.from(text);
  const items: unknown[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    items.push(
      ...splitter.push(bytes.subarray(start, start + size)).map((item) => JSON.parse(item.toString())),
    );
  }
  return { items, envelope: JSON.parse(splitter.end().toString()) };
}

describe('a list is cut into its items', () => {
  test.each([1, 2, 3, 7, 1000])('in chunks of %i bytes', (size) => {
    const items = [{ a: '}]{["\\', items: [{ x: 1 }] }, {}, { 'ä"': [[], { b: null }] }];
    const list = { kind: 'items', items, metadata: { resourceVersion: '5', items: ['no'] } };
    const { metadata } = list;
    expect(split(JSON.stringify(list), size)).toEqual({
      items,
      envelope: { kind: 'items', items: [], metadata },
    });
    expect(split(JSON.stringify(list, null, 2), size)).toEqual({
      items,
      envelope: { kind: 'items', items: [], metadata },
    });
  });

  test.each([
    ['no items', '{"metadata":{}}', { metadata: {} }],
    ['null items', '{"items":null}', { items: null }],
    ['empty items', '{"items": [ ] }', { items: [] }],
    ['another list', '{"xs":[{"a":1}]}', { xs: [{ a: 1 }] }],
  ])('%s', (_name, text, envelope) => {
    expect(split(text, 4)).toEqual({ items: [], envelope });
  });

  test('any list of any objects, however it is chunked', () => {
    const item = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (items, size) => {
        const text = JSON.stringify({ apiVersion: 'v1', metadata: { resourceVersion: '1' }, items });
        expect(split(text, size).items).toEqual(JSON.parse(text).items);
      }),
    );
  });

  test('an object above the bound is refused before it fills the memory', () => {
    const splitter = new ItemSplitter(1000);
    splitter.push(Buffer.from('{"items":[{"a":"'));
    expect(() => splitter.push(Buffer.alloc(2000, 'x'))).toThrow('an object is longer than 1000 bytes');
  });
});
