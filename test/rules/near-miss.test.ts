import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Requirement, selectorOf } from '../../src/model/selector.ts';
import { editDistance, isSlip, labelSlip, podSlip, slipsFrom } from '../../src/rules/near-miss.ts';
import { type Unit, unaddressed, workloadOf } from '../../src/world/unit.ts';

function pinned(labels: Readonly<Record<string, string>>) {
  const requirements = Object.entries(labels).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  );
  return selectorOf(requirements);
}

function labelled(labels: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(labels));
}

function unit(id: number, planned: number, labels: Readonly<Record<string, string>>): Unit {
  const workload = workloadOf('shop', 'Deployment', `workload-${id}`);
  return {
    id,
    namespace: 'shop',
    labels: labelled(labels),
    ports: [],
    workload,
    addressing: unaddressed,
    members: new Set(),
    planned,
    varying: new Set(),
  };
}

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['checkout', 'chekout', 1],
    ['web', 'wbe', 1],
    ['ledger', 'lodgers', 2],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  test('is a distance: zero for equal texts only, and never more than the longer text', () => {
    const text = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(b, a)).toBe(distance);
      }),
    );
  });
});

describe('slips', () => {
  test.each([
    ['checkout', 'chekout'],
    ['checkout', 'chekcout'],
    ['Web', 'web'],
    ['front-end', 'frontend'],
    ['front_end', 'front-end'],
    ['kube-system', 'kube-sytem'],
    ['payment-api', 'payments-api'],
    ['http', 'https'],
    ['authorization', 'autorisation'],
  ])('%s and %s', (a, b) => {
    expect(isSlip(a, b)).toBe(true);
    expect(isSlip(b, a)).toBe(true);
  });

  test.each([
    ['web', 'web', 'equal'],
    ['api', 'app', 'short'],
    ['db', 'dbs', 'short'],
    ['web-1', 'web-2', 'siblings by number'],
    ['v1', 'v2', 'siblings by number'],
    ['orders-api', 'orders-app', 'the part that differs is short'],
    ['internal', 'external', 'two edits in eight letters'],
    ['frontend', 'backend', 'other words'],
    ['a'.repeat(64), `${'a'.repeat(63)}b`, 'longer than a label value can be'],
  ])('not %s and %s: %s', (a, b) => {
    expect(isSlip(a, b)).toBe(false);
    expect(isSlip(b, a)).toBe(false);
  });
});

describe('labels that were probably meant', () => {
  test.each([
    ['a misspelt value', { app: 'chekout' }, { app: 'checkout' }, 'app=chekout', 'app=checkout'],
    ['another key for a name', { app: 'web' }, { 'k8s-app': 'web' }, 'app=web', 'k8s-app=web'],
    [
      'a key with a prefix',
      { component: 'api' },
      { 'shop.example/component': 'api' },
      'component=api',
      'shop.example/component=api',
    ],
    ['a shortened key', { environment: 'prod' }, { env: 'prod' }, 'environment=prod', 'env=prod'],
    [
      'a lesser label',
      { app: 'web', env: 'live' },
      { app: 'web', env: 'production' },
      'env=live',
      'env=production',
    ],
  ])('%s', (_, asked, there, wrong, right) => {
    expect(labelSlip(pinned(asked), labelled(there))).toEqual({ asked: wrong, found: right });
  });

  test.each([
    ['all match', { app: 'web' }, { app: 'web' }],
    ['another workload', { app: 'search' }, { app: 'web' }],
    [
      'another component of the same application',
      { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/component': 'worker' },
      { 'app.kubernetes.io/name': 'shop', 'app.kubernetes.io/component': 'web' },
    ],
    ['the next version', { app: 'web', version: 'v2' }, { app: 'web', version: 'v1' }],
    ['two labels differ', { app: 'wbes', env: 'lvie' }, { app: 'webs', env: 'live' }],
    ['keys of plain objects', { constructor: 'web' }, { toString: 'web' }],
  ])('none where %s', (_, asked, there) => {
    expect(labelSlip(pinned(asked), labelled(there))).toBeNull();
  });

  test('only a requirement for a value can be a slip', () => {
    const absent = selectorOf([{ key: 'app', operator: 'DoesNotExist', values: [] }]);
    expect(labelSlip(absent, labelled({ app: 'web' }))).toBeNull();
  });
});

describe('one selector and the labels of many', () => {
  const value = fc.constantFrom('web', 'checkout', 'chekout', 'orders-1', 'orders-2', 'ordres-1');
  const labels = fc.dictionary(fc.constantFrom('app', 'env', 'name'), value, { maxKeys: 3 });
  const requirement = fc.record({
    key: fc.constantFrom('app', 'env'),
    operator: fc.constant('In' as const),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 2 }),
  });

  test('are told what one alone is told', () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 3 }), fc.array(labels), (asked, many) => {
        const selector = selectorOf(asked);
        const slipIn = slipsFrom(selector);
        const together = many.map((each) => slipIn(labelled(each)));
        expect(together).toEqual(many.map((each) => labelSlip(selector, labelled(each))));
      }),
    );
  });
});

describe('among pods', () => {
  test('the label that most pods have wins, planned ones counted', () => {
    const units = [
      unit(1, 1, { app: 'checkouts' }),
      unit(2, 3, { app: 'checkout' }),
      unit(3, 9, { app: 'web' }),
    ];
    const slip = podSlip(pinned({ app: 'chekout' }), units);
    expect(slip).toEqual({
      ...{ asked: 'app=chekout', found: 'app=checkout' },
      ...{ pods: 3, units: [units[1]], only: true },
    });
  });

  test('the answer does not depend on the order of the pods', () => {
    const units = [unit(1, 2, { app: 'orders' }), unit(2, 2, { app: 'ordere' })];
    expect(podSlip(pinned({ app: 'order' }), units)?.found).toBe('app=ordere');
    expect(podSlip(pinned({ app: 'order' }), [...units].reverse())?.found).toBe('app=ordere');
  });

  test('no more than a thousand units are compared', () => {
    const far = Array.from({ length: 1000 }, (_, id) => unit(id, 1, { app: 'web' }));
    const near = unit(1000, 1, { app: 'checkout' });
    expect(podSlip(pinned({ app: 'chekout' }), [...far, near])).toBeNull();
    expect(podSlip(pinned({ app: 'chekout' }), [...far.slice(1), near])?.pods).toBe(1);
  });
});
