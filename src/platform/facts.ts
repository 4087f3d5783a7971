import type { ServiceRecord } from '../model/objects.ts';
import type { BlockPeer } from '../model/policy.ts';
import type { Selector } from '../model/selector.ts';
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
import { Kept } from './kept.ts';
import { type Resolvers, resolversOf } from './resolvers.ts';
import { type Scrape, scrapersIn, scrapesIn } from './scrapes.ts';
import { fewServicesIn, servicesOf } from './services.ts';

/** Facts about one world that several rules share; each is worked out once, when first asked. */
export interface Facts {
  resolvers(): Resolvers;
  callbacks(namespace: string): readonly Callback[];
  exposures(namespace: string): readonly Exposure[];
  controllers(): BitSet;
  declared(unit: Unit): PortSet;
  /** The Services that select the unit, by name. */
  services(unit: Unit): readonly ServiceRecord[];
  /** Whose addresses of the cluster a block holds; null where it holds none. */
  holding(peer: BlockPeer): Holding | null;
  /** Pods of the namespace that share the network of their node and that a selector matches. */
  hostPods(namespace: string, pods: Selector): readonly HostPod[];
  /** Policies of the cluster tiers of which is known whom they decide for. */
  tieredPolicies(): readonly TieredPolicy[];
  apiEndpoints(): ApiEndpoints;
  /** Pods that scrape others. */
  scrapers(): BitSet;
  scrapes(namespace: string): readonly Scrape[];
}

export function factsOf(world: World): Facts {
  const controllers = once(() => ingressControllers(world));
  const callbacks = new Kept<string, readonly Callback[]>();
  const exposures = new Kept<string, readonly Exposure[]>();
  const holdingOf = once(() => holdingsIn(world));
  const holdings = new Kept<string, Holding | null>();
  const scrapes = new Kept<string, readonly Scrape[]>();
  const hostPods = new Kept<string, readonly HostPod[]>();
  const fewServices = new Kept<string, readonly ServiceRecord[] | null>();
  const selecting = new Kept<number, readonly ServiceRecord[]>();
  const services = (unit: Unit): readonly ServiceRecord[] =>
    selecting.of(unit.id, () =>
      servicesOf(
        world,
        unit,
        fewServices.of(unit.namespace, () => fewServicesIn(world, unit.namespace)),
      ),
    );
  return {
    resolvers: once(() => resolversOf(world)),
    controllers,
    callbacks: (namespace) => callbacks.of(namespace, () => callbacksIn(world, namespace)),
    exposures: (namespace) => exposures.of(namespace, () => exposuresIn(world, namespace, controllers())),
    declared: (unit) => world.portsOf(declaredPorts, unit),
    services,
    holding: (peer) => holdings.of(peer.key, () => holdingOf()(peer)),
    apiEndpoints: once(() => apiEndpointsOf(world)),
    scrapers: once(() => scrapersIn(world)),
    scrapes: (namespace) => scrapes.of(namespace, () => scrapesIn(world, namespace)),
    tieredPolicies: once(() => tieredPolicies(world)),
    hostPods: (namespace, pods) =>
      hostPods.of(`${namespace} ${pods.text}`, () => hostPodsIn(world, namespace, pods)),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
