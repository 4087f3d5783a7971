import type { AddressRange, Clause, Direction, Ternary } from '../model/policy.ts';
import type { ContainerPort, Protocol } from '../model/port.ts';
import { hasPort } from '../sets/port-set.ts';
import type { UnknownReason } from '../world/unit.ts';
import type { Governor, World } from '../world/world.ts';
import { externalAtoms } from './internet.ts';
import { type Entry, type PortReading, portsOf, type Side, sideOf } from './side.ts';
import { type FlowEnd, matchEnd, readFlow, type Verdict, verdictAt } from './verdict.ts';

/** What one policy that selects an end says of the flow. */
export interface PolicyTrace {
  readonly policy: { readonly namespace: string; readonly name: string };
  readonly effect: 'admits' | 'no-clause-admits' | 'unknown';
  /** Position of the clause that admits, or may admit, in `spec.ingress` or `spec.egress`; null where none does. */
  readonly clause: number | null;
  /** How many clauses the policy has in the direction. */
  readonly clauses: number;
  readonly reasons: readonly UnknownReason[];
}

/**
 * Why one end lets the flow pass or not: `self` a pod reaches itself, `no-pod` nodes and addresses have no policies,
 * `own-node` what the plugin does between a pod and its node, `not-isolated` no policy isolates the pod, `closed` the
 * plugin closes pods that no policy selects, `policies` the policies decide.
 */
export type SideWhy = 'self' | 'no-pod' | 'own-node' | 'not-isolated' | 'closed' | 'policies';

export interface SideTrace {
  readonly direction: Direction;
  readonly verdict: Verdict;
  readonly why: SideWhy;
  readonly reasons: readonly UnknownReason[];
  /** The policies that select this end, by name; none where they do not decide. */
  readonly policies: readonly PolicyTrace[];
}

/** One flow, judged, with what each end says. */
export interface FlowTrace {
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly verdict: Verdict;
  readonly reasons: readonly UnknownReason[];
  readonly egress: SideTrace;
  readonly ingress: SideTrace;
}

export interface PortPoint {
  readonly protocol: Protocol;
  readonly port: number;
}

/** Judges one flow and says why, policy by policy. */
export function traceFlow(world: World, source: FlowEnd, destination: FlowEnd, at: PortPoint): FlowTrace {
  const reading = readFlow(world, source, destination);
  const same = isSamePod(source, destination);
  const side = (direction: Direction, ends: readonly [FlowEnd, FlowEnd]): SideTrace =>
    traceSide(
      { world, direction, subject: ends[0], other: ends[1], destination, at },
      reading[direction],
      same,
    );
  return {
    source,
    destination,
    ...verdictAt(reading, at.protocol, at.port),
    egress: side('egress', [source, destination]),
    ingress: side('ingress', [destination, source]),
  };
}

export function isSamePod(a: FlowEnd, b: FlowEnd): boolean {
  return a.kind === 'pod' && b.kind === 'pod' && a.unit.namespace === b.unit.namespace && a.name === b.name;
}

/** One end of a flow as its policies are asked. */
interface Asked {
  readonly world: World;
  readonly direction: Direction;
  readonly subject: FlowEnd;
  readonly other: FlowEnd;
  readonly destination: FlowEnd;
  readonly at: PortPoint;
}

function traceSide(asked: Asked, reading: PortReading, same: boolean): SideTrace {
  const { world, direction, subject } = asked;
  if (same || subject.kind !== 'pod')
    return { direction, verdict: 'allowed', why: same ? 'self' : 'no-pod', reasons: [], policies: [] };
  const side = sideOf(world, world.governing(subject.unit.id, direction), direction);
  const policies = side.governing.governors.map((governor) => tracePolicy(asked, side, governor));
  const why = whyOf(asked, side);
  const foreign = world.foreignApi(subject.unit.namespace);
  const { verdict, reasons } = verdictAt({ ...allOf(reading), foreign }, asked.at.protocol, asked.at.port);
  return { direction, verdict, why, reasons, policies: policies.sort(byName) };
}

function allOf(reading: PortReading) {
  return { egress: reading, ingress: reading, connection: reading };
}

function byName(a: PolicyTrace, b: PolicyTrace): number {
  return a.policy.name < b.policy.name ? -1 : a.policy.name > b.policy.name ? 1 : 0;
}

function whyOf({ world, direction, subject, other }: Asked, { governing }: Side): SideWhy {
  if (subject.kind === 'pod' && other.kind === 'node' && other.name === subject.node) {
    const { ownNodeToPod, podToOwnNode } = world.profile;
    if ((direction === 'ingress' ? ownNodeToPod : podToOwnNode) !== 'by-policy') return 'own-node';
  }
  if (governing.governors.length > 0) return 'policies';
  return governing.isolated ? 'closed' : 'not-isolated';
}

function tracePolicy(asked: Asked, side: Side, governor: Governor): PolicyTrace {
  const { namespace, name } = governor.policy.ref;
  const answers = side.entries
    .filter((entry) => entry.governor === governor)
    .map((entry) => ({ entry, ...clauseAnswer(asked, entry) }));
  const told = { policy: { namespace, name }, clauses: answers.length };
  const sure = answers.find(({ admits }) => admits === 'yes');
  if (sure !== undefined && governor.certain)
    return { ...told, effect: 'admits', clause: sure.entry.clause.index, reasons: [] };
  const perhaps = sure ?? answers.find(({ admits }) => admits === 'maybe');
  if (perhaps === undefined && governor.certain)
    return { ...told, effect: 'no-clause-admits', clause: null, reasons: [] };
  const reasons = perhaps === undefined || sure !== undefined ? (['platform'] as const) : perhaps.reasons;
  return { ...told, effect: 'unknown', clause: perhaps?.entry.clause.index ?? null, reasons };
}

/** Does a clause match the other end, on that port? */
export interface ClauseAnswer {
  readonly peers: Ternary;
  readonly port: Ternary;
  readonly admits: Ternary;
  readonly reasons: readonly UnknownReason[];
}

function clauseAnswer({ world, other, destination, at }: Asked, entry: Entry): ClauseAnswer {
  const peers = matchEnd(world, entry, other);
  const port = portAnswer(entry.clause, destination, at);
  const admits = peers === 'no' || port === 'no' ? 'no' : peers === 'yes' && port === 'yes' ? 'yes' : 'maybe';
  const { members } = entry;
  const known = peers === 'maybe' && other.kind === 'pod' && members !== 'any' ? members.reasons : [];
  const reasons: readonly UnknownReason[] = known.length > 0 ? known : ['platform'];
  return { peers, port, admits, reasons: admits === 'maybe' ? reasons : [] };
}

function portAnswer(clause: Clause, destination: FlowEnd, { protocol, port }: PortPoint): Ternary {
  const { must, may } = portsOf(clause, portsOfEnd(destination));
  if (hasPort(must, protocol, port)) return 'yes';
  return hasPort(may, protocol, port) ? 'maybe' : 'no';
}

export function portsOfEnd(end: FlowEnd): readonly ContainerPort[] {
  return end.kind === 'pod' ? end.unit.ports : [];
}

/** A clause that does not admit the flow, and how far it is from doing so. */
export interface ClauseMiss extends ClauseAnswer {
  readonly entry: Entry;
}

/** The clauses of the policies that select an end, which is a pod, with what each says of the flow. */
export function clauseAnswers(
  world: World,
  { source, destination }: Pick<FlowTrace, 'source' | 'destination'>,
  direction: Direction,
  at: PortPoint,
): readonly ClauseMiss[] {
  const [subject, other] = direction === 'egress' ? [source, destination] : [destination, source];
  if (subject.kind !== 'pod') return [];
  const side = sideOf(world, world.governing(subject.unit.id, direction), direction);
  const asked = { world, direction, subject, other, destination, at };
  return side.entries.map((entry) => ({ entry, ...clauseAnswer(asked, entry) }));
}

/** An address that nobody owns, and the range that it stands for. */
export interface OutsideEnd {
  readonly end: Extract<FlowEnd, { readonly kind: 'address' }>;
  readonly range: AddressRange;
}

/** Addresses that nobody owns, one for each range that the policies of these pods tell apart. */
export function outsideEnds(
  world: World,
  pods: readonly FlowEnd[],
  direction: Direction,
): readonly OutsideEnd[] {
  const clauses = pods.flatMap((end) =>
    end.kind === 'pod'
      ? world.governing(end.unit.id, direction).governors.flatMap((governor) => governor.clauses)
      : [],
  );
  return externalAtoms(world, new Set(clauses)).map((range) => {
    let address = range.first;
    while (world.owns(address)) address += 1n;
    return { end: { kind: 'address', address }, range };
  });
}
