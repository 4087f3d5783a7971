import type { Clause, PortTerm } from '../model/policy.ts';
import { type Protocol, protocols } from '../model/port.ts';
import { selectsEverything } from '../model/selector.ts';
import { podIds, type Unit } from '../world/unit.ts';
import { podsDo } from './phrases.ts';
import { podKinds } from './pod-kinds.ts';
import { destinationsOf, peersKey, podCount, portTermsOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { peersOf } from './written-clauses.ts';

/**
 * R40. A port name that is not one port: it stands for different numbers on the destination pods, twice on one of them,
 * or only for a port of another protocol than the item's, which is TCP where none is written.
 *
 * Fine while a new version replaces an old one, which is what names are for, so that it is an info; silent where a
 * selector takes in every pod, as for `metrics` everywhere, and where the same clause also names the right protocol.
 *
 * Fix: write the protocol that the containers declare, or give ports of different meaning different names.
 */
export const namedPortAmbiguous: PolicyRule = {
  id: 'named-port-ambiguous',
  number: 'R40',
  title: 'A named port stands for different ports, or for one of another protocol',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'workload',
  needs: podKinds,
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why:
      'A port name is looked up on each destination pod, together with the protocol of the item, which is TCP where none ' +
      'is written. `port: dns` without a protocol therefore finds nothing on a pod that declares `dns` as UDP: the clause ' +
      'reads right and allows nothing. And one name may be 8080 on some of the pods and 9090 on others, or twice on one, ' +
      'so that the clause allows more than the author had in mind.',
    fix:
      'Write the `protocol` that the containers declare; this is what `lint --fix` does. Where one name stands for ports ' +
      'of different meaning, give them different names, or write the number.',
    fine:
      'Different numbers under one name are a feature while a new version replaces the old one: it is an info. Netsluice ' +
      'is silent where the selector takes in every pod of a namespace, because `port: metrics` everywhere is what names ' +
      'are for, and where the clause names the port in the right protocol too.',
    platforms: 'All resolve names for each pod. Plugins differ on names that only init containers declare.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const { clause, term } of portTermsOf(input.policy)) {
      const draft = term.kind === 'named' ? judge(input, clause, term) : null;
      if (draft === null || told.has(draft.key)) continue;
      told.add(draft.key);
      yield draft;
    }
  },
};

/** Peers that take in more are not meant for one workload, and would take long to look at. */
const unitsMax = 1000;

type Named = Extract<PortTerm, { readonly kind: 'named' }>;

function judge(input: PolicyInput, clause: Clause, term: Named): Draft | null {
  const units = destinationsOf(input, clause) ?? [];
  if (units.length > unitsMax) return null;
  const declaring = units.filter(({ ports }) => ports.some(({ name }) => name === term.name));
  const other = otherProtocol(declaring, clause, term);
  if (other !== null) return mismatch(term, clause, declaring, other);
  const twice = declaring.some((unit) => numbersOn(unit, term).size > 1);
  return takesEverything(input, clause) && !twice ? null : severalNumbers(declaring, clause, term);
}

/** The one protocol under which all of these pods declare the name, where the clause does not allow it under that one. */
function otherProtocol(declaring: readonly Unit[], clause: Clause, { name }: Named): Protocol | null {
  const found = new Set(
    declaring.flatMap(({ ports }) => ports.flatMap((port) => (port.name === name ? [port.protocol] : []))),
  );
  const [only, second] = protocols.filter((protocol) => found.has(protocol));
  const allowed = clause.ports === 'any' ? [] : clause.ports;
  const named = allowed.some((item) => item.kind === 'named' && item.name === name && item.protocol === only);
  return only === undefined || second !== undefined || named ? null : only;
}

const declare = { one: 'declares', many: 'declare', invented: 'declares' };

function mismatch(term: Named, clause: Clause, declaring: readonly Unit[], other: Protocol): Draft {
  const { name, protocol, origin } = term;
  return {
    key: `${clause.direction} ${name}/${protocol} ${peersKey(clause)}`,
    at: `${origin}.port`,
    happens: [
      `${podsDo(declaring, 'real', declare)} ${name} as ${other}, and the item allows it as ${protocol}`,
    ],
    advice: [`write protocol: ${other}`],
    affected: podsOf(declaring),
    fix: [{ op: 'set', at: `${origin}.protocol`, value: other }],
  };
}

function severalNumbers(declaring: readonly Unit[], clause: Clause, term: Named): Draft | null {
  const { name, protocol, origin } = term;
  const byNumber = new Map<number, Unit[]>();
  for (const unit of declaring) {
    for (const number of numbersOn(unit, term)) byNumber.set(number, [...(byNumber.get(number) ?? []), unit]);
  }
  if (byNumber.size < 2) return null;
  const numbers = [...byNumber].sort(([a], [b]) => a - b);
  const texts = numbers.slice(0, 3).map(([number, units]) => `${number} on ${podCount(units)}`);
  const more = numbers.length > 3 ? ', …' : '';
  return {
    key: `${clause.direction} ${name}/${protocol} ${peersKey(clause)}`,
    at: `${origin}.port`,
    happens: [`port ${name}/${protocol} is ${texts.join(', ')}${more}`],
    advice: ['fine while one replaces the other; else give them different names'],
    affected: podsOf(declaring),
  };
}

function numbersOn({ ports }: Unit, { name, protocol }: Named): ReadonlySet<number> {
  const same = ports.filter((port) => port.name === name && port.protocol === protocol);
  return new Set(same.map(({ number }) => number));
}

function takesEverything({ policy }: PolicyInput, clause: Clause): boolean {
  if (clause.direction === 'ingress') return selectsEverything(policy.subject);
  return peersOf(clause).some((peer) => peer.kind === 'pods' && selectsEverything(peer.pods));
}

function podsOf(units: readonly Unit[]): string[] {
  return units.flatMap(podIds).sort();
}
