import { sanitise } from '../review/words.ts';
import type { Paint } from './terminal.ts';

interface ReadProblem {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** One direction of some pods: the policies that select them there. */
export interface SelectedWay {
  readonly isolated: boolean;
  readonly policies: readonly {
    /** `namespace/name`. */
    readonly policy: string;
    readonly clauses: number;
    /** False where the network plugin may take it for nothing in this direction. */
    readonly certain: boolean;
  }[];
}

/** Pods that the same policies select. */
export interface SelectedPods {
  /** `namespace/name`; `namespace/workload#1` of one that is not there yet. */
  readonly pods: readonly string[];
  readonly ingress: SelectedWay;
  readonly egress: SelectedWay;
  /** Policies that do not select them because of a label that differs by little. */
  readonly nearly: readonly { readonly policy: string; readonly asked: string; readonly found: string }[];
}

/** What `netsluice policies-for` found: `docs/schemas/policies-for-v1.json`. */
export interface PoliciesForDocument {
  readonly schema: 'policies-for/v1';
  /** `namespace/name[Kind]` of a workload, or the pod as it was asked for. */
  readonly of: string;
  readonly groups: readonly SelectedPods[];
  readonly notes: readonly string[];
  readonly problems: readonly ReadProblem[];
  readonly partial: string | null;
}

/** What `netsluice pods-for` found: `docs/schemas/pods-for-v1.json`. */
export interface PodsForDocument {
  readonly schema: 'pods-for/v1';
  /** `namespace/name`. */
  readonly policy: string;
  /** As `kubectl get -l` takes it; empty selects every pod of the namespace. */
  readonly selector: string;
  readonly directions: readonly string[];
  readonly workloads: readonly {
    readonly id: string;
    readonly pods: readonly string[];
    readonly planned: number;
  }[];
  /** What it nearly selects, where it selects nothing. */
  readonly nearest: { readonly asked: string; readonly found: string; readonly pods: number } | null;
  readonly problems: readonly ReadProblem[];
  readonly partial: string | null;
}

export function lookupJson(document: PoliciesForDocument | PodsForDocument): string {
  return JSON.stringify(document, null, 2);
}

/** Pods that the policies treat alike, each direction with its policies. */
export function policiesForText({ of, groups, notes, partial }: PoliciesForDocument, paint: Paint): string {
  const lines = groups.flatMap((group) => [
    paint.bold(sanitise(groups.length > 1 ? group.pods.join(', ') : of.replace(/\[\w+\]$/, ''))),
    ...wayLines(group.ingress, 'ingress'),
    ...wayLines(group.egress, 'egress'),
    ...group.nearly.map(
      ({ policy, asked, found }) => `  nearly: ${policy} selects ${asked}, and here is ${found}`,
    ),
  ]);
  return [...lines, ...notes.map((note) => `note: ${note}`), ...left(partial)].join('\n');
}

function wayLines({ isolated, policies }: SelectedWay, way: string): string[] {
  const many = policies.length === 1 ? '1 policy' : `${policies.length} policies`;
  const state = isolated ? 'isolated' : 'open';
  const why = policies.length === 0 ? 'no policy selects it' : `${many} selecting it`;
  return [
    `  ${way}: ${state}, ${why}`,
    ...policies.map(({ policy, clauses, certain }) => {
      const doubt = certain ? '' : ', if the network plugin heeds it at all';
      return `    ${policy}: ${clauses === 0 ? 'no clause, admits nothing' : count(clauses, 'clause')}${doubt}`;
    }),
  ];
}

/** Workloads with their pods, and what was nearly selected where there are none. */
export function podsForText(document: PodsForDocument, paint: Paint): string {
  const { policy, selector, directions, workloads, nearest, partial } = document;
  const pods = workloads.reduce((sum, each) => sum + each.pods.length, 0);
  const planned = workloads.reduce((sum, each) => sum + each.planned, 0);
  const what = selector === '' ? 'every pod of its namespace' : selector;
  const lines = [
    paint.bold(
      sanitise(`${policy} selects ${what} for ${directions.join(' and ')}: ${podsText(pods, planned)}`),
    ),
    ...workloads.map((each) => {
      const names =
        each.pods.length === 0
          ? ''
          : `: ${each.pods.map((pod) => pod.slice(pod.indexOf('/') + 1)).join(', ')}`;
      return sanitise(`  ${each.id} (${podsText(each.pods.length, each.planned)})${names}`);
    }),
  ];
  if (nearest !== null)
    lines.push(
      sanitise(
        `nearest miss: ${count(nearest.pods, 'pod')} with ${nearest.found}, and it asks for ${nearest.asked}`,
      ),
    );
  return [...lines, ...left(partial)].join('\n');
}

function podsText(running: number, planned: number): string {
  if (planned === 0) return running === 0 ? 'no pod' : count(running, 'pod');
  return running === 0
    ? `${planned} planned ${planned === 1 ? 'pod' : 'pods'}`
    : `${count(running, 'pod')}, ${planned} planned`;
}

function count(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
}

function left(partial: string | null): string[] {
  return partial === null ? [] : [`not examined: ${sanitise(partial)}`];
}
