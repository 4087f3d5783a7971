import { describe, expect, test } from '@jest/globals';
import { NameSet } from '../../src/sets/name-set.ts';

const letters = [...'abcdefghijkl'];

describe('a set of names', () => {
  test.each([[1], [8], [9], [12]])(
    'of %i is what a Set of them is, in the order in which they came',
    (count) => {
      const names = new NameSet();
      for (const name of letters.slice(0, count)) names.add(name);
      for (const name of letters.slice(0, count)) names.add(name);
      expect([...names]).toEqual(letters.slice(0, count));
      expect(names.size).toBe(count);
      expect(letters.map((name) => names.has(name))).toEqual(letters.map((_, index) => index < count));
      for (const name of ['b', 'z']) names.delete(name);
      expect([...names]).toEqual(letters.slice(0, count).filter((name) => name !== 'b'));
    },
  );

  test('a list that it was made of stays as it was', () => {
    const list = ['a'];
    const names = new NameSet(list);
    names.add('b');
    names.delete('a');
    expect([list, [...names]]).toEqual([['a'], ['b']]);
  });
});
