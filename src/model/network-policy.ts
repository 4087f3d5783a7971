import type { Labels, Selector } from './selector.ts';
import type { WrittenPolicy } from './written.ts';

/**
 * A `networking.k8s.io/v1` NetworkPolicy as decoded from the wire, defaults not yet applied. "Absent", `null` and
 * `[]` are one and the same for lists: the API server drops the difference ("omitempty") before it stores the object.
 */
export interface NetworkPolicy {
  readonly namespace: string;
  /** `<generateName>*` where the API server has not given a name yet. */
  readonly name: string;
  readonly uid: string | null;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly terminating: boolean;
  /** A controller manages the object: one of its `ownerReferences` has `controller: true`. */
  readonly owned: boolean;
  /** Null where the object has no `spec` at all. */
  readonly spec: PolicySpec | null;
  /** Null where nothing is known of it; the live view does not keep it. */
  readonly written: WrittenPolicy | null;
}

export type PolicyType = 'Ingress' | 'Egress';

export interface PolicySpec {
  /** Null where absent, which the API treats as `{}`: "selects all pods in the namespace". */
  readonly podSelector: Selector | null;
  readonly policyTypes: readonly PolicyType[];
  readonly ingress: readonly WireClause[];
  readonly egress: readonly WireClause[];
}

export interface WireClause {
  /** `from` or `to`. Empty: "matches all sources/destinations (traffic not restricted)". */
  readonly peers: readonly WirePeer[];
  /** Empty: "matches all ports". */
  readonly ports: readonly WirePort[];
}

export interface WirePeer {
  readonly podSelector: Selector | null;
  readonly namespaceSelector: Selector | null;
  readonly ipBlock: WireBlock | null;
}

export interface WireBlock {
  readonly cidr: string;
  readonly except: readonly string[];
}

export interface WirePort {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number | string | null;
  readonly endPort: number | null;
}
