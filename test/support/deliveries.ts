/** The same cluster, told to a world in different ways. */
import { type ClusterObject, recordName, type WorldEvent } from '../../src/model/objects.ts';
import { keyOf } from './picture.ts';
import type { Rng } from './reference/random.ts';

export function objectsOf(events: readonly WorldEvent[]): ClusterObject[] {
  return events.flatMap((event) => (event.type === 'put' ? [event.object] : []));
}

/** One object per name: a later one of the same name takes the place of an earlier one. */
export function distinct(objects: readonly ClusterObject[]): ClusterObject[] {
  return [...new Map(objects.map((object) => [keyOf(object), object])).values()];
}

export function put(object: ClusterObject): WorldEvent {
  return { type: 'put', object };
}

export function remove(object: ClusterObject): WorldEvent {
  return { type: 'delete', kind: object.kind, ...recordName(object) };
}

export function shuffled<T>(rng: Rng, items: readonly T[]): T[] {
  const ranked = items.map((item) => ({ item, rank: rng.int(1 << 30) }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

/** Ways in which the same cluster may be told; `others` are objects of another cluster that are gone in the end. */
export const deliveries: Readonly<
  Record<
    string,
    (rng: Rng, objects: readonly ClusterObject[], others: readonly ClusterObject[]) => WorldEvent[]
  >
> = {
  'in reverse': (_rng, objects) => objects.toReversed().map(put),
  shuffled: (rng, objects) => shuffled(rng, objects).map(put),
  'each twice': (_rng, objects) => objects.flatMap((object) => [put(object), put(object)]),
  'twice over': (rng, objects) => [...shuffled(rng, objects), ...shuffled(rng, objects)].map(put),
  'half dropped, then listed again': (rng, objects) => [
    ...rng.some(objects, 0.5).map(put),
    ...shuffled(rng, objects).map(put),
  ],
  'deleted and created again': (rng, objects) => [
    ...objects.map(put),
    ...shuffled(rng, objects).map(remove),
    ...shuffled(rng, objects).map(put),
  ],
  'with deletions of what never was': (rng, objects, others) => [
    ...shuffled(rng, others).map(remove),
    ...shuffled(rng, objects).map(put),
  ],
  'after another cluster that went away': (rng, objects, others) => [
    ...others.map(put),
    ...shuffled(rng, others).map(remove),
    ...shuffled(rng, objects).map(put),
  ],
  'in place of another cluster, with interleaved deletions': (rng, objects, others) => {
    const names = new Set(objects.map(keyOf));
    const gone = others.filter((object) => !names.has(keyOf(object)));
    return [...shuffled(rng, others).map(put), ...shuffled(rng, [...objects.map(put), ...gone.map(remove)])];
  },
};
