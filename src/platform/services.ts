import type { ServicePort, ServiceRecord } from '../model/objects.ts';
import { selectorOf } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** Does the Service select the unit's pods? A Service without a selector selects none. */
export function serviceSelects({ selector, namespace }: ServiceRecord, unit: Unit): boolean {
  if (selector === null || selector.size === 0 || namespace !== unit.namespace) return false;
  for (const [key, value] of selector) if (unit.labels.get(key) !== value) return false;
  return true;
}

/** The units behind a Service, planned pods included. */
export function unitsBehind(world: World, service: ServiceRecord): BitSet {
  if (service.selector === null || service.selector.size === 0) return new BitSet();
  const requirements = [...service.selector].map(([key, value]) => ({
    key,
    operator: 'In' as const,
    values: [value],
  }));
  const pods = selectorOf(requirements);
  const only = { hostNetwork: 'no', outside: 'no' } as const;
  // The world finds them by their labels, without a look at every pod of the namespace.
  const peer = {
    kind: 'pods',
    namespaces: 'own',
    pods,
    ...only,
    origin: '',
    key: `pods {${pods.text}} own`,
  } as const;
  return world.peerUnits(service.namespace, peer).may.clone();
}

/** The ports on a unit's pods that a port of a Service leads to; a name may resolve to none. */
export function targetPorts({ targetPort, protocol }: ServicePort, unit: Unit): PortSet {
  if (typeof targetPort === 'number') return portRange(protocol, targetPort, targetPort);
  let found: PortSet = noPorts;
  for (const port of unit.ports) {
    if (port.name === targetPort && port.protocol === protocol) {
      found = unionPorts(found, portRange(protocol, port.number, port.number));
    }
  }
  return found;
}

/** The Services of a unit's namespace that select it. */
export function servicesOf(
  world: World,
  unit: Unit,
  few: readonly ServiceRecord[] | null = fewServicesIn(world, unit.namespace),
): readonly ServiceRecord[] {
  const found = (few ?? byLabels(world, unit)).filter((service) => serviceSelects(service, unit));
  return found.length > 1 ? found.sort((a, b) => (a.name < b.name ? -1 : 1)) : found;
}

/** In a namespace with no more Services than this each is asked; in others those are found that a label leads to. */
const fewMax = 4;

/** The Services of a namespace that select pods, or null where there are many. */
export function fewServicesIn(world: World, namespace: string): readonly ServiceRecord[] | null {
  const found: ServiceRecord[] = [];
  for (const service of world.lookups.records(servicesByNamespace, namespace))
    if (found.push(service) > fewMax) return null;
  return found;
}

function byLabels(world: World, { namespace, labels }: Unit): readonly ServiceRecord[] {
  return [...labels].flatMap(([key, value]) => [
    ...world.lookups.records(servicesByLabel, filedUnder(namespace, key, value)),
  ]);
}

const servicesByNamespace: RecordKey<'Service'> = {
  kind: 'Service',
  textsOf: ({ namespace, selector }: ServiceRecord) =>
    selector === null || selector.size === 0 ? [] : [namespace],
};

/** Services by the first label that their selector asks for, so that a pod finds each of its own once. */
const servicesByLabel: RecordKey<'Service'> = {
  kind: 'Service',
  textsOf: ({ namespace, selector }: ServiceRecord) => {
    const [first] = selector ?? [];
    return first === undefined ? [] : [filedUnder(namespace, ...first)];
  },
};

function filedUnder(namespace: string, key: string, value: string): string {
  return `${namespace} ${key}=${value}`;
}
