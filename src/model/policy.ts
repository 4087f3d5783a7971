import type { NetworkPolicy } from './network-policy.ts';
import type { Protocol } from './port.ts';
import type { ObjectRef } from './ref.ts';
import type { Selector } from './selector.ts';

/**
 * The compiled form that rules, impact, command line and pictures read, whatever dialect a policy was written in.
 * Every absent-versus-`[]`-versus-`{}` trap was settled before it; there is no optional field left.
 */
export type Direction = 'ingress' | 'egress';

export const directions: readonly Direction[] = ['ingress', 'egress'];

/** The answer of a predicate; `maybe` where the API leaves room and nobody said what the plugin does. */
export type Ternary = 'yes' | 'no' | 'maybe';

/** One place in the order in which policies are asked. NetworkPolicies are one tier; other dialects bring theirs. */
export interface Tier {
  readonly id: string;
  readonly order: number;
  /** What becomes of a flow that no clause decided, where a policy of the tier isolates the pod. */
  readonly end: 'deny' | 'pass';
}

/** "Isolated … only what is allowed": the tier of NetworkPolicies ends in deny if any of them selected the pod. */
export const networkPolicyTier: Tier = { id: 'networkpolicy', order: 100, end: 'deny' };

export interface CompiledPolicy {
  readonly ref: ObjectRef & { readonly namespace: string };
  readonly tier: Tier;
  /** Rank among the policies of the tier; equal for NetworkPolicies, where order never matters. */
  readonly rank: number;
  /** The pods of `ref.namespace` that the policy governs. */
  readonly subject: Selector;
  /** Null where the policy says nothing about the direction. */
  readonly ingress: DirectionPart | null;
  readonly egress: DirectionPart | null;
  /** Clauses that the API ignores because `policyTypes` leaves their direction out. */
  readonly ignored: readonly Clause[];
  /** The object it was compiled from. */
  readonly source: NetworkPolicy;
}

export interface DirectionPart {
  /** Does being selected isolate the pod in this direction? Always true for NetworkPolicies. */
  readonly isolates: boolean;
  readonly clauses: readonly Clause[];
}

export interface Clause {
  readonly direction: Direction;
  /** Position in `spec.ingress` or `spec.egress`. */
  readonly index: number;
  readonly verdict: 'allow' | 'deny' | 'pass';
  /** `any`: every pod, node and address, inside and outside the cluster. */
  readonly peers: 'any' | readonly Peer[];
  /** `any`: every port of every protocol. */
  readonly ports: 'any' | readonly PortTerm[];
  /** Path in the object, for example `spec.ingress[0]`. */
  readonly origin: string;
}

export type Peer = PodPeer | BlockPeer;

export interface PodPeer {
  readonly kind: 'pods';
  /** `own`: the policy's namespace; else every namespace the selector matches, the policy's own included. */
  readonly namespaces: 'own' | Selector;
  readonly pods: Selector;
  /** Does it match pods of the node's network too, where namespace and labels fit? The plugin decides. */
  readonly hostNetwork: Ternary;
  /** Does it match every node and address outside, by a fault of the plugin? */
  readonly outside: Ternary;
  readonly origin: string;
  /** Canonical text; equal keys of policies in one namespace mean equal pods. */
  readonly key: string;
}

export interface BlockPeer {
  readonly kind: 'block';
  readonly block: AddressBlock;
  /** False where the plugin may leave the block out. */
  readonly certain: boolean;
  readonly origin: string;
  readonly key: string;
}

/** First and last address, both included, on the one line of addresses that `sets/addresses.ts` describes. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** "cidr minus except"; an except subtracts from its own block only, it is no deny. */
export interface AddressBlock {
  readonly family: 4 | 6;
  readonly range: AddressRange;
  readonly except: readonly AddressRange[];
  /** As the user wrote it, for example `10.0.0.0/8 except 10.1.0.0/16`. */
  readonly text: string;
}

export type PortTerm =
  | {
      readonly kind: 'range';
      readonly protocol: Protocol;
      readonly from: number;
      readonly to: number;
      /** False where the plugin may leave the term out. */
      readonly certain: boolean;
      readonly origin: string;
    }
  | {
      readonly kind: 'named';
      readonly protocol: Protocol;
      readonly name: string;
      readonly certain: boolean;
      readonly origin: string;
    };

/** The clauses of one direction, none where the policy does not speak of it. */
export function clausesOf(policy: CompiledPolicy, direction: Direction): readonly Clause[] {
  return policy[direction]?.clauses ?? [];
}
