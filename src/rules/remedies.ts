import type { FixStep } from '../model/finding.ts';
import {
  type Clause,
  type CompiledPolicy,
  clausesOf,
  type Direction,
  type PodPeer,
} from '../model/policy.ts';
import type { Protocol } from '../model/port.ts';
import { type Requirement, requirementText, type Selector } from '../model/selector.ts';
import { type PortSet, portRuns } from '../sets/port-set.ts';
import { isSlip, type LabelSlip } from './near-miss.ts';

/**
 * The mechanical remedies that several rules give: one exact text for another, where nobody has to decide. Where the
 * place of what is wrong is not known, or the remedy would collide with what is there, there is none.
 */

/** Writes the label that was probably meant into the selector at a path; nothing where that is more than a slip. */
export function labelSteps(at: string, selector: Selector, { asked, found }: LabelSlip): FixStep[] {
  const unmet = selector.requirements.find((requirement) => requirementText(requirement) === asked);
  const equals = found.indexOf('=');
  const [key, value] = [found.slice(0, equals), found.slice(equals + 1)];
  const [old = ''] = unmet?.values ?? [];
  if (unmet === undefined) return [];
  if (unmet.key === key) return isSlip(old, value) ? valueSteps(at, unmet, value) : [];
  return value === old ? keySteps(at, selector, unmet.key, key) : [];
}

/** Writes another key for the one requirement about a key, and leaves its value alone. */
export function keySteps(at: string, { requirements }: Selector, old: string, key: string): FixStep[] {
  const [unmet, second] = requirements.filter((requirement) => requirement.key === old);
  const taken = second !== undefined || requirements.some((requirement) => requirement.key === key);
  if (taken || unmet === undefined || !hasOneValue(unmet)) return [];
  if (unmet.place === 'labels') return [{ op: 'rename', at: `${at}.matchLabels${step(unmet.key)}`, to: key }];
  return [{ op: 'set', at: `${at}.matchExpressions[${unmet.place}].key`, value: key }];
}

function valueSteps(at: string, unmet: Requirement, value: string): FixStep[] {
  if (!hasOneValue(unmet)) return [];
  if (unmet.place === 'labels') return [{ op: 'set', at: `${at}.matchLabels${step(unmet.key)}`, value }];
  return [{ op: 'set', at: `${at}.matchExpressions[${unmet.place}].values[0]`, value }];
}

function hasOneValue({ operator, values, place }: Requirement): boolean {
  return operator === 'In' && values.length === 1 && place !== undefined;
}

/** "keys with dots in brackets" */
function step(key: string): string {
  return /^[\w-]+$/.test(key) ? `.${key}` : `[${key}]`;
}

/** Every peer of one direction that selects pods: rules speak of equal ones once, and remedies mend them all. */
export function podPeersIn(policy: CompiledPolicy, direction: Direction): readonly PodPeer[] {
  return clausesOf(policy, direction).flatMap(({ peers }) =>
    peers === 'any' ? [] : peers.flatMap((peer) => (peer.kind === 'pods' ? [peer] : [])),
  );
}

/** The one number that the set holds, of this protocol alone, or null. */
export function onlyNumber(set: PortSet, protocol: Protocol): number | null {
  const [run, second] = portRuns(set);
  if (run === undefined || second !== undefined || run.protocol !== protocol) return null;
  return run.from === run.to ? run.from : null;
}

/** Writes another number or name for the port of a term; none where a range begins there. */
export function portSteps(
  policy: CompiledPolicy,
  clause: Clause,
  { origin }: { readonly origin: string },
  value: number | string,
): FixStep[] {
  const wire = policy.source.spec?.[clause.direction][clause.index]?.ports ?? [];
  const written = wire.find((_, index) => origin === `${clause.origin}.ports[${index}]`);
  return written === undefined || written.endPort !== null
    ? []
    : [{ op: 'set', at: `${origin}.port`, value }];
}
