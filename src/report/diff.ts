import type { PortLists } from './connections.ts';

/** What two ends may do towards each other on one side of a change. */
export interface PassageLine {
  readonly allow: PortLists;
  readonly allowSome?: PortLists;
  /** Ports that are not known for some pair of pods. */
  readonly unknown?: PortLists;
}

export type GradeName = 'critical' | 'withdrawn' | 'implied';

/** A policy and clause that made a difference; `clause` is null where the policy's mere selection did. */
export interface BecauseLine {
  readonly policy: string;
  readonly direction: 'ingress' | 'egress';
  readonly clause: number | null;
  readonly effect: 'isolates' | 'frees' | 'allows' | 'stops-allowing';
}

/** One flow that shows it; the ends as `netsluice trace` takes them. */
export interface WitnessLine {
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly port: number;
}

export interface ChangeLine {
  readonly src: string;
  readonly dst: string;
  readonly before: PassageLine;
  readonly after: PassageLine;
  /** Ports that some pair of pods loses; absent where none is lost. */
  readonly blocked?: PortLists;
  readonly opened?: PortLists;
  readonly grade?: GradeName;
  readonly because: readonly BecauseLine[];
  readonly witness: WitnessLine | null;
}

export interface IsolationLine {
  readonly id: string;
  readonly direction: 'ingress' | 'egress';
  readonly effect: 'isolated' | 'freed';
  readonly pods: number;
  readonly planned: number;
  /** No clause admits anybody. */
  readonly keepsNone: boolean;
}

interface Ways {
  readonly ingress: number;
  readonly egress: number;
}

/** What a change does: `docs/schemas/diff-v1.json`. */
export interface DiffDocument {
  readonly schema: 'diff/v1';
  readonly headline: string;
  /** In connections: all addresses outside are one end. */
  readonly summary: {
    readonly opened: number;
    readonly blocked: Readonly<Record<GradeName, number>>;
    readonly undecided: number;
    /** Connections of workloads that come or go; they are not counted as opened or blocked. */
    readonly added: number;
    readonly removed: number;
    readonly isolated: Ways;
    readonly freed: Ways;
  };
  readonly changes: readonly ChangeLine[];
  readonly undecided: readonly {
    readonly src: string;
    readonly dst: string;
    readonly before: PassageLine;
    readonly after: PassageLine;
    readonly reason: string;
  }[];
  readonly isolation: readonly IsolationLine[];
  readonly workloads: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly message: string }[];
  readonly partial: string | null;
}

/** Does it change what anybody may do? */
export function changesAnything({ changes, undecided, isolation }: DiffDocument): boolean {
  return changes.length + undecided.length + isolation.length > 0;
}

/** `shop/db ingress[0]`; the policy alone where its selection is what counts. */
export function becauseText({ policy, direction, clause, effect }: BecauseLine): string {
  switch (effect) {
    case 'isolates':
      return `${policy} isolates for ${direction}`;
    case 'frees':
      return `${policy} isolates for ${direction} no more`;
    case 'allows':
      return `${policy} ${direction}[${clause}] allows it`;
    case 'stops-allowing':
      return `${policy} ${direction}[${clause}] allows it no more`;
  }
}
