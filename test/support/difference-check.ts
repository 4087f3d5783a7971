import { unbounded } from '../../src/impact/budget.ts';
import { difference } from '../../src/impact/difference.ts';
import type { Impact } from '../../src/impact/impact.ts';
import type { Difference, Ends } from '../../src/impact/rectangle.ts';
import { summarize } from '../../src/impact/summarize.ts';
import type { Change } from '../../src/model/change.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { inRange, parseAddress } from '../../src/sets/addresses.ts';
import { hasPort, type PortSet, unionPorts } from '../../src/sets/port-set.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import type { Overlay } from '../../src/world/overlay.ts';
import { overlay } from '../../src/world/overlay.ts';
import { type Unit, weightOf } from '../../src/world/unit.ts';
import { formatAddress } from './reference/addresses.ts';
import type { PortCell } from './reference/cells.ts';
import { type RefDifference, difference as referenceDifference } from './reference/difference.ts';
import type { RefCluster } from './reference/objects.ts';

type Fates = { lost: PortSet; gained: PortSet; undecided: PortSet; withdrawn: boolean };

/** Spreads rectangles over pairs of workloads, the naive way. */
function rowsOf(found: Difference, worlds: Overlay): Map<string, Fates> {
  const rows = new Map<string, Fates>();
  for (const { sources, destinations, admittedBefore, ...ports } of found.rectangles) {
    for (const [src, dst] of pairsOf(worlds, sources, destinations)) {
      const key = `${src} -> ${dst}`;
      const row = rows.get(key) ?? { lost: [], gained: [], undecided: [], withdrawn: false };
      rows.set(key, {
        lost: unionPorts(row.lost, ports.lost),
        gained: unionPorts(row.gained, ports.gained),
        undecided: unionPorts(row.undecided, ports.undecided),
        withdrawn: row.withdrawn || (admittedBefore && ports.lost.length > 0),
      });
    }
  }
  return rows;
}

function pairsOf(worlds: Overlay, sources: Ends, destinations: Ends): [string, string][] {
  const pairs: [string, string][] = [];
  for (const source of unitsOf(worlds, sources)) {
    for (const destination of unitsOf(worlds, destinations)) {
      const alone = source !== null && source === destination && heaviest(worlds, source) < 2;
      if (!alone) pairs.push([source?.workload.id ?? 'internet', destination?.workload.id ?? 'internet']);
    }
  }
  return pairs;
}

function unitsOf({ before, after }: Overlay, ends: Ends): (Unit | null)[] {
  if (ends.kind === 'internet') return [null];
  return ends.units.toArray().map((id) => {
    const unit = after.unit(id) ?? before.unit(id);
    if (unit === undefined) throw new Error(`unit ${id} exists on no side`);
    return unit;
  });
}

function heaviest({ before, after }: Overlay, { id }: Unit): number {
  return Math.max(
    ...[before.unit(id), after.unit(id)].map((unit) => (unit === undefined ? 0 : weightOf(unit))),
  );
}

/** The port cells of a set in the reference's writing; a cell that is held in part is told as such. */
function written(set: PortSet, cells: readonly PortCell[]): string[] {
  if (set.length === 0) return [];
  return cells.flatMap(({ protocol, first, last, names }) => {
    const [low, high] = [hasPort(set, protocol, first), hasPort(set, protocol, last)];
    if (low !== high) return [`${protocol}/${first}-${last} in part`];
    return low ? names : [];
  });
}

function engineText(
  found: Difference,
  worlds: Overlay,
  { ports: cells, addresses }: RefDifference,
  closed: boolean,
): string[] {
  const lines: string[] = [];
  for (const [key, { lost, gained, undecided, withdrawn }] of rowsOf(found, worlds)) {
    const ports = [lost, gained, undecided].map((set) => written(set, cells).join(' '));
    const grade = lost.length === 0 || closed ? '' : withdrawn ? 'withdrawn' : 'implied';
    if (ports.some((text) => text !== '')) lines.push(`${key}: ${ports.join(' | ')} ${grade}`);
  }
  const outward = found.rectangles.filter(({ sources, destinations }) =>
    [sources, destinations].some(({ kind }) => kind === 'internet'),
  );
  for (const { representative } of outward.length === 0 ? [] : addresses) {
    const at = formatAddress(representative);
    const here = only({ ...found, rectangles: outward }, parseAddress(at) ?? -1n);
    for (const [key, { lost, gained, undecided }] of rowsOf(here, worlds)) {
      const ports = [lost, gained, undecided].map((set) => written(set, cells).join(' '));
      if (ports.some((text) => text !== '')) lines.push(`${at} ${key}: ${ports.join(' | ')}`);
    }
  }
  return [...lines, ...flipLines(found, worlds)].sort();
}

/** The part of a difference that concerns one address. */
function only(found: Difference, address: bigint): Difference {
  const holds = (ends: Ends): boolean =>
    ends.kind === 'internet' && ends.ranges.some((range) => inRange(address, range));
  return {
    ...found,
    rectangles: found.rectangles.filter(({ sources, destinations }) => holds(sources) || holds(destinations)),
  };
}

function flipLines(found: Difference, { after }: Overlay): string[] {
  const tallies = new Map<string, { running: number; planned: number }>();
  for (const { unit: id, direction, effect } of found.flips) {
    const unit = after.unit(id);
    if (unit === undefined) throw new Error('a pod that is gone cannot flip');
    const key = `${effect} ${direction} ${unit.workload.id}`;
    const tally = tallies.get(key) ?? { running: 0, planned: 0 };
    tallies.set(key, { running: tally.running + unit.members.size, planned: tally.planned + unit.planned });
  }
  return [...tallies].map(([key, { running, planned }]) => `${key} ${running}+${planned}`);
}

/** Where the plugin closes unselected pods a policy isolates nobody who was open, and nothing is implied. */
function referenceText({ rows, external, isolation }: RefDifference, closed: boolean): string[] {
  const ports = (row: { lost: string[]; gained: string[]; undecided: string[] }): string =>
    [row.lost, row.gained, row.undecided].map((list) => list.join(' ')).join(' | ');
  const lines = rows.map(
    (row) => `${row.src} -> ${row.dst}: ${ports(row)} ${closed ? '' : (row.grade ?? '')}`,
  );
  for (const row of external) lines.push(`${row.representative} ${row.src} -> ${row.dst}: ${ports(row)}`);
  for (const { workload, direction, isolated, freed } of closed ? [] : isolation) {
    for (const [effect, { running, planned }] of [
      ['isolated', isolated] as const,
      ['freed', freed] as const,
    ]) {
      if (running + planned > 0)
        lines.push(`${effect} ${direction.toLowerCase()} ${workload} ${running}+${planned}`);
    }
  }
  return lines.sort();
}

/** The counts of an impact, and what the reference's rows add up to. Without Services nothing is critical. */
function countTexts(impact: Impact, { rows, isolation }: RefDifference, closed: boolean): [string, string] {
  const lost = rows.filter((row) => row.lost.length > 0);
  const implied = closed ? 0 : lost.filter(({ grade }) => grade === 'implied').length;
  const pods = (effect: 'isolated' | 'freed', sort: 'running' | 'planned'): number =>
    closed ? 0 : isolation.reduce((sum, row) => sum + row[effect][sort], 0);
  const flipped = (effect: 'isolated' | 'freed') => [impact[effect].ingress, impact[effect].egress];
  const sums = (effect: 'isolated' | 'freed', sort: 'pods' | 'planned'): number =>
    flipped(effect).reduce((sum, tally) => sum + tally[sort], 0);
  const { declared, undeclared, critical } = impact.blocked;
  const found = [declared.count + undeclared.count, impact.blocked.implied, critical, impact.undecided.count];
  const expected = [lost.length - implied, implied, 0, rows.filter((row) => row.undecided.length > 0).length];
  for (const effect of ['isolated', 'freed'] as const) {
    found.push(sums(effect, 'pods'), sums(effect, 'planned'));
    expected.push(pods(effect, 'running'), pods(effect, 'planned'));
  }
  return [found.join(' '), expected.join(' ')];
}

/** What the two say of one change: how they differ, or null; and what the reference says. */
export interface Compared {
  readonly problem: string | null;
  readonly reference: RefDifference;
  /** Flows that the reference judged before and after. */
  readonly flows: number;
}

/** A change of a world, and the two clusters that the reference knows it by. */
export interface Scene {
  readonly before: RefCluster;
  readonly after: RefCluster;
  readonly world: ClusterWorld;
  readonly change: Change;
}

/** Lays the change over the world and compares; `doctored` lets a test of the comparison itself tell untruths. */
export function compareChange(
  { before, after, world, change }: Scene,
  doctored: (truth: RefDifference) => RefDifference = (truth) => truth,
): Compared {
  const worlds = overlay(world, change);
  const closed = before.profile.unselectedPods === 'closed';
  const reference = doctored(referenceDifference(before, after));
  const exact = difference(worlds, change, unbounded());
  const found = engineText(exact, worlds, reference, closed);
  const expected = referenceText(reference, closed);
  const impact = summarize(exact, worlds, factsOf(worlds.before), unbounded());
  const [counted, added] = countTexts(impact, reference, closed);
  const problems = counted === added ? [] : [`counts ${counted} are not ${added}`];
  if (found.join('\n') !== expected.join('\n')) {
    const missing = expected.filter((line) => !found.includes(line)).slice(0, 5);
    const extra = found.filter((line) => !expected.includes(line)).slice(0, 5);
    problems.push(`missing:\n${missing.join('\n')}\nextra:\n${extra.join('\n')}`);
  }
  return { problem: problems.length === 0 ? null : problems.join('\n'), reference, flows: reference.flows };
}
