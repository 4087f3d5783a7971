import type { BlockPeer } from '../model/policy.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type TieredPolicy, tieredPolicies } from './admin-tiers.ts';
import { type ApiEndpoints, apiEndpointsOf } from './api-endpoints.ts';
import { type Callback, callbacksIn } from './callbacks.ts';
import { type Holding, holdingsIn } from './cluster-ranges.ts';
import { declaredPorts } from './declared-ports.ts';
import { type Exposure, exposuresIn, ingressControllers } from './exposures.ts';
import { type HostPod, hostPodsIn } from './host-pods.ts';
import { type Resolvers, resolversOf } from './resolvers.ts';
import { type Scrape, scrapersIn, scrapesIn } from './scrapes.ts';

/** Facts about one world that several rules share; each is worked out once, when first asked. */
export interface Facts {
  resolvers(): Resolvers;
  callbacks(namespace: string): readonly Callback[];
  exposures(namespace: string): readonly Exposure[];
  controllers(): BitSet;
  declared(unit: Unit): PortSet;
  /** Whose addresses of the cluster a block holds; null where it holds none. */
  holding(peer: BlockPeer): Holding | null;
  /** Pods of the namespace that share the network of their node. */
  hostPods(namespace: string): readonly HostPod[];
  /** Policies of the cluster tiers of which is known whom they decide for. */
  tieredPolicies(): readonly TieredPolicy[];
  apiEndpoints(): ApiEndpoints;
  /** Pods that scrape others. */
  scrapers(): BitSet;
  scrapes(namespace: string): readonly Scrape[];
}

export function factsOf(world: World): Facts {
  const controllers = once(() => ingressControllers(world));
  const callbacks = new Map<string, readonly Callback[]>();
  const exposures = new Map<string, readonly Exposure[]>();
  const holdingOf = once(() => holdingsIn(world));
  const holdings = new Map<string, Holding | null>();
  const scrapes = new Map<string, readonly Scrape[]>();
  const hostPods = new Map<string, readonly HostPod[]>();
  return {
    resolvers: once(() => resolversOf(world)),
    controllers,
    callbacks: (namespace) => keep(callbacks, namespace, () => callbacksIn(world, namespace)),
    exposures: (namespace) => keep(exposures, namespace, () => exposuresIn(world, namespace, controllers())),
    declared: (unit) => world.portsOf(declaredPorts, unit),
    holding: (peer) => keep(holdings, peer.key, () => holdingOf()(peer)),
    apiEndpoints: once(() => apiEndpointsOf(world)),
    scrapers: once(() => scrapersIn(world)),
    scrapes: (namespace) => keep(scrapes, namespace, () => scrapesIn(world, namespace)),
    tieredPolicies: once(() => tieredPolicies(world)),
    hostPods: (namespace) => keep(hostPods, namespace, () => hostPodsIn(world, namespace)),
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
