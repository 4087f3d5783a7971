import { portsOf } from '../impact/side.ts';
import type { FixStep, Related } from '../model/finding.ts';
import type { Clause, PortTerm } from '../model/policy.ts';
import type { ContainerPort } from '../model/port.ts';
import { targetPorts } from '../platform/services.ts';
import { hasPort, isEmpty, noPorts, type PortSet, portText, subtractPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import { isSlip } from './near-miss.ts';
import { objectThat, workloadsThat } from './related.ts';
import { onlyNumber, portSteps } from './remedies.ts';
import type { PolicyInput } from './rule.ts';

/** What was probably meant by the name of a port that no container declares. */
export interface PortMeant {
  /** The first pods that speak for it. */
  readonly unit: Unit;
  readonly write: string;
  readonly related: readonly Related[];
  readonly fix: readonly FixStep[];
}

type Named = Extract<PortTerm, { readonly kind: 'named' }>;

/** How many units are asked for a port that may have been meant. */
const unitsMax = 1000;

/** A port that differs by little, that a Service calls so, or that is the only one; null where nothing is near. */
export function portMeant(
  input: PolicyInput,
  clause: Clause,
  term: Named,
  missing: readonly Unit[],
): PortMeant | null {
  for (const unit of missing.slice(0, unitsMax)) {
    const allowed = portsOf(clause, unit.ports).may;
    const open = unit.ports.filter(({ protocol, number }) => !hasPort(allowed, protocol, number));
    const near = open.find((port) => isNearPort(port, term));
    const found =
      near === undefined
        ? calledSo(input, clause, term, { unit, allowed, missing })
        : nearPort(input, clause, term, { unit, near, missing });
    if (found !== null) return found;
  }
  return onlyPort(input, clause, term, missing);
}

/** The same name with another protocol, or nearly the same name. */
function isNearPort({ name, protocol }: ContainerPort, term: Named): boolean {
  if (name === null) return false;
  return name === term.name ? protocol !== term.protocol : isSlip(name, term.name);
}

function nearPort(
  { policy }: PolicyInput,
  clause: Clause,
  term: Named,
  {
    unit,
    near,
    missing,
  }: { readonly unit: Unit; readonly near: ContainerPort; readonly missing: readonly Unit[] },
): PortMeant {
  const { name, protocol } = near;
  const isProtocol = name === term.name;
  const wanted = isProtocol ? protocol : term.protocol;
  const all = missing.every(({ ports }) =>
    ports.some((port) => port.name === name && port.protocol === wanted),
  );
  const byName = name === null ? [] : portSteps(policy, clause, term, name);
  const byProtocol: FixStep[] = [{ op: 'set', at: `${term.origin}.protocol`, value: protocol }];
  return {
    unit,
    write: isProtocol ? `protocol: ${protocol}` : (name ?? ''),
    related: workloadsThat([unit], `its containers declare ${name}, ${near.number}/${protocol}`),
    fix: all ? (isProtocol ? byProtocol : byName) : [],
  };
}

/** The port behind a Service port of this name. */
function calledSo(
  { policy, facts }: PolicyInput,
  clause: Clause,
  term: Named,
  {
    unit,
    allowed,
    missing,
  }: { readonly unit: Unit; readonly allowed: PortSet; readonly missing: readonly Unit[] },
): PortMeant | null {
  for (const service of facts.services(unit)) {
    const port = service.ports.find((candidate) => candidate.name === term.name);
    const target = port === undefined ? noPorts : subtractPorts(targetPorts(port, unit), allowed);
    if (isEmpty(target)) continue;
    const number = missing.length === 1 ? onlyNumber(target, term.protocol) : null;
    return {
      unit,
      write: `${portText(target)}: only Service ${service.name} calls it ${term.name}`,
      related: [objectThat('Service', service, `calls ${portText(target)} ${term.name}`)],
      fix: number === null ? [] : portSteps(policy, clause, term, number),
    };
  }
  return null;
}

/** The one port that all of them declare, where none declares another. */
function onlyPort(
  { policy }: PolicyInput,
  clause: Clause,
  term: Named,
  missing: readonly Unit[],
): PortMeant | null {
  const [unit] = missing;
  const [port] = unit?.ports ?? [];
  if (unit === undefined || port === undefined || port.protocol !== term.protocol) return null;
  const same = missing.every(
    ({ ports: [only, second] }) =>
      only?.number === port.number && only.name === port.name && second === undefined,
  );
  if (!same || hasPort(portsOf(clause, unit.ports).may, port.protocol, port.number)) return null;
  const { name, number, protocol } = port;
  return {
    unit,
    write: name ?? String(number),
    related: workloadsThat(
      missing,
      `its containers declare ${name === null ? '' : `${name}, `}${number}/${protocol}`,
    ),
    fix: portSteps(policy, clause, term, name ?? number),
  };
}
