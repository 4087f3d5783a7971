import type { MonitorEndpoint, MonitorRecord } from '../objects.ts';
import type { Selector } from '../selector.ts';
import { selectorAt } from './label-selector.ts';
import { get, list, nameOf, namespaceOf, text, texts } from './lenient.ts';
import { portName, portNumber } from './pod-shape.ts';
import { DecodeError } from './value.ts';

/**
 * Reads a ServiceMonitor or PodMonitor; null where its selector cannot be read, so that nothing is said about it.
 * Throws a DecodeError where the object has no name.
 */
export function decodeMonitor(of: MonitorRecord['of'], value: unknown): MonitorRecord | null {
  const spec = get(value, 'spec');
  const name = nameOf(value);
  const selector = decodeSelector(get(spec, 'selector'));
  if (selector === null) return null;
  const names = texts(get(spec, 'namespaceSelector', 'matchNames'));
  const any = get(spec, 'namespaceSelector', 'any') === true;
  const listed = list(get(spec, of === 'Service' ? 'endpoints' : 'podMetricsEndpoints'));
  return {
    kind: 'Monitor',
    of,
    namespace: namespaceOf(value),
    name,
    selector,
    namespaces: any ? 'any' : names.length > 0 ? names : 'own',
    endpoints: listed.map(decodeEndpoint),
  };
}

/** "It takes precedence over targetPort": `port`; `portNumber` is how a PodMonitor writes a number. */
function decodeEndpoint(value: unknown): MonitorEndpoint {
  return {
    port: text(get(value, 'port')),
    targetPort: portNumber(get(value, 'portNumber')) ?? portName(get(value, 'targetPort')),
  };
}

function decodeSelector(value: unknown): Selector | null {
  try {
    return selectorAt({ value, path: 'spec.selector' });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return null;
  }
}
