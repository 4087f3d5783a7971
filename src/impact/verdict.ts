import type { BlockPeer, Direction, PodPeer, Ternary } from '../model/policy.ts';
import type { Protocol } from '../model/port.ts';
import { type Labels, matches } from '../model/selector.ts';
import { allPorts, hasPort, noPorts } from '../sets/port-set.ts';
import { readAddresses } from '../world/pod-table.ts';
import { blockHolds, type Unit, type UnknownReason } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import {
  allAllowed,
  both,
  decide,
  type Entry,
  matchesUnit,
  noneAllowed,
  type PortReading,
  sideOf,
} from './side.ts';

export type Verdict = 'allowed' | 'blocked' | 'unknown';

/** One end of a flow. An address is one that nobody in the cluster owns; a pod of the node's network is its node. */
export type FlowEnd =
  | { readonly kind: 'pod'; readonly unit: Unit; readonly name: string; readonly node: string | null }
  | {
      readonly kind: 'node';
      readonly name: string;
      readonly addresses: readonly bigint[];
      /** The pod of the node's network that it is, for plugins whose selectors match those; null for the node itself. */
      readonly pod: { readonly namespace: string; readonly labels: Labels } | null;
    }
  | { readonly kind: 'address'; readonly address: bigint };

/** What one flow's ends allow, for all ports at once. */
export interface FlowReading {
  readonly egress: PortReading;
  readonly ingress: PortReading;
  readonly connection: PortReading;
  /** A policy API that is not analysed and could govern an end, or null. */
  readonly foreign: string | null;
}

/** Judges the first packet of a connection: "reply traffic of an allowed connection is implicitly allowed". */
export function readFlow(world: World, source: FlowEnd, destination: FlowEnd): FlowReading {
  if (samePod(source, destination)) {
    // "A pod cannot block access to itself": it never leaves the pod's network namespace.
    return { egress: allAllowed, ingress: allAllowed, connection: allAllowed, foreign: null };
  }
  const egress = readSide(world, 'egress', source, destination);
  const ingress = readSide(world, 'ingress', destination, source);
  const foreign = foreignOf(world, source) ?? foreignOf(world, destination);
  return { egress, ingress, connection: both(egress, ingress), foreign };
}

/** The verdict for one port, and why it is unknown where it is. */
export function verdictAt(
  { connection, foreign }: FlowReading,
  protocol: Protocol,
  port: number,
): { readonly verdict: Verdict; readonly reasons: readonly UnknownReason[] } {
  if (foreign !== null) return { verdict: 'unknown', reasons: ['other-policies'] };
  if (hasPort(connection.must, protocol, port)) return { verdict: 'allowed', reasons: [] };
  if (!hasPort(connection.may, protocol, port)) return { verdict: 'blocked', reasons: [] };
  return { verdict: 'unknown', reasons: connection.reasons };
}

function samePod(a: FlowEnd, b: FlowEnd): boolean {
  return a.kind === 'pod' && b.kind === 'pod' && a.unit.namespace === b.unit.namespace && a.name === b.name;
}

function foreignOf(world: World, end: FlowEnd): string | null {
  return end.kind === 'pod' ? world.foreignApi(end.unit.namespace) : null;
}

/** What one end's policies allow; nodes and addresses have none. */
function readSide(world: World, direction: Direction, subject: FlowEnd, other: FlowEnd): PortReading {
  if (subject.kind !== 'pod') return allAllowed;
  if (other.kind !== 'node' || other.name !== subject.node)
    return readByPolicy(world, direction, subject, other);
  const { ownNodeToPod, podToOwnNode } = world.profile;
  switch (direction === 'ingress' ? ownNodeToPod : podToOwnNode) {
    // "Traffic to and from the node where a Pod is running is always allowed."
    case 'allowed':
      return allAllowed;
    case 'blocked':
      return noneAllowed;
    case 'by-policy':
      return readByPolicy(world, direction, subject, other);
    case 'unknown': {
      const { must, may } = readByPolicy(world, direction, subject, other);
      // Towards the pod the plugin may let pass what policies refuse, the other way drop what they allow.
      const reasons = ['own-node'] as const;
      return direction === 'ingress' ? { must, may: allPorts, reasons } : { must: noPorts, may, reasons };
    }
  }
}

function readByPolicy(
  world: World,
  direction: Direction,
  subject: Extract<FlowEnd, { readonly kind: 'pod' }>,
  other: FlowEnd,
): PortReading {
  const side = sideOf(world, world.governing(subject.unit.id, direction), direction);
  const destination = direction === 'ingress' ? subject : other;
  const ports = destination.kind === 'pod' ? destination.unit.ports : [];
  return decide(side, (entry) => matchEnd(world, entry, other), ports);
}

/** Does a clause match this end? Nodes and addresses are matched by clauses without peers and by address blocks. */
export function matchEnd(world: World, entry: Entry, end: FlowEnd): Ternary {
  if (end.kind === 'pod') return matchesUnit(entry, end.unit.id);
  const { peers } = entry.clause;
  if (peers === 'any') return 'yes';
  const { namespace } = entry.governor.policy.ref;
  const answers = peers.map((peer) =>
    peer.kind === 'block' ? blockAnswer(world, peer, end) : podPeerAnswer(world, peer, namespace, end),
  );
  return answers.includes('yes') ? 'yes' : answers.includes('maybe') ? 'maybe' : 'no';
}

type OutsideEnd = Exclude<FlowEnd, { readonly kind: 'pod' }>;

function blockAnswer(world: World, { block, certain }: BlockPeer, end: OutsideEnd): Ternary {
  const addresses = end.kind === 'node' ? end.addresses : [end.address];
  if (!addresses.some((address) => blockHolds(block, address))) return 'no';
  const { ipBlockNodes } = world.profile;
  if (end.kind === 'node' && ipBlockNodes === 'does-not-match') return 'no';
  return certain && (end.kind === 'address' || ipBlockNodes === 'matches') ? 'yes' : 'maybe';
}

/** Selectors match pods; what else a plugin lets them match, the compiled peer says. */
function podPeerAnswer(world: World, peer: PodPeer, namespace: string, end: OutsideEnd): Ternary {
  const { namespaces, pods, hostNetwork, outside } = peer;
  const pod = end.kind === 'node' ? end.pod : null;
  if (outside === 'yes' || hostNetwork === 'no' || pod === null) return outside;
  const inScope =
    namespaces === 'own'
      ? pod.namespace === namespace
      : matches(namespaces, world.namespaceLabels(pod.namespace));
  return inScope && matches(pods, pod.labels) ? hostNetwork : outside;
}

/** The end that a pod's name stands for; null where there is no such live pod. */
export function podEnd(world: World, namespace: string, name: string): FlowEnd | null {
  const record = world.pod(namespace, name);
  const unit = world.unitOfPod(namespace, name);
  if (unit !== undefined) return { kind: 'pod', unit, name, node: record?.node ?? null };
  if (record === undefined || record.finished) return null;
  // "hostNetwork pods … traffic is considered node traffic"; without a known node its own addresses are the node's.
  const node = { ...nodeEnd(world, record.node ?? ''), pod: { namespace, labels: record.labels } };
  return node.addresses.length > 0 ? node : { ...node, addresses: readAddresses(record.addresses) };
}

/** A node by name, with the addresses that are known of it. */
export function nodeEnd(world: World, name: string): Extract<FlowEnd, { readonly kind: 'node' }> {
  const texts = world.record('Node', null, name)?.addresses ?? [];
  return { kind: 'node', name, addresses: readAddresses(texts), pod: null };
}
