import type { GatewayRouteRecord, IngressRecord, ServiceRecord } from '../model/objects.ts';
import { BitSet } from '../sets/bitset.ts';
import { isEmpty, noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { World } from '../world/world.ts';
import { targetPorts, unitsBehind } from './services.ts';

/** Pods that are meant to be reached from outside the cluster, and by whom. */
export interface Exposure {
  readonly by: 'Ingress' | 'HTTPRoute' | 'LoadBalancer' | 'NodePort';
  readonly object: { readonly namespace: string; readonly name: string };
  /** Ports of the backend pods, by unit. */
  readonly ports: ReadonlyMap<number, PortSet>;
  /** Ingress and HTTPRoute: the controllers' units that call the backends; empty where none was found. LoadBalancer: the internet. */
  readonly callers: 'internet' | BitSet;
}

/** The backends of Ingresses, HTTPRoutes (of whatever namespace) and exposed Services of one namespace. */
export function exposuresIn(world: World, namespace: string, controllers: BitSet): Exposure[] {
  const found: Exposure[] = [];
  for (const ingress of world.records('Ingress', namespace))
    found.push(ofIngress(world, ingress, controllers));
  for (const route of world.lookups.records(routesByBackend, namespace))
    found.push(ofRoute(world, route, namespace, controllers));
  for (const service of world.records('Service', namespace)) {
    if (service.type !== 'LoadBalancer' && service.type !== 'NodePort') continue;
    found.push({ by: service.type, object: service, ports: portsOf(world, service), callers: 'internet' });
  }
  return found.filter(({ ports }) => ports.size > 0).sort(byName);
}

/** The order in which the cluster was learnt must not show in any answer. */
function byName(a: Exposure, b: Exposure): number {
  return `${a.by} ${a.object.name}` < `${b.by} ${b.object.name}` ? -1 : 1;
}

/**
 * The pods that carry ingress traffic into the cluster: those behind LoadBalancer or NodePort Services outside the
 * namespaces that only have Ingresses, by the label that the common controllers bear.
 */
export function ingressControllers(world: World): BitSet {
  const found = new BitSet();
  for (const service of world.lookups.records(controllers, '')) found.addAll(unitsBehind(world, service));
  return found;
}

/** Under the empty text. */
const controllers: RecordKey<'Service'> = {
  kind: 'Service',
  textsOf: (service: ServiceRecord) => (isController(service) ? [''] : []),
};

function isController({ selector }: ServiceRecord): boolean {
  const label = selector?.get('app.kubernetes.io/name') ?? selector?.get('app') ?? '';
  return gatewayLabels.some((key) => selector?.has(key) === true) || controllerNames.has(label);
}

/** Routes by the namespaces of their backends. */
const routesByBackend: RecordKey<'HTTPRoute'> = {
  kind: 'HTTPRoute',
  textsOf: ({ backends }: GatewayRouteRecord) => [...new Set(backends.map(({ namespace }) => namespace))],
};

/** What runs a Gateway bears its name, by the Gateway API's own label or that of Envoy Gateway. */
const gatewayLabels = [
  'gateway.networking.k8s.io/gateway-name',
  'gateway.envoyproxy.io/owning-gateway-name',
] as const;

const controllerNames: ReadonlySet<string> = new Set([
  'ingress-nginx',
  'nginx-ingress',
  'traefik',
  'haproxy-ingress',
  'kubernetes-ingress',
  'contour',
  'envoy',
  'kong',
  'istio-ingressgateway',
]);

function ofIngress(world: World, ingress: IngressRecord, controllers: BitSet): Exposure {
  const ports = new Map<number, PortSet>();
  for (const backend of ingress.backends) {
    const service = world.record('Service', ingress.namespace, backend.service);
    if (service === undefined) continue;
    const named = service.ports.filter(({ name, port }) => name === backend.port || port === backend.port);
    for (const [id, set] of portsOf(world, { ...service, ports: named })) {
      ports.set(id, unionPorts(ports.get(id) ?? noPorts, set));
    }
  }
  return { by: 'Ingress', object: ingress, ports, callers: controllers };
}

function ofRoute(
  world: World,
  { name, namespace, backends }: GatewayRouteRecord,
  own: string,
  controllers: BitSet,
): Exposure {
  const ports = new Map<number, PortSet>();
  for (const backend of backends.filter((each) => each.namespace === own)) {
    const service = world.record('Service', own, backend.service);
    if (service === undefined) continue;
    const called = service.ports.filter(({ port }) => port === backend.port);
    for (const [id, set] of portsOf(world, { ...service, ports: called }))
      ports.set(id, unionPorts(ports.get(id) ?? noPorts, set));
  }
  return { by: 'HTTPRoute', object: { namespace, name }, ports, callers: controllers };
}

function portsOf(world: World, service: ServiceRecord): Map<number, PortSet> {
  const ports = new Map<number, PortSet>();
  unitsBehind(world, service).forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    const set = service.ports.reduce((sum, port) => unionPorts(sum, targetPorts(port, unit)), noPorts);
    if (!isEmpty(set)) ports.set(id, set);
  });
  return ports;
}
