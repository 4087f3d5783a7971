import { type CompiledPolicy, type Direction, directions } from '../model/policy.ts';
import type { Facts } from '../platform/facts.ts';
import { podCount, unitsOf } from '../rules/pod-peers.ts';
import type { BitSet } from '../sets/bitset.ts';
import type { World } from '../world/world.ts';
import { type ClauseWords, clauseWords, presentWords, subjectWords } from './policy-words.ts';

/** What a policy says about one direction. */
export interface ExplainedDirection {
  readonly direction: Direction;
  /** Does being selected isolate the pods in this direction? */
  readonly isolates: boolean;
  readonly sentence: string;
  readonly clauses: readonly ClauseWords[];
}

/** A policy in exact words. All sentences are whole and end in a full stop. */
export interface ExplainedPolicy {
  /** `namespace/name`. */
  readonly policy: string;
  readonly selects: string;
  readonly directions: readonly ExplainedDirection[];
  /** Clauses of directions that `policyTypes` leaves out. */
  readonly ignored: readonly { readonly clause: string; readonly sentence: string }[];
  /** What goes through whatever its clauses say. */
  readonly open: readonly string[];
  /** Other policies that select some of the same pods. */
  readonly beside: readonly { readonly policy: string; readonly directions: readonly Direction[] }[];
  readonly notes: readonly string[];
}

/** So many pods are asked which other policies select them. */
const unitsMax = 1000;

/** Says what a policy of the world does, with the pods that it concerns at present. */
export function explainedPolicy(policy: CompiledPolicy, world: World, facts: Facts): ExplainedPolicy {
  const { namespace, name } = policy.ref;
  const subjects = world.subjects(policy);
  return {
    policy: `${namespace}/${name}`,
    selects: `It selects ${subjectWords(policy)} (${presentWords(world, subjects)}).`,
    directions: directions.map((direction) => explainedDirection(policy, direction, world)),
    ignored: policy.ignored.map((clause) => {
      const words = clauseWords(policy, clause, world);
      const fate = fates[world.profile.strayDirections](clause.direction);
      return { clause: words.clause, sentence: `${fate} It reads: ${words.sentence}` };
    }),
    open: openThings(policy, world, facts),
    beside: besides(policy, subjects, world),
    notes: notesOn(policy, world),
  };
}

const fates = {
  ignore: (direction: Direction) => `It is ignored, because policyTypes leaves ${typeOf(direction)} out.`,
  enforce: (direction: Direction) =>
    `policyTypes leaves ${typeOf(direction)} out, yet this platform counts it.`,
  unknown: (direction: Direction) =>
    `It is ignored by most platforms, because policyTypes leaves ${typeOf(direction)} out.`,
} as const;

function typeOf(direction: Direction): string {
  return direction === 'ingress' ? 'Ingress' : 'Egress';
}

function explainedDirection(policy: CompiledPolicy, direction: Direction, world: World): ExplainedDirection {
  const part = policy[direction];
  const nobody = direction === 'ingress' ? 'lets nobody in' : 'lets them reach nobody';
  if (part === null)
    return {
      direction,
      isolates: false,
      sentence: `It says nothing of ${direction}: it neither isolates pods for it nor allows anything.`,
      clauses: [],
    };
  const sentence =
    part.clauses.length === 0
      ? `It isolates them for ${direction} and ${nobody}.`
      : `It isolates them for ${direction}. What one of its clauses or another policy allows goes through, and nothing else:`;
  return {
    direction,
    isolates: part.isolates,
    sentence,
    clauses: part.clauses.map((clause) => clauseWords(policy, clause, world)),
  };
}

function openThings(policy: CompiledPolicy, world: World, facts: Facts): string[] {
  const subjects = world.subjects(policy);
  const things = directions.flatMap((direction) => {
    const free = subjects.and(world.ungoverned(direction));
    if (free.isEmpty() || policy[direction] !== null) return [];
    const units = podCount(unitsOf(world, free));
    return [`All ${direction} of ${units}: no policy isolates them for it.`];
  });
  const { ownNodeToPod, openConnections } = world.profile;
  if (policy.ingress !== null && ownNodeToPod !== 'by-policy') {
    const most = ownNodeToPod === 'allowed' ? '' : ', with most network plugins';
    things.push(`What comes from the node that a pod runs on, such as probes${most}.`);
  }
  if (openConnections !== 'cut')
    things.push(
      openConnections === 'live-on'
        ? 'Connections that are open already, until they close.'
        : 'Connections that are open already, perhaps: that is the affair of the network plugin.',
    );
  const hosts = facts.hostPods(policy.ref.namespace, policy.subject);
  const names = [...new Set(hosts.map(({ namespace, workload }) => `${namespace}/${workload}`))].sort();
  if (names.length > 0)
    things.push(`Everything of ${names.join(', ')}, in the network of its node: no policy governs it.`);
  return things;
}

function besides(policy: CompiledPolicy, subjects: BitSet, world: World): ExplainedPolicy['beside'] {
  const found = new Map<string, Set<Direction>>();
  for (const id of subjects.toArray().slice(0, unitsMax)) {
    for (const direction of directions) {
      for (const { policy: other } of world.governing(id, direction).governors) {
        const name = `${other.ref.namespace}/${other.ref.name}`;
        if (other.ref.name !== policy.ref.name)
          found.set(name, (found.get(name) ?? new Set()).add(direction));
      }
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ways]) => ({ policy: name, directions: directions.filter((way) => ways.has(way)) }));
}

/** What the words alone could leave in doubt. */
function notesOn({ source, ingress, egress }: CompiledPolicy, { profile }: World): string[] {
  const notes: string[] = [];
  if (source.spec === null)
    notes.push('There is no spec: the API takes that for a default-deny for ingress.');
  else if (source.spec.podSelector === null)
    notes.push('podSelector is left out, which selects every pod, as {} does.');
  for (const path of source.written?.emptyPeers ?? [])
    notes.push(`${path} is an empty list: that is everybody, not nobody.`);
  const peers = [ingress, egress]
    .flatMap((part) => part?.clauses ?? [])
    .flatMap(({ peers: all }) => (all === 'any' ? [] : all));
  if (peers.some(({ kind }) => kind === 'block')) notes.push(blockNotes[profile.ipBlockPods]);
  const pods = peers.flatMap((peer) => (peer.kind === 'pods' ? [peer] : []));
  if (pods.some(({ outside }) => outside !== 'no'))
    notes.push(
      'On this platform its negative namespace selectors may match nodes and addresses outside too.',
    );
  else if (pods.length > 0)
    notes.push(
      pods.some(({ hostNetwork }) => hostNetwork !== 'no')
        ? 'Peers that select pods match no node and no address outside.'
        : 'Peers that select pods match no node, no address outside, and no pod of the node network.',
    );
  return notes;
}

const blockNotes = {
  matches: 'Its address blocks match pods with such addresses too.',
  'does-not-match': 'Its address blocks match no pods and no nodes on this platform.',
  unknown: 'Whether its address blocks match pods too is the affair of the network plugin.',
} as const;
