import { decide, portsOf } from '../impact/side.ts';
import type { ServiceRecord } from '../model/objects.ts';
import { clausesOf } from '../model/policy.ts';
import { targetPorts } from '../platform/services.ts';
import { intersectPorts, isEmpty, noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import { portsKey, type Unit } from '../world/unit.ts';
import { isolatedUnits, matchesOne, podsOf, sidesIn } from './isolated-pods.ts';
import { workloadsOf } from './own-namespace.ts';
import { podKinds } from './pod-kinds.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R52. Pods that stand behind a Service call it, and the Service leads back to the pod that called. A pod never blocks
 * itself, but on this way its address may be rewritten, and the pod is refused as a stranger.
 */
export const serviceHairpinBlocked: PolicyRule = {
  id: 'service-hairpin-blocked',
  number: 'R52',
  title: 'Pods may not reach themselves through their own Service',
  judges: 'policy',
  severity: always('info'),
  confidence: 'heuristic',
  cure: 'policy',
  needs: [...podKinds, 'NetworkPolicy', 'Service'],
  restsOnVerdicts: true,
  cost: 'namespace',
  admission: 'silent',
  page: {
    why: `
      "A pod cannot block access to itself" holds for its own address. When a pod calls the Service that
      it stands behind, the call may come back to the same pod, with an address that the node has
      rewritten: the policy sees a stranger. It fails now and then, for one of so many replicas, which
      makes it hard to find.`,
    fix: `
      Admit the workload's own labels on the port. Where the node rewrites the address to its own, even
      that does not help: let the pods call \`localhost\`.`,
    fine: `
      Most workloads never call their own Service, and nobody can see that from outside; so this is an
      info, which the command line and the scan alone print. The rule is silent where the own pods are
      admitted by a selector, for headless Services, where egress keeps the pods from calling, and where
      the policy admits nobody on the port.`,
    platforms: `
      Whether the address is rewritten depends on the plugin and on the mode of kube-proxy.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, policy, invented } = input;
    if (invented || clausesOf(policy, 'ingress').length === 0) return;
    const ingress = sidesIn(world, 'ingress');
    const egress = sidesIn(world, 'egress');
    const admitted = admittedBy(input);
    const units = isolatedUnits(input, 'ingress')
      .slice(0, unitsMax)
      .filter((unit) => {
        const target = admitted(unit, servicePorts(input, unit));
        if (isEmpty(target)) return false;
        const itself = {
          into: decide(ingress(unit), (entry) => matchesOne(world, entry, unit), unit.ports),
          out: decide(egress(unit), (entry) => matchesOne(world, entry, unit), unit.ports),
        };
        return (
          isEmpty(intersectPorts(target, itself.into.may)) && !isEmpty(intersectPorts(target, itself.out.may))
        );
      });
    if (units.length === 0) return;
    yield {
      key: '',
      at: 'spec.ingress',
      happens: [
        'pods of ',
        workloadsOf(units),
        ' may be refused when they call their own Service and it leads back to them',
      ],
      advice: ['admit their own labels too, if they do call it'],
      affected: podsOf(units),
      related: [...new Set(units.flatMap((unit) => addressedServices(input, unit)))]
        .slice(0, 3)
        .map((service) => objectThat(service.kind, service, 'this Service leads back to them')),
    };
  },
};

/** The Services of each unit are looked up; a policy of so many units is no policy of one workload. */
const unitsMax = 200;

/** The Services of a unit that have an address of their own. */
function addressedServices({ facts }: PolicyInput, unit: Unit): readonly ServiceRecord[] {
  return facts.services(unit).filter(({ headless, type }) => !headless && type !== 'ExternalName');
}

/** Ports on the pods that these lead to. */
function servicePorts(input: PolicyInput, unit: Unit): PortSet {
  return addressedServices(input, unit)
    .flatMap(({ ports }) => ports)
    .reduce<PortSet>((sum, port) => unionPorts(sum, targetPorts(port, unit)), noPorts);
}

/** Of the ports that a unit's Services lead to, those on which this policy admits anybody. */
function admittedBy({ policy }: PolicyInput): (unit: Unit, target: PortSet) => PortSet {
  const known = new Map<string, PortSet>();
  return (unit, target) => {
    if (isEmpty(target)) return noPorts;
    const key = `${portsKey(unit.ports)} ${target.join()}`;
    const found =
      known.get(key) ??
      clausesOf(policy, 'ingress').reduce<PortSet>(
        (sum, clause) => unionPorts(sum, intersectPorts(target, portsOf(clause, unit.ports).may)),
        noPorts,
      );
    known.set(key, found);
    return found;
  };
}
