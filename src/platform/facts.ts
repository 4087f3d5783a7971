import type { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type Callback, callbacksIn } from './callbacks.ts';
import { declaredPorts } from './declared-ports.ts';
import { type Exposure, exposuresIn, ingressControllers } from './exposures.ts';
import { type Resolvers, resolversOf } from './resolvers.ts';

/** Facts about one world that several rules share; each is worked out once, when first asked. */
export interface Facts {
  resolvers(): Resolvers;
  callbacks(namespace: string): readonly Callback[];
  exposures(namespace: string): readonly Exposure[];
  controllers(): BitSet;
  declared(unit: Unit): PortSet;
}

export function factsOf(world: World): Facts {
  const controllers = once(() => ingressControllers(world));
  const callbacks = new Map<string, readonly Callback[]>();
  const exposures = new Map<string, readonly Exposure[]>();
  const declared = new Map<number, PortSet>();
  return {
    resolvers: once(() => resolversOf(world)),
    controllers,
    callbacks: (namespace) => keep(callbacks, namespace, () => callbacksIn(world, namespace)),
    exposures: (namespace) => keep(exposures, namespace, () => exposuresIn(world, namespace, controllers())),
    declared: (unit) => keep(declared, unit.id, () => declaredPorts(world, unit)),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function keep<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = make();
  known.set(key, value);
  return value;
}
