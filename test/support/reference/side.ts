/** One cluster with every question that a difference asks of it, each answered once however often it is asked. */
import type { PortCell } from './cells.ts';
import {
  type Answer,
  both,
  clausesOf,
  type Direction,
  either,
  enforced,
  governs,
  NO,
  peersTest,
  portsTest,
  YES,
} from './clauses.ts';
import type { End } from './ends.ts';
import { isForeignGoverned, isNeverGoverned } from './evaluator.ts';
import { type Clause, list, type NetworkPolicy, type RefCluster } from './objects.ts';
import type { RefUnit } from './units.ts';

/** One cluster as it is before or after a change. */
export interface Side {
  units: Map<string, RefUnit>;
  ends: Map<string, End>;
  workloads: Map<string, string>;
  /** One answer per port cell; all no if an end does not exist on this side. */
  answers: (src: End | undefined, dst: End | undefined) => Answer[];
  isolated: (end: End | undefined, direction: Direction) => boolean;
  foreign: (end: End) => boolean;
  /** Whose clauses speak of an end in a direction: surely, and perhaps. */
  speakers: (end: End, direction: Direction) => Speakers;
}

interface Speakers {
  surely: Voice[];
  perhaps: Voice[];
}

/** What one policy says in one direction. */
interface Voice {
  governs: (end: End) => Answer;
  clauses: { peers: (peer: End) => Answer; ports: (dst: End) => Answer[] }[];
}

/** The cells of both sides with the two most frequent lists of answers, shared so that equality is cheap. */
export interface Grid {
  cells: PortCell[];
  open: Answer[];
  closed: Answer[];
}

export function gridOf(cells: PortCell[]): Grid {
  return { cells, open: cells.map(() => YES), closed: cells.map(() => NO) };
}

function memo<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}

/** Where no port of a clause has a name, its ports are the same whoever the destination is. */
const hasNames = (clause: Clause): boolean => list(clause.ports).some(({ port }) => typeof port === 'string');

/** Gives each policy its voice: what a policy says depends on the profile and the ends alone. */
export type Voices = Record<Direction, (policy: NetworkPolicy) => Voice>;

export function voicesUnder(profile: RefCluster['profile'], { cells, open }: Grid): Voices {
  const under = { profile };
  const voices = (direction: Direction) =>
    memo((policy: NetworkPolicy): Voice => {
      const portsOf = (clause: Clause) => {
        const test = portsTest(under, direction, clause);
        return (destination: End) =>
          cells.map(({ protocol, first }) => test({ protocol, port: first, destination }));
      };
      const ports = (clause: Clause): ((dst: End) => Answer[]) => {
        if (list(clause.ports).length === 0) return () => open;
        if (hasNames(clause)) return memo(portsOf(clause));
        const ports = portsOf(clause);
        let known: Answer[] | undefined;
        return (dst) => {
          known ??= ports(dst);
          return known;
        };
      };
      return {
        governs: memo((end: End) => governs(under, policy, direction, end)),
        clauses: clausesOf(policy, direction).map((clause) => ({
          peers: memo(peersTest(under, policy, direction, clause)),
          ports: ports(clause),
        })),
      };
    });
  return { Ingress: voices('Ingress'), Egress: voices('Egress') };
}

/** The same questions as verdict() asks, each answered once per end instead of once per pair. */
function tables(cluster: RefCluster, direction: Direction, { open, closed }: Grid, voices: Voices) {
  const spoken = cluster.policies.map(voices[direction]);
  const speakers = memo((end: End): Speakers => {
    const perhaps = spoken.filter((voice) => voice.governs(end) !== NO);
    const surely = perhaps.filter((voice) => voice.governs(end) === YES);
    return { surely, perhaps };
  });
  const enforcement = memo((end: End) => enforced(cluster.profile, end));
  const reading = (speaking: Voice[], peer: End, dst: End): Answer[] => {
    if (speaking.length === 0) return cluster.profile.unselectedPods === 'closed' ? closed : open;
    let result = closed;
    for (const { clauses } of speaking) {
      for (const { peers, ports } of clauses) {
        const peerAnswer = peers(peer);
        if (peerAnswer === NO) continue;
        const portAnswers = ports(dst);
        if (peerAnswer === YES && portAnswers === open) return open;
        const clause = peerAnswer === YES ? portAnswers : portAnswers.map((each) => both(peerAnswer, each));
        result =
          result === closed ? clause : result.map((each, i) => Math.max(each, clause[i] ?? NO) as Answer);
      }
    }
    return result;
  };
  const combined = (a: Answer[], b: Answer[]) =>
    a === b ? a : a.map((answer, i) => either(answer, b[i] ?? NO));
  const answers = (src: End, dst: End): Answer[] => {
    const [subject, peer] = direction === 'Egress' ? [src, dst] : [dst, src];
    if (isNeverGoverned(subject, peer) || enforcement(subject) === NO) return open;
    const { surely, perhaps } = speakers(subject);
    const first = reading(surely, peer, dst);
    const result = surely.length === perhaps.length ? first : combined(first, reading(perhaps, peer, dst));
    return enforcement(subject) === YES ? result : combined(result, open);
  };
  const isolated = (end: End) => enforcement(end) !== NO && speakers(end).surely.length > 0;
  return { answers, isolated, speakers };
}

export function sideOf(cluster: RefCluster, units: RefUnit[], grid: Grid, voices: Voices): Side {
  const { open, closed } = grid;
  const members = units.flatMap((unit) =>
    [...unit.running, ...unit.plannedPods].map((end) => ({ end, id: unit.id })),
  );
  const egress = tables(cluster, 'Egress', grid, voices);
  const ingress = tables(cluster, 'Ingress', grid, voices);
  const towards = (direction: Direction) => (direction === 'Egress' ? egress : ingress);
  return {
    units: new Map(units.map((unit) => [unit.id, unit])),
    ends: new Map(members.map(({ end }) => [end.key, end])),
    workloads: new Map(members.map(({ end, id }) => [end.key, id])),
    answers: (src, dst) => {
      // "Pairs where a side does not exist count as must = may = false."
      if (src === undefined || dst === undefined) return closed;
      const outward = egress.answers(src, dst);
      const inward = ingress.answers(src, dst);
      if (outward === open || inward === closed) return inward;
      if (inward === open || outward === closed) return outward;
      return outward.map((answer, i) => both(answer, inward[i] ?? NO));
    },
    isolated: (end, direction) => end !== undefined && towards(direction).isolated(end),
    foreign: (end) => isForeignGoverned(cluster, end),
    speakers: (end, direction) => towards(direction).speakers(end),
  };
}
