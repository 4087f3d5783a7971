import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  everything,
  matches,
  type Operator,
  pinnedValue,
  type Requirement,
  requirementText,
  sameLabels,
  selectorOf,
  selectsEverything,
} from '../../src/model/selector.ts';

const requirement = (key: string, operator: Operator, ...values: string[]): Requirement => ({
  key,
  operator,
  values,
});
const labels = (record: object) => new Map<string, string>(Object.entries(record));

describe('a requirement', () => {
  test.each<[Requirement, object, boolean]>([
    [requirement('app', 'In', 'a', 'b'), { app: 'b' }, true],
    [requirement('app', 'In', 'a', 'b'), { app: 'c' }, false],
    [requirement('app', 'In', 'a'), {}, false],
    [requirement('app', 'In', ''), {}, false],
    [requirement('app', 'In', ''), { app: '' }, true],
    [requirement('app', 'In', 'A'), { app: 'a' }, false],
    [requirement('app', 'NotIn', 'a'), { app: 'a' }, false],
    [requirement('app', 'NotIn', 'a'), { app: 'b' }, true],
    [requirement('app', 'NotIn', 'a'), {}, true],
    [requirement('app', 'Exists'), { app: '' }, true],
    [requirement('app', 'Exists'), {}, false],
    [requirement('app', 'DoesNotExist'), {}, true],
    [requirement('app', 'DoesNotExist'), { app: '' }, false],
  ])('%j of %j: %s', (one, of, expected) => {
    expect(matches(selectorOf([one]), labels(of))).toBe(expected);
  });

  test.each<[Requirement, string]>([
    [requirement('app', 'In', 'a'), 'app=a'],
    [requirement('app', 'In', 'b', 'a', 'b'), 'app in (a,b)'],
    [requirement('app', 'NotIn', 'a'), 'app!=a'],
    [requirement('app', 'NotIn', 'b', 'a'), 'app notin (a,b)'],
    [requirement('app', 'Exists'), 'app'],
    [requirement('app', 'DoesNotExist'), '!app'],
  ])('%j is written %s', (one, text) => {
    expect(requirementText(one)).toBe(text);
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'])(
    '%s is a key like any other',
    (key) => {
      const [there, absent] = [new Map([[key, 'x']]), new Map<string, string>()];
      expect(matches(selectorOf([requirement(key, 'Exists')]), absent)).toBe(false);
      expect(matches(selectorOf([requirement(key, 'Exists')]), there)).toBe(true);
      expect(matches(selectorOf([requirement(key, 'DoesNotExist')]), absent)).toBe(true);
      expect(matches(selectorOf([requirement(key, 'In', 'x')]), there)).toBe(true);
      expect(matches(selectorOf([requirement(key, 'NotIn', 'x')]), absent)).toBe(true);
    },
  );
});

describe('a selector', () => {
  test('without requirements matches all objects', () => {
    expect(matches(everything, labels({ app: 'a' }))).toBe(true);
    expect([selectsEverything(everything), selectsEverything(selectorOf([]))]).toEqual([true, true]);
    expect(selectsEverything(selectorOf([requirement('app', 'Exists')]))).toBe(false);
  });

  test('joins its requirements by AND', () => {
    const both = selectorOf([requirement('app', 'In', 'a'), requirement('tier', 'Exists')]);
    expect(
      [labels({ app: 'a', tier: '1' }), labels({ app: 'a' }), labels({ tier: '1' })].map((of) =>
        matches(both, of),
      ),
    ).toEqual([true, false, false]);
  });

  test('pins a key by one value only', () => {
    const pinned = (...all: Requirement[]) => pinnedValue(selectorOf(all), 'app');
    expect([
      pinned(requirement('app', 'In', 'a')),
      pinned(requirement('app', 'In', 'a', 'b')),
      pinned(requirement('app', 'NotIn', 'a')),
      pinned(requirement('app', 'Exists')),
      pinned(requirement('tier', 'In', 'a')),
      pinned(requirement('app', 'In', 'a', 'b'), requirement('app', 'In', 'b')),
    ]).toEqual(['a', null, null, null, null, 'b']);
  });
});

describe('whatever the requirements are', () => {
  const keys = ['app', 'tier', 'constructor'];
  const values = ['', 'a', 'b'];
  const anyRequirement = fc.record({
    key: fc.constantFrom(...keys),
    operator: fc.constantFrom<Operator>('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
  });
  const requirements = fc.array(anyRequirement, { maxLength: 4 });
  const anyLabels = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values)).map(labels);

  test('their order, and that of their values, changes neither meaning nor text', () => {
    fc.assert(
      fc.property(requirements, anyLabels, (some, of) => {
        const one = selectorOf(some);
        const other = selectorOf(
          some.toReversed().map((each) => ({ ...each, values: each.values.toReversed() })),
        );
        expect(other.text).toBe(one.text);
        expect(matches(other, of)).toBe(matches(one, of));
      }),
    );
  });

  test('equal texts select the same objects', () => {
    fc.assert(
      fc.property(requirements, requirements, anyLabels, (some, others, of) => {
        const [one, other] = [selectorOf(some), selectorOf(others)];
        if (one.text === other.text) expect(matches(one, of)).toBe(matches(other, of));
      }),
      { numRuns: 2_000 },
    );
  });

  test('In and NotIn, Exists and DoesNotExist, are opposites', () => {
    fc.assert(
      fc.property(anyRequirement, anyLabels, (one, of) => {
        const opposite = {
          In: 'NotIn',
          NotIn: 'In',
          Exists: 'DoesNotExist',
          DoesNotExist: 'Exists',
        } as const;
        const other = { ...one, operator: opposite[one.operator] };
        expect(matches(selectorOf([other]), of)).toBe(!matches(selectorOf([one]), of));
      }),
    );
  });
});

describe('labels', () => {
  test('are the same with the same keys and values, in whatever order', () => {
    expect(sameLabels(labels({ a: '1', b: '2' }), labels({ b: '2', a: '1' }))).toBe(true);
    expect(sameLabels(labels({ a: '1' }), labels({ a: '1', b: '2' }))).toBe(false);
    expect(sameLabels(labels({ a: '1', b: '2' }), labels({ a: '1' }))).toBe(false);
    expect(sameLabels(labels({ a: '1' }), labels({ a: '2' }))).toBe(false);
    expect(sameLabels(labels({ a: '' }), labels({ b: '' }))).toBe(false);
  });
});
