import type { CallbackRecord, CallbackTarget } from '../objects.ts';
import { get, list, nameOf, text } from './lenient.ts';
import { portNumber } from './pod-shape.ts';

/** Reads who the API server calls. Throws a DecodeError where the object has no name; no target gives an empty list. */
export function decodeCallback(kind: CallbackRecord['kind'], value: unknown): CallbackRecord {
  const name = nameOf(value);
  return { kind, name, targets: targetsOf(kind, name, value) };
}

function targetsOf(kind: CallbackRecord['kind'], name: string, value: unknown): readonly CallbackTarget[] {
  const spec = get(value, 'spec');
  switch (kind) {
    case 'APIService':
      return target(name, get(spec, 'service'), 'Fail');
    case 'CustomResourceDefinition':
      return get(spec, 'conversion', 'strategy') === 'Webhook'
        ? target(name, get(spec, 'conversion', 'webhook', 'clientConfig', 'service'), 'Fail')
        : [];
    default:
      return list(get(value, 'webhooks')).flatMap((webhook) =>
        target(
          text(get(webhook, 'name')) ?? name,
          get(webhook, 'clientConfig', 'service'),
          // "failurePolicy … Defaults to Fail."
          get(webhook, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
        ),
      );
  }
}

function target(
  name: string,
  reference: unknown,
  failurePolicy: CallbackTarget['failurePolicy'],
): readonly CallbackTarget[] {
  const service = text(get(reference, 'name'));
  const namespace = text(get(reference, 'namespace'));
  if (service === null || namespace === null) return [];
  // "If specified, the port on the service that hosting webhook. Default to 443 for backward compatibility."
  const port = portNumber(get(reference, 'port')) ?? 443;
  return [{ name, service: { namespace, name: service, port }, failurePolicy }];
}
