import { type Clause, clausesOf, directions, type Peer, type PortTerm } from '../model/policy.ts';
import type { Labels } from '../model/selector.ts';
import { clauseFilings, peerFiling, termFiling } from './cover-index.ts';
import { coversClause, coversPeer, coversTerm } from './covers.ts';
import { type Held, held, type Item, item } from './held-items.ts';
import { portsKeyOf } from './phrases.ts';
import { peersKey } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { peersOf } from './written-clauses.ts';

/**
 * R49. A clause, a peer or a port item allows nothing that another one of the same policy does not allow already. Most
 * often one of the two is a mistake: the narrow one was meant, and the broad one undoes it.
 *
 * Fine where only the labels of today make it so, which the text then says; silent where a plugin could tell the two
 * apart, as for pods of the node's network.
 *
 * Fix: take a duplicate out. Where one holds the other, somebody has to say which was meant. Platforms do not differ.
 */
export const redundantRule: PolicyRule = {
  id: 'redundant-rule',
  number: 'R49',
  title: 'A part of a policy allows nothing that another part does not',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  admission: 'silent',
  page: {
    why:
      'Peers, ports and clauses only ever add to what is allowed. A peer `podSelector: {app: a}` beside ' +
      '`namespaceSelector: {}` adds nothing: all pods are let in already. The harm is in the reading: the narrow peer ' +
      'looks like a limit and is none. Often it was meant to be one, and the broad peer is the mistake.',
    fix:
      'Take a duplicate out; `lint --fix` does. Where one part holds the other and more, decide which of them was meant ' +
      'and take out the other one.',
    fine:
      'Netsluice proves it from the text of the policy: selectors by their requirements, blocks by their addresses, ports ' +
      'by their ranges. What holds only because of the labels that the own namespace has today is said so. It is silent ' +
      'where a plugin may tell the two apart, for example because only one of them matches pods of the node network.',
    platforms: '',
  },
  *check({ policy, world }: PolicyInput): Iterable<Draft> {
    const { namespace: name } = policy.ref;
    const labels = world.namespace(name)?.labels ?? null;
    const bound = { left: comparedMax };
    for (const direction of directions) {
      const clauses = clausesOf(policy, direction);
      const whole = clauses.map((clause) =>
        item(clause, clause.origin, `${peersKey(clause)} ${portsKeyOf(clause)}`),
      );
      const idle = held(whole, bound, clauseFilings(), (outer, inner) =>
        coversClause(outer, inner, { name, labels: null }),
      );
      yield* idle.map((found) => draftOf(`${direction} clause`, found, 'always'));
      const said = new Set(idle.map(({ inner }) => inner.at));
      for (const clause of clauses) {
        if (!said.has(clause.origin)) yield* within(clause, { name, labels }, bound);
      }
    }
  },
};

/** Comparisons for one policy; what is left after so many is not looked at. */
const comparedMax = 20_000;

function* within(
  clause: Clause,
  { name, labels }: { readonly name: string; readonly labels: Labels | null },
  bound: { left: number },
): Iterable<Draft> {
  const peers = writtenPeers(clause);
  const about = `${clause.direction} peer ${portsKeyOf(clause)}`;
  const always = held(peers, bound, [peerFiling()], (outer, inner) =>
    coversPeer(outer, inner, { name, labels: null }),
  );
  yield* always.map((found) => draftOf(about, found, 'always'));
  const said = new Set(always.map(({ inner }) => inner.at));
  const today = dependsOnLabels(clause)
    ? held(peers, bound, [peerFiling()], (outer, inner) => coversPeer(outer, inner, { name, labels }))
    : [];
  yield* today.flatMap((found) => (said.has(found.inner.at) ? [] : [draftOf(about, found, 'today')]));
  const ports = (clause.ports === 'any' ? [] : clause.ports).map((term: PortTerm) =>
    item(term, term.origin, portsKeyOf({ ports: [term] })),
  );
  const idle = held(ports, bound, [termFiling], coversTerm);
  yield* idle.map((found) => draftOf(`${clause.direction} port ${peersKey(clause)}`, found, 'always'));
}

/** Labels of the own namespace matter only between a peer that looks there and one that selects namespaces. */
function dependsOnLabels(clause: Clause): boolean {
  const scopes = peersOf(clause).flatMap((peer) => (peer.kind === 'pods' ? [peer.namespaces] : []));
  return scopes.includes('own') && scopes.some((scope) => scope !== 'own');
}

function writtenPeers(clause: Clause): Item<Peer>[] {
  const byPlace = new Map<string, Item<Peer>>();
  for (const peer of peersOf(clause)) {
    const known = byPlace.get(peer.origin) ?? { parts: [], at: peer.origin, key: peer.key };
    byPlace.set(peer.origin, { ...known, parts: [...known.parts, peer] });
  }
  return [...byPlace.values()];
}

function draftOf<Part>(about: string, { inner, outer, equal }: Held<Part>, when: 'always' | 'today'): Draft {
  const { at, key } = inner;
  const today = when === 'today' ? ' today: by the labels of this namespace' : ':';
  const duplicate = equal && when === 'always';
  return {
    key: `${about} ${key}`,
    at,
    happens: [
      duplicate ? `says the same as ${outer.at}` : `adds nothing${today} ${outer.at} allows all of it`,
    ],
    advice: [duplicate ? 'take it out' : 'take it out, or narrow the other one if less was meant'],
    affected: [],
    ...(duplicate ? { fix: [{ op: 'remove', at }] } : {}),
    ...(when === 'today' ? { needs: ['Namespace'], confidence: 'likely', cure: 'workload' } : {}),
  };
}
