import type { Direction } from '../model/policy.ts';
import type { PortSet } from '../sets/port-set.ts';
import type { UnknownReason } from '../world/unit.ts';

/**
 * An end of a connection by name; `internet` is all addresses that nobody in the cluster owns, `api-server` the source
 * of the API server's own calls.
 */
export type NamedEnd = { readonly namespace: string; readonly name: string } | 'internet' | 'api-server';

export interface Example {
  readonly source: NamedEnd;
  readonly destination: NamedEnd;
  readonly ports: PortSet;
}

/** A number of connections, and a few of them by name, sorted. */
export interface Tally {
  readonly count: number;
  readonly examples: readonly Example[];
}

/** Workloads whose pods flip isolation in one direction. */
export interface IsolationTally {
  readonly workloads: number;
  readonly pods: number;
  readonly planned: number;
  /** Workloads none of whose flipped pods keeps a source (ingress) or destination (egress). */
  readonly keepNone: number;
  readonly examples: readonly { readonly namespace: string; readonly name: string }[];
}

/** What a change means, in connections between workloads. */
export interface Impact {
  readonly blocked: {
    /** Critical and withdrawn connections that lose a port which something declares. */
    readonly declared: Tally;
    /** Critical and withdrawn connections that lose other ports only. */
    readonly undeclared: Tally;
    readonly critical: number;
    /** Pairs that nobody is known to use; told as isolation, listed by `diff`. */
    readonly implied: number;
  };
  readonly opened: {
    /** By a clause, across namespaces or with the outside. */
    readonly across: Tally;
    /** By a clause, inside one namespace. */
    readonly inside: Tally;
  };
  readonly isolated: Readonly<Record<Direction, IsolationTally>>;
  readonly freed: Readonly<Record<Direction, IsolationTally>>;
  readonly undecided: { readonly count: number; readonly reasons: readonly UnknownReason[] };
}
