import type { Phrase } from '../model/finding.ts';
import type { Clause, PortTerm } from '../model/policy.ts';
import { podIds, weightOf } from '../world/unit.ts';
import { podKinds } from './pod-kinds.ts';
import { destinationsOf, peersKey, podCount, portTermsOf } from './pod-peers.ts';
import { type PortMeant, portMeant } from './port-meant.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R12. A clause allows a port by name, and some or all of the destination pods have no container port of that name and
 * protocol. A name that does not resolve allows nothing. Names of a Service's ports are other names.
 */
export const namedPortUnresolved: PolicyRule = {
  id: 'named-port-unresolved',
  number: 'R12',
  title: 'A named port resolves on none or only some of the destination pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'workload',
  needs: [...podKinds, 'Service'],
  restsOnVerdicts: false,
  cost: 'peers',
  page: {
    why: `
      A named port is looked up in the containers of each destination pod, with its protocol. Where no
      container declares the name, the clause allows nothing. The names of a Service's ports are other
      names: they are not asked.`,
    fix: `
      Write the name that the container port has, or its number. \`lint --fix\` does, where all
      destination pods say the same.`,
    fine: `
      A selector may take in pods of several kinds, of which some do not have the port, and a new
      version may bring the name. The rule is loud only where no pod has it, and where a port that the
      clause does not allow yet has nearly the name, or another protocol, or is called so by a Service,
      or is the only one there is. Sidecars and templates count.`,
    platforms: 'Plugins differ on names that only ordinary init containers declare.',
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

type Named = Extract<PortTerm, { readonly kind: 'named' }>;

function judge(input: PolicyInput, clause: Clause, term: Named): Draft | null {
  const { name, protocol } = term;
  const destinations = destinationsOf(input, clause) ?? [];
  const missing = destinations.filter(
    ({ ports }) => !ports.some((port) => port.name === name && port.protocol === protocol),
  );
  if (missing.length === 0) return null;
  const resolved = destinations.length > missing.length;
  const pods = podCount(missing);
  const of = resolved ? `${pods} of ${destinations.reduce((sum, unit) => sum + weightOf(unit), 0)}` : pods;
  const meant = resolved ? null : portMeant(input, clause, term, missing);
  return {
    key: `${clause.direction} ${name}/${protocol} ${peersKey(clause)}`,
    at: `${term.origin}.port`,
    happens: [`port ${name}/${protocol} is unknown to ${of} until a container declares it`],
    advice: meant === null ? [] : tell(input, meant),
    affected: missing.flatMap(podIds).sort(),
    severity: always(meant === null ? 'info' : 'warning'),
    related: meant?.related ?? [],
    fix: meant?.unit.namespace === input.policy.ref.namespace ? meant.fix : [],
  };
}

/** Names of ports are told of the policy's own pods only. */
function tell({ policy }: PolicyInput, { unit, write }: PortMeant): Phrase {
  const { namespace, workload } = unit;
  if (namespace === policy.ref.namespace) return [`write ${write}`];
  return ['compare it with the ports of ', { kind: 'workload', namespace, name: workload.name }];
}
