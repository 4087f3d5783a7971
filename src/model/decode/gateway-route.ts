import type { GatewayRouteRecord } from '../objects.ts';
import { get, list, nameOf, namespaceOf, text } from './lenient.ts';
import { portNumber } from './pod-shape.ts';

type Backend = GatewayRouteRecord['backends'][number];

/** Throws a DecodeError where the object has no name. Backends that are no Services are left out. */
export function decodeGatewayRoute(value: unknown): GatewayRouteRecord {
  const namespace = namespaceOf(value);
  const backends = new Map<string, Backend>();
  for (const rule of list(get(value, 'spec', 'rules'))) {
    for (const reference of list(get(rule, 'backendRefs'))) {
      for (const backend of decodeBackend(reference, namespace))
        backends.set(JSON.stringify([backend.namespace, backend.service, backend.port]), backend);
    }
  }
  return { kind: 'HTTPRoute', namespace, name: nameOf(value), backends: [...backends.values()] };
}

/** "When unspecified or empty string, core API group is inferred"; "Kind defaults to Service when not specified". */
function decodeBackend(value: unknown, own: string): readonly Backend[] {
  const service = text(get(value, 'name'));
  const port = portNumber(get(value, 'port'));
  const isService =
    (text(get(value, 'kind')) ?? 'Service') === 'Service' && text(get(value, 'group')) === null;
  if (service === null || port === null || !isService) return [];
  // "When unspecified, the local namespace is inferred."
  return [{ namespace: text(get(value, 'namespace')) ?? own, service, port }];
}
