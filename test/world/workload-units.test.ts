import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BitSet } from '../../src/sets/bitset.ts';
import { type Unit, unaddressed, workloadOf } from '../../src/world/unit.ts';
import { WorkloadUnits } from '../../src/world/workload-units.ts';

function unitOf(id: number, workload: number): Unit {
  const owner = workloadOf('shop', 'Deployment', `w-${workload}`);
  const traits = {
    namespace: 'shop',
    labels: new Map(),
    ports: [],
    workload: owner,
    addressing: unaddressed,
  };
  return { ...traits, id, varying: new Set(), members: new Set(['p']), planned: 0 };
}

/** More units than a set may differ in from another to be worked out from it. */
const many = 1500;
const id = fc.integer({ min: 0, max: many - 1 });
/** Units that go, or come back as units of any workload, and then units that a set lacks. */
const few = fc.integer({ min: 0, max: 9 });
const turn = fc.oneof(fc.record({ at: id, workload: id }), fc.record({ at: few, workload: few }));
const turned = fc.oneof(fc.array(turn, { maxLength: 12 }), fc.array(turn, { maxLength: 900, size: 'max' }));
const rounds = fc.array(fc.record({ turned, lacking: fc.array(id, { maxLength: 700 }) }), {
  minLength: 2,
  maxLength: 12,
});

describe('the workloads of large sets', () => {
  test('are those of their units, whatever sets were asked about before', () => {
    fc.assert(
      fc.property(rounds, fc.integer({ min: 1, max: 4 }), (steps, parts) => {
        const workloads = new WorkloadUnits<Unit>();
        const units = Array.from({ length: many }, (_, index) => unitOf(index, Math.floor(index / parts)));
        const there = new Map(units.map((unit) => [unit.id, unit]));
        for (const unit of units) workloads.join(unit);
        for (const { turned, lacking } of steps) {
          for (const { at, workload } of turned) {
            const unit = there.get(at);
            const next = unitOf(at, workload);
            if (unit !== undefined) workloads.part(unit);
            else workloads.join(next);
            if (!there.delete(at)) there.set(at, next);
          }
          const set = BitSet.of(there.keys());
          for (const at of lacking) set.delete(at);
          const names = new Set(set.toArray().map((at) => there.get(at)?.workload.id ?? ''));
          const numbers = [...names].map((name) => workloads.numberOf(name) ?? -1);
          expect(workloads.numbersOf(set).toArray()).toEqual(numbers.sort((a, b) => a - b));
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
