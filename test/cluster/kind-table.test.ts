import { describe, expect, test } from '@jest/globals';
import { type EventSource, eventsOf } from '../../src/cluster/event-queue.ts';
import { KindTable } from '../../src/cluster/kind-table.ts';
import { type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { SharedParts, withSharedParts } from '../../src/cluster/shared-parts.ts';
import { SharedRecords } from '../../src/cluster/shared-records.ts';
import type { ClusterObject, WorldEvent } from '../../src/model/objects.ts';

const found = watchedKinds.find(({ resource }) => resource === 'services');
if (found === undefined) throw new Error('services are not watched');
const services = found;

/** A table whose events are taken at once. */
function filled(): { readonly table: KindTable; readonly events: WorldEvent[] } {
  const events: WorldEvent[] = [];
  const push = (source: EventSource, done: () => void): void => {
    for (let step = source.next(); step.done !== true; step = source.next())
      events.push(...eventsOf(step.value));
    done();
  };
  return { table: new KindTable({ push }), events };
}

/** As the live view reads. */
function reading(table: KindTable, kind: WatchedKind = services): WatchedKind {
  return withSharedParts(
    kind,
    new SharedRecords(new SharedParts((namespace, name) => table.get(namespace, name))),
  );
}

const service = (name: string, port: number) => ({
  metadata: { name, namespace: 'shop' },
  spec: { ports: [{ port }] },
});

function record(decode: (object: unknown) => ClusterObject | null, object: unknown): ClusterObject {
  const decoded = decode(object);
  if (decoded === null) throw new Error('no record');
  return decoded;
}

describe('what is told again', () => {
  test('is the record that is there, unless something in it is another', () => {
    const { table, events } = filled();
    const { decode } = reading(table);
    const first = record(decode, service('web', 80));
    // Nothing is known before it has been put.
    expect(record(decode, service('web', 80))).not.toBe(first);
    table.replace([first], () => undefined);
    expect(record(decode, service('web', 80))).toBe(first);

    const other = record(decode, service('web', 81));
    expect(other).toEqual(services.decode(service('web', 81)));
    table.put(other);
    expect(record(decode, service('web', 81))).toBe(other);
    expect(record(decode, service('web', 80))).toEqual(first);
    expect(record(decode, service('web', 80))).not.toBe(first);
    expect(record(decode, service('api', 81))).toEqual(services.decode(service('api', 81)));
    expect(events).toEqual([
      { type: 'put', object: first },
      { type: 'put', object: other },
    ]);
  });

  test('after it was deleted is another record', () => {
    const { table, events } = filled();
    const { decode } = reading(table);
    const first = record(decode, service('web', 80));
    table.replace([first], () => undefined);
    table.put(record(decode, service('api', 80)));
    table.remove('shop', 'web');
    const again = record(decode, service('web', 80));
    expect(again).not.toBe(first);
    table.put(again);
    expect(events.map(({ type }) => type)).toEqual(['put', 'put', 'delete', 'put']);
  });

  test('is nothing where the kind keeps nothing of it', () => {
    const { table } = filled();
    const { decode } = reading(table, { ...services, decode: () => null });
    expect(decode(service('web', 80))).toBe(null);
  });
});
