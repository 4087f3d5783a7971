import type { EndpointSliceRecord } from '../objects.ts';
import { isProtocol } from '../port.ts';
import { gather, get, list, nameOf, namespaceOf, text, textMap, texts } from './lenient.ts';
import { portNumber } from './pod-shape.ts';

const noAddresses: readonly string[] = [];

/** Throws a DecodeError where the object has no name. */
export function decodeEndpointSlice(value: unknown): EndpointSliceRecord {
  // "FQDN represents a FQDN": such endpoints have names in the place of addresses.
  const named = get(value, 'addressType') === 'FQDN';
  return {
    kind: 'EndpointSlice',
    namespace: namespaceOf(value),
    name: nameOf(value),
    service: textMap(get(value, 'metadata', 'labels')).get('kubernetes.io/service-name') ?? null,
    ports: gather(list(get(value, 'ports')), slicePort),
    endpoints: list(get(value, 'endpoints')).map((endpoint) => ({
      addresses: named ? noAddresses : texts(get(endpoint, 'addresses')),
      pod: get(endpoint, 'targetRef', 'kind') === 'Pod' ? text(get(endpoint, 'targetRef', 'name')) : null,
    })),
  };
}

function slicePort(value: unknown): EndpointSliceRecord['ports'][number] | null {
  const protocol = get(value, 'protocol') ?? 'TCP';
  if (!isProtocol(protocol)) return null;
  return { name: text(get(value, 'name')), port: portNumber(get(value, 'port')), protocol };
}
