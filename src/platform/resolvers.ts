import type { ServiceRecord } from '../model/objects.ts';
import { BitSet } from '../sets/bitset.ts';
import { noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { World } from '../world/world.ts';
import { targetPorts, unitsBehind } from './services.ts';

/** Where cluster DNS is found: the Service that every kubelet hands to its pods, by distribution. */
const dnsServices: readonly (readonly [namespace: string, name: string])[] = [
  ['kube-system', 'kube-dns'],
  ['kube-system', 'coredns'],
  ['kube-system', 'rke2-coredns-rke2-coredns'],
  ['openshift-dns', 'dns-default'],
];

const dnsPort = 53;

/** The node-local cache answers on this link-local address of every node, not as a pod. */
export const nodeLocalResolver = '169.254.20.10';

/** The pods that resolve names for the cluster, and where they listen. */
export interface Resolvers {
  /** Null where no DNS Service is known: then any clause that allows port 53 counts as DNS. */
  readonly service: ServiceRecord | null;
  readonly units: BitSet;
  /** Ports on the resolver pods that the Service's port 53 leads to, by unit. */
  readonly ports: ReadonlyMap<number, PortSet>;
  /** A node-local cache runs in this cluster. */
  readonly nodeLocal: boolean;
}

export function resolversOf(world: World): Resolvers {
  const service =
    dnsServices.map(([namespace, name]) => world.record('Service', namespace, name)).find(Boolean) ?? null;
  const nodeLocal = world.record('DaemonSet', 'kube-system', 'node-local-dns') !== undefined;
  if (service === null) return { service, units: new BitSet(), ports: new Map(), nodeLocal };
  const units = unitsBehind(world, service);
  const ports = new Map<number, PortSet>();
  units.forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    const asked = service.ports.filter(({ port }) => port === dnsPort);
    ports.set(
      id,
      asked.reduce((sum, port) => unionPorts(sum, targetPorts(port, unit)), noPorts),
    );
  });
  return { service, units, ports, nodeLocal };
}
