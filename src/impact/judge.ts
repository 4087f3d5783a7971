import { BitSet } from '../sets/bitset.ts';
import * as ports from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import type { UnknownReason } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { causesOf, type SideChange } from './causes.ts';
import type { Group } from './group.ts';
import type { Ends, Rectangle } from './rectangle.ts';
import { both, noneAllowed, type PortReading } from './side.ts';

/** Equal readings allow the same ports for sure and the same ports perhaps. */
export function samePorts(a: PortReading, b: PortReading): boolean {
  return a === b || (ports.samePorts(a.must, b.must) && ports.samePorts(a.may, b.may));
}

/** Makes rectangles of subjects and others whose two sides are known; units that another policy API could govern apart. */
export function judge(
  worlds: Overlay,
  group: Group,
  subjects: BitSet,
  others: BitSet,
  subject: SideChange,
  other: SideChange,
): Rectangle[] {
  const [one, two] = [subjects.first(), others.first()];
  const reading = (when: 'before' | 'after'): PortReading =>
    exist(worlds[when], one, two) ? both(subject.readings[when], other.readings[when]) : noneAllowed;
  const base = { before: reading('before'), after: reading('after') };
  if (samePorts(base.before, base.after)) return [];
  const rectangles: Rectangle[] = [];
  for (const [left, leftClouded] of byCloud(worlds, subjects)) {
    for (const [right, rightClouded] of byCloud(worlds, others)) {
      const ends = endsOf(group, { kind: 'units', units: left }, { kind: 'units', units: right });
      rectangles.push(rectangle(ends, base, subject, other, leftClouded || rightClouded));
    }
  }
  return rectangles;
}

function exist(world: World, one: number, two: number): boolean {
  return world.unit(one) !== undefined && world.unit(two) !== undefined;
}

export function endsOf(
  { direction }: Group,
  subjects: Ends,
  others: Ends,
): Pick<Rectangle, 'sources' | 'destinations'> {
  return direction === 'ingress'
    ? { sources: others, destinations: subjects }
    : { sources: subjects, destinations: others };
}

/** Splits units into those whose verdicts are known and those that a policy API not analysed could govern. */
export function byCloud(
  { before, after, base }: Overlay,
  units: BitSet,
): readonly (readonly [BitSet, boolean])[] {
  if (!base.hasForeign) return [[units, false]];
  const clouds = new Map<string, boolean>();
  const clouded = new BitSet();
  units.forEach((id) => {
    const namespace = (after.unit(id) ?? before.unit(id))?.namespace ?? '';
    const known = clouds.get(namespace) ?? after.foreignApi(namespace) !== null;
    clouds.set(namespace, known);
    if (known) clouded.add(id);
  });
  const clear = clouded.isEmpty() ? units : units.andNot(clouded);
  const parts: (readonly [BitSet, boolean])[] = [
    [clear, false],
    [clouded, true],
  ];
  return parts.filter(([part]) => !part.isEmpty());
}

/** Names what changed: surely lost, surely gained, and the rest of what changed in either reading. */
export function rectangle(
  ends: Pick<Rectangle, 'sources' | 'destinations'>,
  { before, after }: { readonly before: PortReading; readonly after: PortReading },
  subject: SideChange,
  other: SideChange,
  clouded: boolean,
): Rectangle {
  const lost = clouded ? ports.noPorts : ports.subtractPorts(before.must, after.may);
  const gained = clouded ? ports.noPorts : ports.subtractPorts(after.must, before.may);
  const sure = !clouded && before.must === before.may && after.must === after.may;
  const undecided = sure ? ports.noPorts : moved(before, after, lost, gained);
  const own: readonly UnknownReason[] = [...before.reasons, ...after.reasons];
  // Not spread: an object made of another one is slow to fill and to read, and there are thousands.
  return {
    sources: ends.sources,
    destinations: ends.destinations,
    before,
    after,
    lost,
    gained,
    undecided,
    reasons: ports.isEmpty(undecided)
      ? []
      : [...new Set(clouded ? ['other-policies' as const, ...own] : own)],
    admittedBefore: subject.before.governing.isolated || other.before.governing.isolated,
    admittedNow: [subject, other].some((side) => admitsNow(side, gained)),
    causes: [...causesOf(subject, lost, gained), ...causesOf(other, lost, gained)],
  };
}

/** What changed in either reading and is neither surely lost nor surely gained. */
function moved(
  before: PortReading,
  after: PortReading,
  lost: ports.PortSet,
  gained: ports.PortSet,
): ports.PortSet {
  const all = ports.unionPorts(changed(before.must, after.must), changed(before.may, after.may));
  return ports.subtractPorts(ports.subtractPorts(all, lost), gained);
}

function changed(a: ports.PortSet, b: ports.PortSet): ports.PortSet {
  return ports.unionPorts(ports.subtractPorts(a, b), ports.subtractPorts(b, a));
}

/** The side blocked some of the gained ports before, is isolated still, and allows them now. */
function admitsNow({ readings, after }: SideChange, gained: ports.PortSet): boolean {
  const opened = ports.subtractPorts(ports.intersectPorts(gained, readings.after.must), readings.before.must);
  return after.governing.isolated && !ports.isEmpty(opened);
}
