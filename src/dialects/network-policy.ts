import type {
  NetworkPolicy,
  PolicySpec,
  WireBlock,
  WireClause,
  WirePeer,
  WirePort,
} from '../model/network-policy.ts';
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
  type Ternary,
} from '../model/policy.ts';
import { portMax } from '../model/port.ts';
import type { Profile } from '../model/profile.ts';
import { everything, type Selector } from '../model/selector.ts';
import { parseCidr, wholeFour } from '../sets/addresses.ts';

const absentSpec: PolicySpec = { podSelector: null, policyTypes: [], ingress: [], egress: [] };

/**
 * Compiles a decoded NetworkPolicy. All defaulting happens here, exactly as the API server does it, and so does what
 * the network plugin makes of peers and ports. Expects what the decoder has accepted, so that it never fails.
 */
export function compileNetworkPolicy(source: NetworkPolicy, profile: Profile): CompiledPolicy {
  const spec = source.spec ?? absentSpec;
  const types = effectiveTypes(spec);
  const clauses = {
    ingress: spec.ingress.map((wire, index) => compileClause(wire, 'ingress', index, profile)),
    egress: spec.egress.map((wire, index) => compileClause(wire, 'egress', index, profile)),
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
export function effectiveTypes(spec: PolicySpec): ReadonlySet<Direction> {
  if (spec.policyTypes.length > 0) {
    return new Set(spec.policyTypes.map((type) => (type === 'Ingress' ? 'ingress' : 'egress')));
  }
  return spec.egress.length > 0 ? new Set(['ingress', 'egress']) : new Set(['ingress']);
}

function compileClause(wire: WireClause, direction: Direction, index: number, profile: Profile): Clause {
  const origin = flat('spec.', direction, '[', index, ']');
  const list = direction === 'ingress' ? 'from' : 'to';
  const names = direction === 'egress' ? namesReading(wire, profile) : 'yes';
  return {
    direction,
    index,
    verdict: 'allow',
    // "If this field is empty or missing, this rule matches all sources (traffic not restricted by source)."
    peers:
      wire.peers.length === 0
        ? 'any'
        : exact(
            wire.peers.flatMap((peer, i) => compilePeer(peer, flat(origin, '.', list, '[', i, ']'), profile)),
          ),
    // "If this field is empty or missing, this rule matches all ports (traffic not restricted by port)."
    ports:
      wire.ports.length === 0
        ? 'any'
        : exact(
            wire.ports.flatMap((port, i) =>
              compilePort(port, flat(origin, '.ports[', i, ']'), profile, names),
            ),
          ),
    origin,
  };
}

/** One piece in memory: what is put together by a template stays a tree of pieces, and there are many clauses. */
function flat(...parts: readonly (string | number)[]): string {
  return parts.join('');
}

/** The same without room to grow, which `flatMap` leaves. */
function exact<T>(list: readonly T[]): readonly T[] {
  return list.slice();
}

/** Do named ports of an egress clause count? In doubt also where only some of the peers are blocks. */
function namesReading({ peers }: WireClause, { namedPortEgress }: Profile): Ternary {
  const blocks = peers.filter(({ ipBlock }) => ipBlock !== null).length;
  if (namedPortEgress === 'resolves' || (peers.length > 0 && blocks === 0)) return 'yes';
  return namedPortEgress === 'ignored' && blocks === peers.length ? 'no' : 'maybe';
}

function compilePeer(peer: WirePeer, origin: string, profile: Profile): Peer[] {
  if (peer.ipBlock !== null) return compileBlockPeer(peer.ipBlock, origin, profile);
  // "If podSelector is also set, then the peer as a whole selects the pods matching podSelector in the namespaces
  // selected by namespaceSelector. Otherwise it selects all pods in those namespaces", and without a
  // namespaceSelector "the pods matching podSelector in the policy's own namespace".
  const namespaces = peer.namespaceSelector ?? 'own';
  const pods = peer.podSelector ?? everything;
  const scope = namespaces === 'own' ? 'own' : `in {${namespaces.text}}`;
  // "Using the namespaceSelector field without the podSelector field … will not include hostNetwork pods."
  const hostNetwork = peer.podSelector === null ? 'no' : hostNetworkReading[profile.hostNetworkPeers];
  const outside =
    namespaces !== 'own' && negates(namespaces) ? outsideReading[profile.negativeNamespaces] : 'no';
  const key = flat('pods {', pods.text, '} ', scope);
  return [{ kind: 'pods', namespaces, pods, hostNetwork, outside, origin, key }];
}

const hostNetworkReading = { no: 'no', yes: 'yes', unknown: 'maybe' } as const;

const outsideReading = { 'pods-only': 'no', 'also-outside': 'yes', unknown: 'maybe' } as const;

function negates({ requirements }: Selector): boolean {
  return requirements.some(({ operator }) => operator === 'NotIn' || operator === 'DoesNotExist');
}

function compileBlockPeer(wire: WireBlock, origin: string, profile: Profile): Peer[] {
  const block = compileBlock(wire);
  const peer = { kind: 'block', block, certain: true, origin, key: flat('block ', block.text) } as const;
  const peers: Peer[] = [peer];
  const { range, except } = block;
  const anyFour = range.first === wholeFour.first && range.last === wholeFour.last && except.length === 0;
  if (anyFour && profile.ipv4AnyAddress !== 'ipv4') {
    const six = compileBlock({ cidr: '::/0', except: [] });
    const certain = profile.ipv4AnyAddress === 'every-family';
    peers.push({ ...peer, block: six, certain, key: `block ${six.text}${certain ? '' : ' maybe'}` });
  }
  if (profile.ipFamilies === 'both') return peers;
  if (profile.ipFamilies === 'unknown')
    return peers.map((each) => ({ ...each, certain: false, key: `${each.key} maybe` }));
  const enforced = profile.ipFamilies === 'ipv4' ? 4 : 6;
  return peers.filter((each) => each.kind === 'block' && each.block.family === enforced);
}

function compileBlock({ cidr, except }: WireBlock): AddressBlock {
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
function compilePort(wire: WirePort, origin: string, profile: Profile, names: Ternary): PortTerm[] {
  const { protocol, port, endPort } = wire;
  // "A CNI without SCTP support must still isolate a pod that is selected by an SCTP-only policy."
  if (protocol === 'SCTP' && profile.sctp === 'unsupported') return [];
  const certain = protocol !== 'SCTP' || profile.sctp === 'supported';
  if (typeof port === 'string') {
    const counts = certain && names === 'yes';
    return names === 'no' ? [] : [{ kind: 'named', protocol, name: port, certain: counts, origin }];
  }
  const range = (from: number, last: number, sure = certain): PortTerm[] => [
    { kind: 'range', protocol, from, to: last, certain: sure, origin },
  ];
  if (port === null) return range(1, portMax);
  const to = endPort ?? port;
  if (to === port || profile.endPort === 'range') return range(port, to);
  // "Plugins that do not support it apply only `port`", and older ones are known that apply nothing.
  return profile.endPort === 'first-port' ? range(port, port) : range(port, to, false);
}
