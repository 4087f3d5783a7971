import type { CallbackRecord, CallbackTarget } from '../model/objects.ts';
import { BitSet } from '../sets/bitset.ts';
import { noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { World } from '../world/world.ts';
import { targetPorts, unitsBehind } from './services.ts';

/** Pods that the API server itself calls, and on which ports of theirs. */
export interface Callback {
  readonly kind: CallbackRecord['kind'];
  /** Name of the object that makes the API server call. */
  readonly record: string;
  readonly target: CallbackTarget;
  readonly units: BitSet;
  readonly ports: ReadonlyMap<number, PortSet>;
}

/** Those that call into a namespace, by its name. */
const callersInto = [
  keyOf('ValidatingWebhookConfiguration'),
  keyOf('MutatingWebhookConfiguration'),
  keyOf('APIService'),
  keyOf('CustomResourceDefinition'),
];

function keyOf(kind: CallbackRecord['kind']): RecordKey<CallbackRecord['kind']> {
  return {
    kind,
    textsOf: ({ targets }) => [...new Set(targets.map(({ service }) => service.namespace))],
  };
}

/** Every callback whose Service lies in the namespace; a policy can cut off only those of its own. */
export function callbacksIn(world: World, namespace: string): Callback[] {
  const found: Callback[] = [];
  for (const key of callersInto) {
    for (const record of world.lookups.records(key, namespace)) {
      for (const target of record.targets) {
        if (target.service.namespace === namespace) found.push(callbackOf(world, record, target));
      }
    }
  }
  return found.sort((a, b) => (`${a.kind} ${a.target.name}` < `${b.kind} ${b.target.name}` ? -1 : 1));
}

function callbackOf(world: World, { kind, name: record }: CallbackRecord, target: CallbackTarget): Callback {
  const { namespace, name, port } = target.service;
  const service = world.record('Service', namespace, name);
  const ports = new Map<number, PortSet>();
  if (service === undefined) return { kind, record, target, units: new BitSet(), ports };
  const units = unitsBehind(world, service);
  const called = service.ports.filter((candidate) => candidate.port === port && candidate.protocol === 'TCP');
  units.forEach((id) => {
    const unit = world.unit(id);
    if (unit !== undefined)
      ports.set(
        id,
        called.reduce((sum, item) => unionPorts(sum, targetPorts(item, unit)), noPorts),
      );
  });
  return { kind, record, target, units, ports };
}
