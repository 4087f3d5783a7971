import { decide, type Side } from '../impact/side.ts';
import { type FlowEnd, matchEnd } from '../impact/verdict.ts';
import type { Need, Phrase, Related } from '../model/finding.ts';
import type { Labels } from '../model/selector.ts';
import { type ApiEndpoint, type ApiEndpoints, isBound } from '../platform/api-endpoints.ts';
import { shapeOf } from '../platform/shape-of.ts';
import { parseAddress } from '../sets/addresses.ts';
import { intersectPorts, isEmpty, noPorts, portText, unionPorts } from '../sets/port-set.ts';
import { blockHolds, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

const everyNeed: readonly Need[] = ['Pod', 'Namespace', 'NetworkPolicy', 'EndpointSlice'];

/**
 * R20. Pods that talk to the API server become isolated for egress, and no clause lets them reach the addresses and
 * ports where it really listens. Those are what counts, not the ClusterIP 443 of the Service `kubernetes`.
 */
export const egressKubeApiserverBlocked: PolicyRule = {
  id: 'egress-kube-apiserver-blocked',
  number: 'R20',
  title: 'Pods cannot reach the API server',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: [...everyNeed, 'RoleBinding'],
  restsOnVerdicts: true,
  cost: 'namespace',
  page: {
    why: 'Operators and controllers call the API server through the Service `kubernetes`, whose ClusterIP and port 443 are replaced by the address and port of an API server before most network plugins look: a node’s address and 6443, say. A clause for the ClusterIP, for port 443, or with selectors (the API server shares the network of its node) allows none of that. The pods start, and then hang.',
    fix: 'Allow the addresses and ports of `kubectl get endpointslices -n default -l kubernetes.io/service-name=kubernetes`.',
    fine: 'Most pods have a token and never use it. The rule only counts pods whose service account is bound to a role, and pods with labels of an operator; `automountServiceAccountToken: false` in the pod silences it. Without the EndpointSlice of the API server nothing is said.',
    platforms:
      'Cilium matches nodes with an `ipBlock` only with `policy-cidr-match-mode: nodes`; otherwise a CiliumNetworkPolicy with `toEntities: [kube-apiserver]` is needed. On hosted control planes the port is most often 443.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const isolated = isolatedUnits(input, 'egress');
    if (isolated.length === 0) return;
    const api = input.facts.apiEndpoints();
    if (api.endpoints.length === 0) return;
    const cutOff = newlyHarmed(input, isolated, (world) => harmOf(world, api));
    const harmed = cutOff.filter((unit) => isApiClient(input, unit));
    if (harmed.length === 0) return;
    yield {
      key: '',
      at: placeOfIsolation(input.policy, 'egress'),
      happens: [
        `${podsDo(harmed, kindOfPods(input), verb)} the API server until another policy allows `,
        ...whatToAllow(api.endpoints),
      ],
      advice: adviceOf(input, api, harmed),
      affected: podsOf(harmed),
      // Labels of an operator tell it without any binding.
      needs: harmed.every(({ labels }) => isOperator(labels)) ? everyNeed : [...everyNeed, 'RoleBinding'],
      related: related(api),
    };
  },
};

const verb = { one: 'cannot reach', many: 'cannot reach', invented: 'will not reach' };

/** Does it likely call the API server: by a mounted token and a role to use it with, or by the labels of an operator? */
export function isApiClient({ world }: Pick<PolicyInput, 'facts' | 'world'>, unit: Unit): boolean {
  const shape = shapeOf(world, unit);
  if (shape === undefined || shape.automountToken === false) return false;
  return isOperator(unit.labels) || isBound(world, unit.namespace, shape.serviceAccount);
}

/** Scaffolds of operators write these labels, and so do most charts of them. */
function isOperator(labels: Labels): boolean {
  if (labels.get('control-plane') === 'controller-manager') return true;
  const component = labels.get('app.kubernetes.io/component') ?? '';
  return component === 'operator' || component === 'controller-manager';
}

function harmOf(world: World, { endpoints }: ApiEndpoints): Harm {
  const sideFor = sidesIn(world, 'egress');
  const known = new Map<Side, boolean>();
  return (unit) => {
    const side = sideFor(unit);
    if (!side.governing.isolated) return false;
    const blocked = known.get(side) ?? !endpoints.some((endpoint) => mayReach(world, side, endpoint));
    known.set(side, blocked);
    return blocked;
  };
}

function mayReach(world: World, side: Side, { address, node, ports }: ApiEndpoint): boolean {
  const end: FlowEnd =
    node === null
      ? { kind: 'address', address }
      : { kind: 'node', name: node, addresses: [address], pod: apiServerPod };
  return !isEmpty(intersectPorts(decide(side, (entry) => matchEnd(world, entry, end), []).may, ports));
}

/** How kubeadm and its like run it; some plugins let selectors match it. */
const apiServerPod = {
  namespace: 'kube-system',
  labels: new Map([
    ['component', 'kube-apiserver'],
    ['tier', 'control-plane'],
  ]),
};

function whatToAllow(endpoints: readonly ApiEndpoint[]): Phrase {
  const ports = endpoints.reduce((sum, endpoint) => unionPorts(sum, endpoint.ports), noPorts);
  const [first] = endpoints;
  const more = endpoints.length > 1 ? ` (+${endpoints.length - 1})` : '';
  return [`${portText(ports)} to ${first?.text ?? ''}${more}`];
}

/** Says what the ClusterIP does where a clause names it, and that selectors do not match the plugin's nodes. */
function adviceOf(
  { world }: PolicyInput,
  { clusterAddresses, endpoints }: ApiEndpoints,
  [unit]: readonly Unit[],
): Phrase {
  if (unit === undefined) return [];
  const { entries } = sidesIn(world, 'egress')(unit);
  const peers = entries.flatMap(({ clause }) => (clause.peers === 'any' ? [] : clause.peers));
  const holds = (text: string): boolean => {
    const address = parseAddress(text);
    return peers.some((peer) => peer.kind === 'block' && address !== null && blockHolds(peer.block, address));
  };
  const onNode = endpoints.some(({ text, node }) => node !== null && holds(text));
  if (onNode && world.profile.ipBlockNodes === 'does-not-match')
    return ['an ipBlock does not match nodes with this network plugin'];
  const named = clusterAddresses.find(holds);
  return named === undefined ? [] : [`the ClusterIP ${named} is translated before most plugins look`];
}

function related({ endpoints }: ApiEndpoints): readonly Related[] {
  const [first] = endpoints;
  const says = `leads to ${first?.text ?? ''} on ${portText(first?.ports ?? noPorts)}`;
  return [{ object: { kind: 'Service', namespace: 'default', name: 'kubernetes' }, at: '', says }];
}
