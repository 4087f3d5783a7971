import { portsOf } from '../impact/side.ts';
import type { Related } from '../model/finding.ts';
import { type BlockPeer, type Clause, clausesOf } from '../model/policy.ts';
import type { Exposure } from '../platform/exposures.ts';
import { intersectPorts, isEmpty } from '../sets/port-set.ts';
import { isWide } from '../sets/ranges.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { podsOf } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { realSubjects } from './pod-peers.ts';
import type { Draft, PolicyInput, PolicyRule } from './rule.ts';

/**
 * R28. An ingress ipBlock lists addresses of clients, but the pods sit behind something that puts an address of its own
 * in their place: a LoadBalancer or NodePort Service with `externalTrafficPolicy: Cluster`, or an ingress controller.
 */
export const ingressIpblockSeesSnat: PolicyRule = {
  id: 'ingress-ipblock-sees-snat',
  number: 'R28',
  title: 'An ipBlock of clients never sees their addresses',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'likely',
  cure: 'workload',
  needs: ['Pod', 'Service', 'Ingress', 'Node'],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: 'With `externalTrafficPolicy: Cluster`, the default, a node that receives traffic for a LoadBalancer or NodePort Service may hand it to a pod of another node, and writes its own address as the source. Behind an Ingress the pod sees the ingress controller. So a block with the addresses of clients admits none of them, and all of them once somebody admits the nodes.',
    fix: 'Set `externalTrafficPolicy: Local` on the Service, so that the address of the client stays, or restrict clients where they arrive: `loadBalancerSourceRanges` of the Service, or the ingress controller. In the policy admit the controller or the nodes.',
    fine: 'With `externalTrafficPolicy: Local` the rule is silent, and for blocks that hold nodes, pods or nearly all addresses. Load balancers that send straight to pods (container-native load balancing) keep the client’s address or use ranges of their own: waive the finding there.',
    platforms:
      'Data planes with direct server return (Calico’s eBPF data plane, Cilium with `loadBalancer.mode=dsr`) keep the address of the client whatever the Service says.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const found = clausesOf(input.policy, 'ingress').flatMap((clause) => {
      const named = clause.peers !== 'any' && clause.peers.some(({ kind }) => kind === 'block');
      const hidden = named ? hiddenBehind(input, clause) : [];
      const blocks = hidden.length === 0 ? [] : clientBlocks(input, clause);
      return blocks.length === 0 ? [] : [{ blocks, hidden }];
    });
    const [first] = found;
    const [block] = first?.blocks ?? [];
    const [behind] = first?.hidden ?? [];
    if (block === undefined || behind === undefined) return;
    const units = [...new Set(found.flatMap(({ hidden }) => hidden.flatMap((each) => each.units)))];
    const more = new Set(found.flatMap(({ blocks }) => blocks.map(({ key }) => key))).size - 1;
    const { by, object } = behind.exposure;
    const { namespace, name } = object;
    // Only an HTTPRoute may lie in another namespace than its backends.
    const own = namespace === input.policy.ref.namespace;
    yield {
      key: '',
      at: block.origin,
      happens: [
        `${podsDo(units, kindOfPods(input), verb)} ${seen[by]} and not the clients of ${by} `,
        own ? name : { kind: 'workload', namespace, name },
        `: ${block.block.text.split(' except ')[0]}${more > 0 ? ` (+${more})` : ''} never matches`,
      ],
      advice: [by === 'Ingress' || by === 'HTTPRoute' ? 'restrict clients there' : advice],
      affected: podsOf(units),
      related: found.flatMap(({ hidden }) => hidden.map(({ exposure }) => relatedTo(exposure))).slice(0, 3),
    };
  },
};

const verb = { one: 'sees', many: 'see', invented: 'will see' };

const seen: Readonly<Record<Exposure['by'], string>> = {
  LoadBalancer: 'addresses of nodes',
  NodePort: 'addresses of nodes',
  Ingress: 'the ingress controller',
  HTTPRoute: 'the gateway',
};

const advice = 'set externalTrafficPolicy: Local there, or use loadBalancerSourceRanges';

/** Blocks that can only be meant for clients outside. */
function clientBlocks({ facts }: PolicyInput, { peers }: Clause): readonly BlockPeer[] {
  if (peers === 'any') return [];
  return peers.filter(
    (peer): peer is BlockPeer => peer.kind === 'block' && !isWide(peer.block) && facts.holding(peer) === null,
  );
}

interface Hidden {
  readonly exposure: Exposure;
  readonly units: readonly Unit[];
}

/** What stands between the clients and the pods that a clause is about. A Service that keeps addresses wins. */
function hiddenBehind(input: PolicyInput, clause: Clause): readonly Hidden[] {
  const { facts, policy, world } = input;
  const subjects = realSubjects(input);
  const reached = facts.exposures(policy.ref.namespace).map((exposure) => ({
    exposure,
    units: subjects.filter(({ id, ports }) => {
      const target = exposure.ports.get(id) ?? [];
      return !isEmpty(intersectPorts(portsOf(clause, ports).may, target));
    }),
  }));
  const kept = new Set(
    reached.filter(({ exposure }) => keepsAddress(world, exposure)).flatMap(({ units }) => units),
  );
  return reached
    .map(({ exposure, units }) => ({ exposure, units: units.filter((unit) => !kept.has(unit)) }))
    .filter(({ units }) => units.length > 0)
    .sort((a, b) => order.indexOf(a.exposure.by) - order.indexOf(b.exposure.by));
}

const order: readonly Exposure['by'][] = ['LoadBalancer', 'NodePort', 'Ingress', 'HTTPRoute'];

function keepsAddress(world: World, { by, object }: Exposure): boolean {
  if (by === 'Ingress' || by === 'HTTPRoute') return false;
  return world.record('Service', object.namespace, object.name)?.externalTrafficPolicy === 'Local';
}

function relatedTo({ by, object: { namespace, name } }: Exposure): Related {
  if (by === 'Ingress' || by === 'HTTPRoute')
    return { object: { kind: by, namespace, name }, at: '', says: 'its controller calls these pods' };
  const says = 'with Cluster, nodes put their own address in place of the client’s';
  return { object: { kind: 'Service', namespace, name }, at: 'spec.externalTrafficPolicy', says };
}
