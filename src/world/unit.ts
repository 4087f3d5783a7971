import type { PodShape } from '../model/objects.ts';
import type { AddressBlock, BlockPeer, Ternary } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import type { Profile } from '../model/profile.ts';
import type { Labels } from '../model/selector.ts';
import { inRange, wholeFour, wholeSix } from '../sets/addresses.ts';

/** The controlling owner of pods; a pod without an owner stands alone as a workload of kind `Pod`. */
export interface Workload {
  /** `namespace/name[Kind]`. */
  readonly id: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

export function workloadOf(namespace: string, kind: string, name: string): Workload {
  return { id: [namespace, '/', name, '[', kind, ']'].join(''), namespace, kind, name };
}

/**
 * What the addresses of a unit's pods have in common: which of the blocks that policies in force name hold all of
 * them (`inside`) or some of them (`partly`). Keys are those of `BlockPeer.key`.
 */
export interface Addressing {
  readonly families: readonly (4 | 6)[];
  readonly inside: ReadonlySet<string>;
  readonly partly: ReadonlySet<string>;
}

export const unaddressed: Addressing = { families: [], inside: new Set(), partly: new Set() };

/** Everything a policy can see of a pod. Pods that no policy in force can tell apart by them are one unit. */
export interface Traits {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
  readonly workload: Workload;
  readonly addressing: Addressing;
}

/** The names of pods, each once. */
export interface Names extends Iterable<string> {
  readonly size: number;
  has(name: string): boolean;
}

/**
 * A class of pods that no policy in force can tell apart, all of one workload. The unit is what the engine computes
 * with: its cost follows the number of units, not of pods.
 */
export interface Unit extends Traits {
  readonly id: number;
  /** The labels that all its pods have alike. Of those by which they differ no selector in force asks. */
  readonly labels: Labels;
  /** Keys of labels by which its pods differ, or that only some of them have. */
  readonly varying: ReadonlySet<string>;
  /** Names of the running (not finished) pods. */
  readonly members: Names;
  /** Pods that a workload without any would have; see `contract` of planned pods in the README. */
  readonly planned: number;
}

/** How many pods the unit stands for, planned ones included. */
export function weightOf(unit: Unit): number {
  return unit.members.size + unit.planned;
}

/** Pod ids of a unit as findings list them: `namespace/name`, planned ones `namespace/workload#1`. */
export function podIds(unit: Unit): string[] {
  const ids = [...unit.members].map((name) => `${unit.namespace}/${name}`);
  for (let i = 1; i <= unit.planned; i += 1) ids.push(`${unit.namespace}/${unit.workload.name}#${i}`);
  return ids;
}

/** Do the same blocks hold both in the same way? */
export function sameAddressing(a: Addressing, b: Addressing): boolean {
  if (a === b) return true;
  return (
    a.families.length === b.families.length &&
    a.families.every((family, index) => family === b.families[index]) &&
    sameKeys(a.inside, b.inside) &&
    sameKeys(a.partly, b.partly)
  );
}

function sameKeys(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false;
  for (const key of a) if (!b.has(key)) return false;
  return true;
}

/** Equal keys are equal traits, other labels than those that a selector asks for included. */
export function traitsKey(traits: Traits): string {
  const { namespace, labels, ports, workload, addressing } = traits;
  const sortedLabels = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    namespace,
    sortedLabels,
    portsKey(ports),
    workload.id,
    addressing.families,
    [...addressing.inside].sort(),
    [...addressing.partly].sort(),
  ]);
}

/** Equal keys resolve every named port alike. */
export function portsKey(ports: readonly ContainerPort[]): string {
  const texts = ports.map((port) => `${port.name ?? ''}:${port.protocol}:${port.number}:${port.certain}`);
  return texts.sort().join(',');
}

/** The traits of a pod or a planned pod of this shape. */
export function traitsOf(shape: PodShape, workload: Workload, addressing: Addressing): Traits {
  return { namespace: workload.namespace, labels: shape.labels, ports: shape.ports, workload, addressing };
}

/** True for `0.0.0.0/0` and `::/0` without an except: they hold every address of their family. */
export function holdsWholeFamily({ family, range, except }: AddressBlock): boolean {
  const whole = family === 4 ? wholeFour : wholeSix;
  return except.length === 0 && range.first === whole.first && range.last === whole.last;
}

/** "Except is a slice of CIDRs that should not be included within an IP Block." */
export function blockHolds(block: AddressBlock, address: bigint): boolean {
  return inRange(address, block.range) && !block.except.some((range) => inRange(address, range));
}

/** Why a predicate could not be decided. */
export type UnknownReason =
  | 'ip-block-on-pods'
  | 'own-node'
  | 'platform'
  | 'enforcement'
  | 'address-unknown'
  | 'address-family'
  | 'init-container-port'
  | 'other-policies';

export interface BlockReading {
  readonly reading: Ternary;
  readonly reason: UnknownReason;
}

/**
 * Does the block match the unit's pods? "Pod IPs are ephemeral … ipBlocks should be cluster-external IPs": whether it
 * does is the network plugin's affair, which the profile states.
 */
export function readBlock(
  { block, key, certain }: BlockPeer,
  { addressing }: Traits,
  profile: Profile,
): BlockReading {
  if (profile.ipBlockPods === 'does-not-match') return { reading: 'no', reason: 'ip-block-on-pods' };
  if (addressing.families.length === 0) {
    const sure = certain && profile.ipBlockPods === 'matches' && holdsWholeFamily(block);
    return { reading: sure ? 'yes' : 'maybe', reason: 'address-unknown' };
  }
  const held = heldBy(block, key, addressing);
  if (held === 'maybe') return { reading: 'maybe', reason: 'address-family' };
  if (held === 'yes' && profile.ipBlockPods === 'unknown')
    return { reading: 'maybe', reason: 'ip-block-on-pods' };
  return { reading: held === 'yes' && !certain ? 'maybe' : held, reason: 'platform' };
}

function heldBy(block: AddressBlock, key: string, { families, inside, partly }: Addressing): Ternary {
  if (holdsWholeFamily(block)) {
    if (!families.includes(block.family)) return 'no';
    return families.length === 1 ? 'yes' : 'maybe';
  }
  if (inside.has(key)) return 'yes';
  return partly.has(key) ? 'maybe' : 'no';
}
