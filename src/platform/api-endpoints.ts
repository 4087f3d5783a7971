import { parseAddress } from '../sets/addresses.ts';
import { noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import type { World } from '../world/world.ts';

/** Where the API server really listens: the endpoints behind the Service `default/kubernetes`. */
export interface ApiEndpoints {
  readonly endpoints: readonly ApiEndpoint[];
  /** ClusterIPs of the Service. */
  readonly clusterAddresses: readonly string[];
}

export interface ApiEndpoint {
  readonly address: bigint;
  /** For example `192.0.2.10`. */
  readonly text: string;
  readonly ports: PortSet;
  /** The node that has the address, where one does. */
  readonly node: string | null;
}

export function apiEndpointsOf(world: World): ApiEndpoints {
  const found: ApiEndpoint[] = [];
  for (const slice of world.records('EndpointSlice', 'default')) {
    if (slice.service !== 'kubernetes') continue;
    const ports = slice.ports.reduce(
      (sum, { port, protocol }) => (port === null ? sum : unionPorts(sum, portRange(protocol, port, port))),
      noPorts,
    );
    for (const text of slice.endpoints.flatMap(({ addresses }) => addresses)) {
      const address = parseAddress(text);
      if (address !== null) found.push({ address, text, ports, node: null });
    }
  }
  found.sort((a, b) => (a.address < b.address ? -1 : 1));
  const service = world.record('Service', 'default', 'kubernetes');
  return { endpoints: withNodes(world, found), clusterAddresses: service?.clusterAddresses ?? [] };
}

function withNodes(world: World, endpoints: readonly ApiEndpoint[]): readonly ApiEndpoint[] {
  if (endpoints.length === 0) return endpoints;
  const wanted = new Set(endpoints.map(({ text }) => text));
  const owners = new Map<string, string>();
  for (const { name, addresses } of world.records('Node'))
    for (const text of addresses) if (wanted.has(text)) owners.set(text, name);
  return endpoints.map((endpoint) => ({ ...endpoint, node: owners.get(endpoint.text) ?? null }));
}

/** The service accounts that a RoleBinding or ClusterRoleBinding names, as `namespace/name`. */
export function boundAccounts(world: World): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { accounts } of world.records('RoleBinding'))
    for (const { namespace, name } of accounts) found.add(`${namespace}/${name}`);
  return found;
}
