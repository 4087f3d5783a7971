import type { Ternary } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import { intersectPorts, isEmpty, type PortSet, subtractPorts } from '../sets/port-set.ts';
import type { Cause } from './rectangle.ts';
import { type Entry, type PortReading, portsOf, type Side } from './side.ts';

/** One side of a rectangle on both sides of the change, with what its clauses match there. */
export interface SideChange {
  readonly before: Side;
  readonly after: Side;
  readonly readings: { readonly before: PortReading; readonly after: PortReading };
  readonly match: { readonly before: (entry: Entry) => Ternary; readonly after: (entry: Entry) => Ternary };
  readonly ports: { readonly before: readonly ContainerPort[]; readonly after: readonly ContainerPort[] };
}

/** The policies and clauses through which one side lost or gained ports. */
export function causesOf(change: SideChange, lost: PortSet, gained: PortSet): Cause[] {
  const { before, after } = change.readings;
  const causes: Cause[] = [];
  if (!isEmpty(intersectPorts(lost, subtractPorts(before.may, after.must))))
    causes.push(...lossCauses(change, lost));
  if (!isEmpty(intersectPorts(gained, subtractPorts(after.may, before.must))))
    causes.push(...gainCauses(change, gained));
  return causes;
}

function lossCauses(change: SideChange, lost: PortSet): Cause[] {
  if (!change.before.governing.isolated) return whole(change.after, 'isolates');
  return admitting(change, 'before', lost).map((entry) => clauseCause(entry, 'stops-allowing'));
}

function gainCauses(change: SideChange, gained: PortSet): Cause[] {
  if (!change.after.governing.isolated) return whole(change.before, 'frees');
  return admitting(change, 'after', gained).map((entry) => clauseCause(entry, 'allows'));
}

function whole({ governing, direction }: Side, effect: 'isolates' | 'frees'): Cause[] {
  return governing.governors
    .filter(({ isolates }) => isolates)
    .map(({ policy }) => ({ policy: nameOf(policy.ref), direction, clause: null, effect }));
}

/** Clauses that admit some of the ports on one side of the change and do not do so on the other. */
function admitting(change: SideChange, when: 'before' | 'after', ports: PortSet): Entry[] {
  const other = when === 'before' ? 'after' : 'before';
  const admits = (side: 'before' | 'after', entry: Entry): boolean =>
    change.match[side](entry) !== 'no' &&
    !isEmpty(intersectPorts(portsOf(entry.clause, change.ports[side]).may, ports));
  const stays = (entry: Entry): boolean =>
    change[other].entries.some((twin) => twin.clause === entry.clause && admits(other, twin));
  return change[when].entries.filter((entry) => admits(when, entry) && !stays(entry));
}

function clauseCause({ governor, clause }: Entry, effect: Cause['effect']): Cause {
  return { policy: nameOf(governor.policy.ref), direction: clause.direction, clause: clause.index, effect };
}

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): Cause['policy'] {
  return { namespace, name };
}
