import type { IngressRecord } from '../objects.ts';
import { get, list, nameOf, namespaceOf, text, textMap } from './lenient.ts';
import { portNumber } from './pod-shape.ts';

type Backend = IngressRecord['backends'][number];

/** Throws a DecodeError where the object has no name. Each Service and port is named once. */
export function decodeIngress(value: unknown): IngressRecord {
  const paths = list(get(value, 'spec', 'rules')).flatMap((rule) => list(get(rule, 'http', 'paths')));
  const sources = [get(value, 'spec', 'defaultBackend'), ...paths.map((path) => get(path, 'backend'))];
  const backends = new Map<string, Backend>();
  for (const backend of sources.flatMap(decodeBackend)) {
    backends.set(JSON.stringify([backend.service, backend.port]), backend);
  }
  return {
    kind: 'Ingress',
    namespace: namespaceOf(value),
    name: nameOf(value),
    className:
      text(get(value, 'spec', 'ingressClassName')) ??
      textMap(get(value, 'metadata', 'annotations')).get('kubernetes.io/ingress.class') ??
      null,
    backends: [...backends.values()],
  };
}

function decodeBackend(value: unknown): readonly Backend[] {
  const service = text(get(value, 'service', 'name'));
  const port = get(value, 'service', 'port');
  const named = text(get(port, 'name')) ?? portNumber(get(port, 'number'));
  return service === null || named === null ? [] : [{ service, port: named }];
}
