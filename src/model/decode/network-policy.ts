import type {
  NetworkPolicy,
  PolicySpec,
  PolicyType,
  WireClause,
  WirePeer,
  WirePort,
} from '../network-policy.ts';
import { isProtocol, portMax } from '../port.ts';
import { cidrAt, isStrictSubset } from './cidr.ts';
import { placedSelectorAt } from './label-selector.ts';
import { controllerOf } from './pod.ts';
import {
  DecodeError,
  fail,
  fieldAt,
  integerAt,
  isAbsent,
  itemsAt,
  type Place,
  textAt,
  textMapAt,
} from './value.ts';

/**
 * Reads a `networking.k8s.io/v1` NetworkPolicy from parsed JSON. Refuses what the API server refuses, with a
 * DecodeError that names the field, what it holds and what it may hold; throws nothing else. `null` is absent.
 */
export function decodeNetworkPolicy(value: unknown): NetworkPolicy {
  const root = { value, path: '' };
  if (isAbsent(root)) fail(root, 'it must be a NetworkPolicy');
  const metadata = fieldAt(root, 'metadata');
  const spec = fieldAt(root, 'spec');
  return {
    namespace: textAt(fieldAt(metadata, 'namespace')) || 'default',
    name: nameAt(metadata),
    uid: textAt(fieldAt(metadata, 'uid')) || null,
    labels: textMapAt(fieldAt(metadata, 'labels')),
    annotations: textMapAt(fieldAt(metadata, 'annotations')),
    terminating: Boolean(textAt(fieldAt(metadata, 'deletionTimestamp'))),
    owned: controllerOf(value) !== null,
    spec: isAbsent(spec) ? null : specAt(spec),
    written: null,
  };
}

/** "generateName is an optional prefix, used by the server … only if the Name field has not been provided." */
function nameAt(metadata: Place): string {
  const name = textAt(fieldAt(metadata, 'name'));
  if (name) return name;
  const prefix = textAt(fieldAt(metadata, 'generateName'));
  if (!prefix) throw new DecodeError('metadata.name', 'is missing; every object needs a name');
  return `${prefix}*`;
}

function specAt(place: Place): PolicySpec {
  const types = itemsAt(fieldAt(place, 'policyTypes'));
  // "may not specify more than two policyTypes"
  if (types.length > 2) {
    throw new DecodeError('spec.policyTypes', `has ${types.length} entries; at most two are allowed`);
  }
  return {
    podSelector: placedSelectorAt(fieldAt(place, 'podSelector')),
    policyTypes: types.map(policyTypeAt),
    ingress: itemsAt(fieldAt(place, 'ingress')).map((clause) => clauseAt(clause, 'from')),
    egress: itemsAt(fieldAt(place, 'egress')).map((clause) => clauseAt(clause, 'to')),
  };
}

function policyTypeAt(place: Place): PolicyType {
  const type = textAt(place);
  return type === 'Ingress' || type === 'Egress' ? type : fail(place, 'it must be "Ingress" or "Egress"');
}

/** A `null` clause is `{}`, as in every list of the API: it allows everything. */
function clauseAt(place: Place, peers: 'from' | 'to'): WireClause {
  return {
    peers: itemsAt(fieldAt(place, peers)).map(peerAt),
    ports: itemsAt(fieldAt(place, 'ports')).map(portAt),
  };
}

function peerAt(place: Place): WirePeer {
  const podSelector = placedSelectorAt(fieldAt(place, 'podSelector'));
  const namespaceSelector = placedSelectorAt(fieldAt(place, 'namespaceSelector'));
  const block = fieldAt(place, 'ipBlock');
  const selects = podSelector !== null || namespaceSelector !== null;
  if (isAbsent(block)) {
    if (!selects) {
      const problem = 'names no peer; it must have podSelector, namespaceSelector or ipBlock';
      throw new DecodeError(place.path, problem);
    }
    return { podSelector, namespaceSelector, ipBlock: null };
  }
  if (selects) {
    throw new DecodeError(
      place.path,
      'has ipBlock and a selector; only one of the two is allowed in one peer',
    );
  }
  return { podSelector, namespaceSelector, ipBlock: blockAt(block) };
}

function blockAt(place: Place): { readonly cidr: string; readonly except: readonly string[] } {
  const cidr = cidrAt(fieldAt(place, 'cidr'));
  const except = itemsAt(fieldAt(place, 'except')).map((item) => {
    const inner = cidrAt(item);
    if (!isStrictSubset(inner, cidr)) fail(item, `it must lie inside ${cidr.text} and be smaller`);
    return inner.text;
  });
  return { cidr: cidr.text, except };
}

function portAt(place: Place): WirePort {
  const protocol = fieldAt(place, 'protocol');
  const port = portValueAt(fieldAt(place, 'port'));
  return {
    // "If not specified, this field defaults to TCP."
    protocol: isAbsent(protocol)
      ? 'TCP'
      : isProtocol(protocol.value)
        ? protocol.value
        : fail(protocol, 'it must be "TCP", "UDP" or "SCTP", in capitals'),
    port,
    endPort: endPortAt(fieldAt(place, 'endPort'), port),
  };
}

function portValueAt(place: Place): number | string | null {
  if (isAbsent(place)) return null;
  const { value } = place;
  if (typeof value !== 'string') return portNumberAt(place);
  if (value.length < 1 || value.length > 63) fail(place, 'a port name must have 1 to 63 characters');
  return value;
}

function portNumberAt(place: Place): number {
  const allowed = `it must be a whole number from 1 to ${portMax}`;
  if (typeof place.value !== 'number' || !Number.isSafeInteger(place.value)) return fail(place, allowed);
  return place.value < 1 || place.value > portMax ? fail(place, allowed) : place.value;
}

/** "This field cannot be defined if the port field is not defined or if the port field is defined as a named … port." */
function endPortAt(place: Place, port: number | string | null): number | null {
  if (integerAt(place) === null) return null;
  if (port === null) fail(place, 'it may only stand beside a port');
  if (typeof port === 'string') fail(place, `it may not stand beside a named port (${JSON.stringify(port)})`);
  const end = portNumberAt(place);
  return end < port ? fail(place, `it must not be below port ${port}`) : end;
}
