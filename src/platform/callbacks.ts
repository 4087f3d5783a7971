import type { CallbackRecord, CallbackTarget } from '../model/objects.ts';
import { BitSet } from '../sets/bitset.ts';
import { noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
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

const callbackKinds = [
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'CustomResourceDefinition',
] as const;

/** Every callback whose Service lies in the namespace; a policy can cut off only those of its own. */
export function callbacksIn(world: World, namespace: string): Callback[] {
  const found: Callback[] = [];
  for (const kind of callbackKinds) {
    for (const record of world.records(kind)) {
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
