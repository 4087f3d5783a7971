import type { ServicePort, ServiceRecord } from '../objects.ts';
import { isProtocol } from '../port.ts';
import { gather, get, list, nameOf, namespaceOf, text, textMap, texts } from './lenient.ts';
import { portName, portNumber } from './pod-shape.ts';

/** Throws a DecodeError where the object has no name. */
export function decodeService(value: unknown): ServiceRecord {
  const spec = get(value, 'spec');
  const type = serviceType(get(spec, 'type'));
  const selector = textMap(get(spec, 'selector'));
  const first = text(get(spec, 'clusterIP'));
  const all = texts(get(spec, 'clusterIPs'));
  const addresses = all.length > 0 || first === null ? all : [first];
  return {
    kind: 'Service',
    namespace: namespaceOf(value),
    name: nameOf(value),
    labels: textMap(get(value, 'metadata', 'labels')),
    // "If empty or not present, the service is assumed to have an external process managing its endpoints …
    // Ignored if type is ExternalName."
    selector: selector.size === 0 || type === 'ExternalName' ? null : selector,
    type,
    headless: first === 'None' || all.includes('None'),
    clusterAddresses: gather(addresses, (address) => (address === 'None' ? null : text(address))),
    externalTrafficPolicy: get(spec, 'externalTrafficPolicy') === 'Local' ? 'Local' : 'Cluster',
    ports: gather(list(get(spec, 'ports')), servicePort),
  };
}

function serviceType(value: unknown): ServiceRecord['type'] {
  return value === 'NodePort' || value === 'LoadBalancer' || value === 'ExternalName' ? value : 'ClusterIP';
}

function servicePort(value: unknown): ServicePort | null {
  const port = portNumber(get(value, 'port'));
  const protocol = get(value, 'protocol') ?? 'TCP';
  if (port === null || !isProtocol(protocol)) return null;
  return {
    name: text(get(value, 'name')),
    port,
    // "If this is not specified, the value of the 'port' field is used (an identity map)."
    targetPort: portName(get(value, 'targetPort')) ?? port,
    protocol,
    nodePort: portNumber(get(value, 'nodePort')),
  };
}
