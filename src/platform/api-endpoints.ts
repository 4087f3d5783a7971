import type { NodeRecord, RoleBindingRecord } from '../model/objects.ts';
import { parseAddress } from '../sets/addresses.ts';
import { noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import type { RecordKey } from '../world/record-index.ts';
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
  return endpoints.map((endpoint) => {
    const owners = [...world.lookups.records(nodesByAddress, endpoint.text)].map(({ name }) => name);
    return { ...endpoint, node: owners.sort()[0] ?? null };
  });
}

const nodesByAddress: RecordKey<'Node'> = {
  kind: 'Node',
  textsOf: ({ addresses }: NodeRecord) => [...new Set(addresses)],
};

/** Does a RoleBinding or ClusterRoleBinding name the service account? */
export function isBound(world: World, namespace: string, account: string): boolean {
  for (const _ of world.lookups.records(bindingsByAccount, `${namespace}/${account}`)) return true;
  return false;
}

const bindingsByAccount: RecordKey<'RoleBinding'> = {
  kind: 'RoleBinding',
  textsOf: ({ accounts }: RoleBindingRecord) => [
    ...new Set(accounts.map(({ namespace, name }) => `${namespace}/${name}`)),
  ],
};
