import type { NetworkPolicy, PolicySpec, WireClause, WirePeer, WirePort } from '../model/network-policy.ts';
import {
  type AddressBlock,
  type AddressRange,
  type Clause,
  type CompiledPolicy,
  type Direction,
  type DirectionPart,
  networkPolicyTier,
  type Peer,
  type PortTerm,
} from '../model/policy.ts';
import { portMax } from '../model/port.ts';
import { everything } from '../model/selector.ts';
import { parseCidr } from '../sets/addresses.ts';

const absentSpec: PolicySpec = { podSelector: null, policyTypes: [], ingress: [], egress: [] };

/**
 * Compiles a decoded NetworkPolicy. All defaulting happens here, exactly as the API server does it. Expects what the
 * decoder has accepted, so that it never fails.
 */
export function compileNetworkPolicy(source: NetworkPolicy): CompiledPolicy {
  const spec = source.spec ?? absentSpec;
  const types = effectiveTypes(spec);
  const clauses = {
    ingress: spec.ingress.map((wire, index) => compileClause(wire, 'ingress', index)),
    egress: spec.egress.map((wire, index) => compileClause(wire, 'egress', index)),
  };
  const part = (direction: Direction): DirectionPart | null =>
    types.has(direction) ? { isolates: true, clauses: clauses[direction] } : null;
  return {
    ref: { kind: 'NetworkPolicy', namespace: source.namespace, name: source.name },
    tier: networkPolicyTier,
    rank: 0,
    // "An empty podSelector matches all pods in this namespace"; an absent one is the same since 1.33.
    subject: spec.podSelector ?? everything,
    ingress: part('ingress'),
    egress: part('egress'),
    ignored: [
      ...(types.has('ingress') ? [] : clauses.ingress),
      ...(types.has('egress') ? [] : clauses.egress),
    ],
    source,
  };
}

/**
 * "If policyTypes are not specified on a NetworkPolicy then by default Ingress will always be set and Egress will be
 * set if the NetworkPolicy has any egress rules." A list that is not empty is taken as it is.
 */
function effectiveTypes(spec: PolicySpec): ReadonlySet<Direction> {
  if (spec.policyTypes.length > 0) {
    return new Set(spec.policyTypes.map((type) => (type === 'Ingress' ? 'ingress' : 'egress')));
  }
  return spec.egress.length > 0 ? new Set(['ingress', 'egress']) : new Set(['ingress']);
}

function compileClause(wire: WireClause, direction: Direction, index: number): Clause {
  const origin = `spec.${direction}[${index}]`;
  const list = direction === 'ingress' ? 'from' : 'to';
  return {
    direction,
    index,
    verdict: 'allow',
    // "If this field is empty or missing, this rule matches all sources (traffic not restricted by source)."
    peers:
      wire.peers.length === 0
        ? 'any'
        : wire.peers.map((peer, i) => compilePeer(peer, `${origin}.${list}[${i}]`)),
    // "If this field is empty or missing, this rule matches all ports (traffic not restricted by port)."
    ports:
      wire.ports.length === 0
        ? 'any'
        : wire.ports.map((port, i) => compilePort(port, `${origin}.ports[${i}]`)),
    origin,
  };
}

function compilePeer(peer: WirePeer, origin: string): Peer {
  if (peer.ipBlock !== null) {
    const block = compileBlock(peer.ipBlock);
    return { kind: 'block', block, origin, key: `block ${block.text}` };
  }
  // "If podSelector is also set, then the peer as a whole selects the pods matching podSelector in the namespaces
  // selected by namespaceSelector. Otherwise it selects all pods in those namespaces", and without a
  // namespaceSelector "the pods matching podSelector in the policy's own namespace".
  const namespaces = peer.namespaceSelector ?? 'own';
  const pods = peer.podSelector ?? everything;
  const scope = namespaces === 'own' ? 'own' : `in {${namespaces.text}}`;
  return { kind: 'pods', namespaces, pods, origin, key: `pods {${pods.text}} ${scope}` };
}

function compileBlock({
  cidr,
  except,
}: {
  readonly cidr: string;
  readonly except: readonly string[];
}): AddressBlock {
  const whole = cidrOf(cidr);
  const text = except.length === 0 ? cidr : `${cidr} except ${except.join(', ')}`;
  return { family: whole.family, range: whole.range, except: except.map((part) => cidrOf(part).range), text };
}

function cidrOf(text: string): { readonly family: 4 | 6; readonly range: AddressRange } {
  const parsed = parseCidr(text);
  if (parsed === null) throw new Error(`the decoder let a bad CIDR through: ${text}`);
  return parsed;
}

/** "If port is not specified, this matches all port numbers" of the protocol; a range includes both its ends. */
function compilePort(wire: WirePort, origin: string): PortTerm {
  const { protocol, port, endPort } = wire;
  if (typeof port === 'string') return { kind: 'named', protocol, name: port, origin };
  if (port === null) return { kind: 'range', protocol, from: 1, to: portMax, origin };
  return { kind: 'range', protocol, from: port, to: endPort ?? port, origin };
}
