/** One random cluster, told to a world in some way, and a few changes of it, each compared and then carried out. */
import { isDeepStrictEqual } from 'node:util';
import { nodeEnd, podEnd, readFlow, verdictAt } from '../../src/impact/verdict.ts';
import type { ClusterObject, WorldEvent } from '../../src/model/objects.ts';
import { profiles } from '../../src/model/profile.ts';
import { parseAddress } from '../../src/sets/addresses.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { compareConnections } from '../support/connections-check.ts';
import { deliveries, distinct, objectsOf, put, remove, shuffled } from '../support/deliveries.ts';
import { compareChange } from '../support/difference-check.ts';
import { keyOf, picture } from '../support/picture.ts';
import { type ClusterSize, randomCluster, randomFlow, usualSize } from '../support/reference/arbitrary.ts';
import { type RefChange, randomChange } from '../support/reference/arbitrary-change.ts';
import type { RefDifference } from '../support/reference/difference.ts';
import { type RefEndpoint, verdict } from '../support/reference/evaluator.ts';
import type { RefCluster, Profile as RefProfile } from '../support/reference/objects.ts';
import { type Rng, randomFrom } from '../support/reference/random.ts';
import { changeOf, eventsOf, profileOf, type Read, readOnce } from '../support/reference-world.ts';
import { type Counters, countCluster, countEdits, countOutcome, countWorld } from './coverage.ts';

/** Changes of one walk; the seed after it begins with another cluster. */
export const changesPerSeed = 10;

const flowsPerSeed = 10;

/** Many are small, where mistakes are as many and cheap; now and then one has more pods than a set lists one by one. */
const sizes = {
  small: { namespaces: 2, workloads: 2, pods: 4, policies: 3 },
  usual: usualSize,
  medium: { namespaces: 5, workloads: 14, pods: 30, policies: 12 },
  large: { namespaces: 8, workloads: 130, pods: 110, policies: 20 },
} as const satisfies Record<string, ClusterSize>;

export interface Walk {
  readonly seed: number;
  /** At most `changesPerSeed`. */
  readonly changes: number;
  /** Null for the usual mixture. */
  readonly size: ClusterSize | null;
  /** What the reference is made to say of a change, counted from 1, to try the comparison itself. */
  readonly doctored: (seed: number, change: number, truth: RefDifference) => RefDifference;
}

export interface Mismatch {
  readonly seed: number;
  /** How many changes of this seed have to be run to see it. */
  readonly changes: number;
  readonly text: string;
}

/** Runs one seed; returns what went wrong first, or null. */
export function walk({ seed, changes, size, doctored }: Walk, counters: Counters): Mismatch | null {
  const rng = randomFrom(seed);
  let done = 0;
  try {
    const read = readOnce();
    let { cluster, world } = beginning(rng, size, read, counters);
    let compared = new Set<string>();
    for (; done < changes; ) {
      const { edits, after } = freshChange(rng, cluster, `new${done}-`, compared);
      countCluster(cluster, counters);
      countWorld(world, counters);
      countEdits(edits, counters);
      done += 1;
      const told = (truth: RefDifference) => doctored(seed, done, truth);
      const change = changeOf(edits, world.profile);
      const { problem, reference, flows } = compareChange({ before: cluster, after, world, change }, told);
      if (problem !== null) return { seed, changes: done, text: problem };
      counters.add('changes');
      counters.add('flows', flows);
      countOutcome(reference, counters);
      if (rng.chance(0.01) && cluster.pods.length <= 12) {
        const scene = { name: 'rows of connections', before: cluster, after, world, change };
        counters.add('rows of connections', compareConnections(rng, scene));
      }
      if (done < changes && rng.chance(0.7)) {
        world.apply(advance(rng, cluster, after, read, counters));
        cluster = after;
        compared = new Set();
      }
    }
    const text =
      compareFlows(rng, cluster, world, counters) ?? comparePictures(cluster, world, read, counters);
    return text === null ? null : { seed, changes, text };
  } catch (error) {
    return { seed, changes: done, text: error instanceof Error ? (error.stack ?? '') : String(error) };
  }
}

/** A cluster, and a world that learnt of it by one of many ways. */
function beginning(
  rng: Rng,
  size: ClusterSize | null,
  read: Read,
  counters: Counters,
): { cluster: RefCluster; world: ClusterWorld } {
  const lot = rng.int(10_000);
  const drawn = lot < 5 ? 'large' : lot < 200 ? 'medium' : lot < 6_000 ? 'usual' : 'small';
  if (size === null) counters.add(`size ${drawn}`);
  const cluster = randomCluster(rng, size ?? sizes[drawn]);
  if (rng.chance(0.4)) cluster.profile = knownProfile(rng, counters);
  else counters.add('profile of random flags');
  const objects = distinct(objectsOf(eventsOf(cluster, read)));
  const others = distinct(objectsOf(eventsOf(randomCluster(rng))));
  const [name, deliver] = rng.pick(Object.entries(deliveries));
  counters.add(`delivery ${name}`);
  const world = worldOf(profileOf(cluster));
  for (const event of deliver(rng, objects, others)) {
    world.apply([event]);
    // Who asks in between has answers that later events must mend.
    if (rng.chance(0.02)) picture(world);
  }
  return { cluster, world };
}

/** The profile of a network plugin that netsluice knows by name, in the reference's words. */
function knownProfile(rng: Rng, counters: Counters): RefProfile {
  const { id, strayDirections, unselectedPods, ...same } = rng.pick([...profiles.values()]);
  if (unselectedPods === 'aws-strict') throw new Error(`${id} is not for the reference`);
  counters.add(`profile ${id}`);
  return { ...same, unselectedPods, strayDirectionRules: strayDirections };
}

/** A change that alters something and that was not compared before over the same cluster. */
function freshChange(rng: Rng, cluster: RefCluster, names: string, compared: Set<string>): RefChange {
  for (let attempt = 0; ; attempt += 1) {
    const change = randomChange(rng, cluster, undefined, names);
    const text = JSON.stringify(change.edits);
    const idle = change.edits.every(({ before, after }) => isDeepStrictEqual(before, after));
    if (!(idle || compared.has(text)) || attempt === 20) {
      compared.add(text);
      return change;
    }
  }
}

/** The events between two clusters in any order, now and then with everything that stayed read and told again. */
function advance(
  rng: Rng,
  before: RefCluster,
  after: RefCluster,
  read: Read,
  counters: Counters,
): WorldEvent[] {
  const relisted = rng.chance(0.2);
  counters.add(relisted ? 'carried out by a relist' : 'carried out by events');
  const old = byName(eventsOf(before, read));
  const now = byName(relisted ? eventsOf(after) : eventsOf(after, read));
  const gone = [...old.values()].filter((object) => !now.has(keyOf(object)));
  const isNews = ([name, object]: [string, ClusterObject]) => !isDeepStrictEqual(old.get(name), object);
  const told = relisted ? [...now.values()] : [...now].filter(isNews).map(([, object]) => object);
  return shuffled(rng, [...gone.map(remove), ...told.map(put)]);
}

function byName(events: readonly WorldEvent[]): Map<string, ClusterObject> {
  return new Map(distinct(objectsOf(events)).map((object) => [keyOf(object), object]));
}

function compareFlows(rng: Rng, cluster: RefCluster, world: ClusterWorld, counters: Counters): string | null {
  for (let i = 0; i < flowsPerSeed; i += 1) {
    const { src, dst, protocol, port } = randomFlow(rng, cluster);
    const expected = verdict(cluster, src, dst, protocol, port).verdict;
    const found = verdictAt(readFlow(world, endOf(world, src), endOf(world, dst)), protocol, port).verdict;
    counters.add('single flows');
    counters.add(`flow ${expected}`);
    if (found !== expected)
      return `${JSON.stringify(src)} -> ${JSON.stringify(dst)} ${port}/${protocol} is ${expected}, not ${found}`;
  }
  return null;
}

function endOf(world: ClusterWorld, end: RefEndpoint) {
  if ('node' in end) return nodeEnd(world, end.node);
  if ('ip' in end) {
    const address = parseAddress(end.ip);
    if (address === null) throw new Error(`no address: ${end.ip}`);
    return { kind: 'address', address } as const;
  }
  const [namespace = '', name = ''] = end.pod.split('/');
  const found = podEnd(world, namespace, name);
  if (found === null) throw new Error(`no live pod ${end.pod}`);
  return found;
}

/** The world that events made against one that is told the same at once. */
function comparePictures(
  cluster: RefCluster,
  world: ClusterWorld,
  read: Read,
  counters: Counters,
): string | null {
  if (cluster.pods.length > 40) return null;
  counters.add('pictures');
  const fresh = new Set(picture(worldOf(profileOf(cluster), eventsOf(cluster, read))));
  const grown = new Set(picture(world));
  const missing = [...fresh].filter((line) => !grown.has(line)).slice(0, 5);
  const extra = [...grown].filter((line) => !fresh.has(line)).slice(0, 5);
  if (missing.length + extra.length === 0) return null;
  return `the world that events made differs from a fresh one\nmissing:\n${missing.join('\n')}\nextra:\n${extra.join('\n')}`;
}
