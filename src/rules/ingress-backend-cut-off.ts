import { portsOf } from '../impact/side.ts';
import type { Need, Phrase } from '../model/finding.ts';
import type { Exposure } from '../platform/exposures.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, noPorts, portText, unionPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { unitsOf } from './pod-peers.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

const everyNeed: readonly Need[] = ['Pod', 'Namespace', 'NetworkPolicy', 'Service'];

/**
 * R19. Pods that an Ingress, HTTPRoute, LoadBalancer or NodePort leads to become isolated, and no clause admits on the target port
 * those who bring the traffic: the ingress controller, or for the others addresses outside the cluster.
 */
export const ingressBackendCutOff: PolicyRule = {
  id: 'ingress-backend-cut-off',
  number: 'R19',
  title: 'The backends of an Ingress or exposed Service are cut off',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: [...everyNeed, 'Ingress'],
  restsOnVerdicts: true,
  cost: 'peers',
  page: {
    why: `
      Traffic from outside reaches the pods from the ingress controller, or from addresses outside the
      cluster for a LoadBalancer or NodePort. A policy that admits the own namespace only cuts these
      off, and users see errors of the gateway.`,
    fix: `
      Allow the target port from the controller's namespace and pods; for a LoadBalancer or NodePort
      allow it without \`from\` or from the ranges that clients come from.`,
    fine: `
      Silent where a clause without peers or any \`ipBlock\` allows the port: whether a block holds the
      load balancer cannot be known. Where no ingress controller is found, only a port that no clause
      allows is told.`,
    platforms: `
      Load balancers differ in the source address that pods see: the client's, a node's, or their own.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { facts, policy } = input;
    const found = facts.exposures(policy.ref.namespace).flatMap((exposure) => {
      const backends = isolatedUnits(input, 'ingress', BitSet.of(exposure.ports.keys()));
      const harmed = newlyHarmed(input, backends, (world) => harmOf(world, exposure));
      return harmed.length === 0 ? [] : [{ exposure, harmed }];
    });
    const [first] = found;
    if (first === undefined) return;
    const units = [...new Set(found.flatMap(({ harmed }) => harmed))];
    const { ports } = first.exposure;
    const target = first.harmed.reduce((sum, { id }) => unionPorts(sum, ports.get(id) ?? noPorts), noPorts);
    const more = found.length > 1 ? ` and ${found.length - 1} more` : '';
    const lose = { one: 'loses', many: 'lose', invented: 'will lose' };
    yield {
      key: '',
      at: placeOfIsolation(policy, 'ingress'),
      happens: [
        `${podsDo(units, kindOfPods(input), lose)} the traffic of `,
        ...nameOf(input, first.exposure),
        `${more} until another policy allows ${portText(target)} from `,
        ...callersText(input, first.exposure),
      ],
      advice: [],
      affected: podsOf(units),
      needs: needsOf(first.exposure),
      related: found
        .slice(0, 3)
        .map(({ exposure }) => objectThat(kindOf(exposure), exposure.object, 'leads to these pods')),
    };
  },
};

function harmOf(world: World, { ports, callers }: Exposure): Harm {
  const sideFor = sidesIn(world, 'ingress');
  return (unit: Unit) => {
    const target = ports.get(unit.id) ?? noPorts;
    const { governing, entries } = sideFor(unit);
    if (isEmpty(target) || !governing.isolated) return false;
    return !entries.some(({ clause, members }) => {
      if (isEmpty(intersectPorts(portsOf(clause, unit.ports).may, target))) return false;
      if (clause.peers === 'any' || members === 'any') return true;
      if (clause.peers.some(({ kind }) => kind === 'block')) return true;
      return callers !== 'internet' && (callers.isEmpty() || members.may.intersects(callers));
    });
  };
}

/** Only an HTTPRoute may lie in another namespace than its backends. */
function nameOf({ policy }: PolicyInput, { by, object: { namespace, name } }: Exposure): Phrase {
  if (namespace === policy.ref.namespace) return [`${by} ${name}`];
  return [`${by} `, { kind: 'workload', namespace, name }];
}

/** That a kind is denied which the finding does not rest on does not weaken it. */
function needsOf({ by }: Exposure): readonly Need[] {
  return by === 'Ingress' || by === 'HTTPRoute' ? [...everyNeed, by] : everyNeed;
}

function kindOf({ by }: Exposure): string {
  return by === 'LoadBalancer' || by === 'NodePort' ? 'Service' : by;
}

function callersText({ world }: PolicyInput, { callers }: Exposure): Phrase {
  if (callers === 'internet') return ['outside'];
  const [unit] = unitsOf(world, callers);
  if (unit === undefined) return ['the ingress controller'];
  return [{ kind: 'workload', namespace: unit.namespace, name: unit.workload.name }];
}
