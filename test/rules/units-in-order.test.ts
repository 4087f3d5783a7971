import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inOrder } from '../../src/rules/units-in-order.ts';
import { type Unit, unaddressed, workloadOf } from '../../src/world/unit.ts';

function unit(id: number, namespace: string, name: string): Unit {
  const workload = workloadOf(namespace, 'Deployment', name);
  const traits = { namespace, labels: new Map(), ports: [], workload, addressing: unaddressed };
  return { ...traits, id, members: new Set(), planned: 1, varying: new Set() };
}

test('namespaces whose names begin alike are in the order of the ids', () => {
  const units = ['a0', 'a', 'b', 'a-b'].map((name, id) => unit(id, name, 'web'));
  expect(inOrder(units).map(({ namespace }) => namespace)).toEqual(['a-b', 'a', 'a0', 'b']);
});

test('the order is that of the ids of workloads, and of equal ones the one that they had', () => {
  const name = fc.stringMatching(/^[a-c](?:[a-c0-2-]{0,3}[a-c])?$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name)), (names) => {
      const units = names.map(([namespace, own], id) => unit(id, namespace, own));
      const byText = (a: Unit, b: Unit): number =>
        a.workload.id === b.workload.id ? 0 : a.workload.id < b.workload.id ? -1 : 1;
      expect(inOrder(units)).toEqual(units.toSorted(byText));
    }),
  );
});
