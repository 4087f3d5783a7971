/** Changed connections against what the reference says of every pair of pods. */
import { unbounded } from '../../src/impact/budget.ts';
import {
  type ChangedConnection,
  type ChangedConnections,
  changedConnections,
} from '../../src/impact/changed-connections.ts';
import type { Passage } from '../../src/impact/connections-tally.ts';
import { difference } from '../../src/impact/difference.ts';
import type { Change } from '../../src/model/change.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { inRange, parseAddress } from '../../src/sets/addresses.ts';
import { hasPort, type PortSet } from '../../src/sets/port-set.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { overlay } from '../../src/world/overlay.ts';
import { type Expanded, expanded } from './expanded-cluster.ts';
import { formatAddress } from './reference/addresses.ts';
import { addressCells, portCells } from './reference/cells.ts';
import { difference as referenceDifference } from './reference/difference.ts';
import { type RefEndpoint, type Verdict, verdict } from './reference/evaluator.ts';
import type { Protocol, RefCluster } from './reference/objects.ts';
import type { Rng } from './reference/random.ts';

const portsPerChange = 6;
const addressesPerChange = 4;

type Port = { readonly protocol: Protocol; readonly first: number };
type Answer = 'allowed' | 'blocked' | 'unknown';

function rowsFor(world: ClusterWorld, change: Change): ChangedConnections {
  const worlds = overlay(world, change);
  return changedConnections({
    worlds,
    difference: difference(worlds, change, unbounded()),
    facts: factsOf(worlds.before),
    required: [],
    unit: 'workload',
    rowsMax: 1_000_000,
  });
}

/** One side of the reference: who is there, and what it says. */
class Side {
  readonly cluster: RefCluster;
  readonly ends: Map<string, string[]>;
  private readonly known = new Map<string, Verdict>();

  constructor({ cluster, ends }: Expanded) {
    this.cluster = cluster;
    this.ends = ends;
  }

  private verdict(src: RefEndpoint, dst: RefEndpoint, { protocol, first }: Port): Verdict {
    const key = `${Object.values(src)[0]} ${Object.values(dst)[0]} ${protocol} ${first}`;
    const found = this.known.get(key) ?? verdict(this.cluster, src, dst, protocol, first);
    this.known.set(key, found);
    return found;
  }

  has(end: RefEndpoint, id: string): boolean {
    return 'ip' in end || ('pod' in end && (this.ends.get(id) ?? []).includes(end.pod));
  }

  /** What the policies say that are analysed. */
  own(src: RefEndpoint, dst: RefEndpoint, port: Port): Answer {
    const { must, may } = this.verdict(src, dst, port);
    return must ? 'allowed' : may ? 'unknown' : 'blocked';
  }

  all(src: RefEndpoint, dst: RefEndpoint, port: Port): Answer {
    return this.verdict(src, dst, port).verdict;
  }
}

interface Expected {
  lost: boolean;
  gained: boolean;
  undecided: boolean;
  before: string;
  after: string;
}

const merged = (answers: readonly Answer[]): string => {
  const allow = answers.length > 0 && answers.every((each) => each === 'allowed');
  const some = answers.includes('allowed') ? 'some' : 'none';
  return `${allow ? 'every' : some}${answers.includes('unknown') ? ' undecided' : ''}`;
};

/** Every pair of pods, the naive way; null where the two sides have no pair of pods in common to compare. */
function expectedOf(
  before: Side,
  after: Side,
  src: string,
  dst: string,
  pairs: readonly [RefEndpoint, RefEndpoint][],
  port: Port,
): Expected | null {
  const result = { lost: false, gained: false, undecided: false };
  const [was, is]: [Answer[], Answer[]] = [[], []];
  let oneSided = false;
  for (const [from, to] of pairs) {
    const [then, now] = [before, after].map((side) => side.has(from, src) && side.has(to, dst));
    if (then === true) was.push(before.all(from, to, port));
    if (now === true) is.push(after.all(from, to, port));
    if (then !== true || now !== true) {
      oneSided ||= then === true || now === true;
      continue;
    }
    const [a, b] = [before.own(from, to, port), after.own(from, to, port)];
    // A policy that is not analysed could govern an end.
    const dark = before.all(from, to, port) === 'unknown' && a !== 'unknown';
    if (a === b) continue;
    if (a !== 'unknown' && b !== 'unknown' && !dark) result[a === 'allowed' ? 'lost' : 'gained'] = true;
    else result.undecided = true;
  }
  const exists = (side: Side): boolean => [src, dst].every((id) => id === 'outside' || side.ends.has(id));
  if (exists(before) && exists(after) && (was.length === 0 || is.length === 0)) return null;
  if (oneSided) addShift(result, was, is);
  return { ...result, before: merged(was), after: merged(is) };
}

function addShift(
  result: Pick<Expected, 'lost' | 'gained' | 'undecided'>,
  was: Answer[],
  is: Answer[],
): void {
  const sums = (answers: Answer[]) => ({
    everyMust: answers.length > 0 && answers.every((each) => each === 'allowed'),
    everyMay: answers.length > 0 && answers.every((each) => each !== 'blocked'),
    someMust: answers.includes('allowed'),
    someMay: answers.some((each) => each !== 'blocked'),
  });
  const [a, b] = [sums(was), sums(is)];
  const lost = (a.everyMust && !b.everyMay) || (a.someMust && !b.someMay);
  const gained = (b.everyMust && !a.everyMay) || (b.someMust && !a.someMay);
  result.lost ||= lost;
  result.gained ||= gained;
  result.undecided ||= !lost && !gained && JSON.stringify(a) !== JSON.stringify(b);
}

function found(row: ChangedConnection | undefined, { protocol, first }: Port): Expected | null {
  if (row === undefined) return null;
  const has = (set: PortSet): boolean => hasPort(set, protocol, first);
  const passage = ({ allow, allowSome, undecided }: Passage): string =>
    `${has(allow) ? 'every' : has(allowSome) ? 'some' : 'none'}${[...undecided.values()].some(has) ? ' undecided' : ''}`;
  return {
    lost: has(row.lost),
    gained: has(row.gained),
    undecided: has(row.undecided),
    before: passage(row.before),
    after: passage(row.after),
  };
}

const idOf = (end: ChangedConnection['src']): string => (typeof end === 'string' ? end : 'outside');

function rowOf(rows: readonly ChangedConnection[], src: string, dst: string, address: bigint | null) {
  return rows.find((row) => {
    if (idOf(row.src) !== src || idOf(row.dst) !== dst) return false;
    const outside = [row.src, row.dst].find((end) => typeof end !== 'string');
    return address === null || typeof outside !== 'object' || inRange(address, outside);
  });
}

interface Scene {
  readonly name: string;
  readonly before: RefCluster;
  readonly after: RefCluster;
  readonly rows: readonly ChangedConnection[];
  readonly ports: readonly Port[];
  readonly addresses: readonly string[];
}

/** Compares every pair; returns how many rows there were to be found. */
function compare({ name, before, after, rows, ports, addresses }: Scene): number {
  const [old, now] = [new Side(expanded(before)), new Side(expanded(after))];
  const ids = [...new Set([...old.ends.keys(), ...now.ends.keys()])];
  const keys = new Map(
    ids.map((id) => [id, [...new Set([...(old.ends.get(id) ?? []), ...(now.ends.get(id) ?? [])])]]),
  );
  let changed = 0;
  const check = (src: string, dst: string, pairs: [RefEndpoint, RefEndpoint][], address: bigint | null) => {
    const row = rowOf(rows, src, dst, address);
    for (const port of ports) {
      const expected = expectedOf(old, now, src, dst, pairs, port);
      const engine = found(row, port);
      const moved = expected !== null && (expected.lost || expected.gained || expected.undecided);
      if (moved) changed += 1;
      // A row speaks of all of its ports; without one nothing may have moved.
      const wanted = row === undefined && !moved ? null : expected;
      if (JSON.stringify(engine) !== JSON.stringify(wanted))
        throw new Error(
          `${name}: ${src} -> ${dst} ${address ?? ''} ${port.protocol}/${port.first}: the engine says ${JSON.stringify(engine)}, not ${JSON.stringify(wanted)}`,
        );
    }
  };
  const podsOf = (id: string): RefEndpoint[] => (keys.get(id) ?? []).map((pod) => ({ pod }));
  for (const src of ids) {
    for (const dst of ids) {
      const pairs = podsOf(src).flatMap((from) =>
        podsOf(dst).flatMap((to): [RefEndpoint, RefEndpoint][] =>
          JSON.stringify(from) === JSON.stringify(to) ? [] : [[from, to]],
        ),
      );
      check(src, dst, pairs, null);
    }
    for (const ip of addresses) {
      const address = parseAddress(ip) ?? -1n;
      check(
        'outside',
        src,
        podsOf(src).map((pod) => [{ ip }, pod]),
        address,
      );
      check(
        src,
        'outside',
        podsOf(src).map((pod) => [pod, { ip }]),
        address,
      );
    }
  }
  for (const row of rows) checkWitness(name, row, old, now);
  checkGrades(name, before, after, rows);
  return changed;
}

/** The flow is allowed before and blocked after, or the other way round, as the row says. */
function checkWitness(name: string, row: ChangedConnection, before: Side, after: Side): void {
  const { witness, lost, gained, undecided } = row;
  if (witness === null) throw new Error(`${name}: ${idOf(row.src)} -> ${idOf(row.dst)} has no witness`);
  const { protocol, port } = witness;
  const endpoint = (text: string, id: string): RefEndpoint => {
    if (text.startsWith('ip:')) return { ip: text.slice('ip:'.length) };
    const [, pod = '', number] = /^pod:([^#]*)(?:#(\d+))?$/.exec(text) ?? [];
    const kind = /\[(\w+)\]$/.exec(id)?.[1] ?? '';
    return { pod: number === undefined ? pod : `${pod}-${kind}-planned-${Number(number) - 1}` };
  };
  const [src, dst] = [endpoint(witness.src, idOf(row.src)), endpoint(witness.dst, idOf(row.dst))];
  const at = { protocol, first: port };
  const answers = [before, after].map((side) =>
    side.has(src, idOf(row.src)) && side.has(dst, idOf(row.dst)) ? side.own(src, dst, at) : 'absent',
  );
  const [then, now] = answers;
  const text = `${name}: witness ${JSON.stringify(witness)} of ${idOf(row.src)} -> ${idOf(row.dst)}`;
  if (then === 'absent' && now === 'absent') throw new Error(`${text} is nowhere`);
  if (then === 'absent' || now === 'absent') return;
  const wanted = lost.length > 0 ? 'allowed blocked' : gained.length > 0 ? 'blocked allowed' : null;
  const clouded = row.reasons.includes('other-policies');
  if (wanted !== null && !clouded && answers.join(' ') !== wanted && then === now)
    throw new Error(`${text} is ${answers.join(', then ')}, not ${wanted}`);
  if (wanted === null && !hasPort(undecided, protocol, port)) throw new Error(`${text} is decided`);
}

/** Where the same pods are on both sides, the reference knows the grades. */
function checkGrades(
  name: string,
  before: RefCluster,
  after: RefCluster,
  rows: readonly ChangedConnection[],
): void {
  if (before.profile.unselectedPods === 'closed') return;
  const grades = new Map(
    referenceDifference(before, after).rows.map(({ src, dst, grade }) => [`${src} ${dst}`, grade]),
  );
  for (const row of rows) {
    if (!row.lasts || typeof row.src !== 'string' || typeof row.dst !== 'string') continue;
    const expected = grades.get(`${row.src} ${row.dst}`);
    if (row.lost.length > 0 && expected != null && row.grade !== expected)
      throw new Error(`${name}: ${row.src} -> ${row.dst} is ${row.grade}, not ${expected}`);
  }
}

/** A change of a world, and the two clusters that the reference knows it by. */
export interface ChangedWorld {
  readonly name: string;
  readonly before: RefCluster;
  readonly after: RefCluster;
  readonly world: ClusterWorld;
  readonly change: Change;
}

/** Compares every pair on some ports and addresses; returns how many rows there were to be found. Throws at the first mistake. */
export function compareConnections(rng: Rng, { name, before, after, world, change }: ChangedWorld): number {
  const some = <T>(list: readonly T[], most: number): T[] =>
    list.length <= most ? [...list] : Array.from({ length: most }, () => rng.pick(list));
  return compare({
    name,
    before,
    after,
    rows: rowsFor(world, change).rows,
    ports: some(portCells([before, after]), portsPerChange),
    addresses: some(addressCells([before, after]), addressesPerChange).map(({ representative }) =>
      formatAddress(representative),
    ),
  });
}
