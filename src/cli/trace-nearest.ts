import { portsOf, sideOf } from '../impact/side.ts';
import {
  type ClauseMiss,
  clauseAnswers,
  type FlowTrace,
  type PortPoint,
  portsOfEnd,
} from '../impact/trace.ts';
import { type FlowEnd, matchEnd } from '../impact/verdict.ts';
import {
  type BlockPeer,
  type Clause,
  type CompiledPolicy,
  type Direction,
  directions,
  type PodPeer,
} from '../model/policy.ts';
import { type Labels, matches, selectsEverything } from '../model/selector.ts';
import type { NearestMiss } from '../report/trace.ts';
import { editDistance, labelSlip } from '../rules/near-miss.ts';
import { formatAddress, inRange } from '../sets/addresses.ts';
import { hasPort, portRuns, portText } from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** A miss and how far it is: smaller is nearer. */
interface Ranked extends NearestMiss {
  readonly distance: number;
}

/** One end that blocks a flow. */
interface Blocking {
  readonly world: ClusterWorld;
  readonly direction: Direction;
  readonly subject: Extract<FlowEnd, { readonly kind: 'pod' }>;
  readonly other: FlowEnd;
  readonly destination: FlowEnd;
  readonly at: PortPoint;
}

/** The clause or policy that comes nearest to admitting a flow at an end that blocks it, or null. */
export function nearestMiss(world: ClusterWorld, flow: FlowTrace, at: PortPoint): NearestMiss | null {
  const { source, destination } = flow;
  const misses = directions.flatMap((direction) => {
    const [subject, other] = direction === 'egress' ? [source, destination] : [destination, source];
    if (flow[direction].verdict !== 'blocked' || subject.kind !== 'pod') return [];
    const blocking: Blocking = { world, direction, subject, other, destination, at };
    const answers = clauseAnswers(world, flow, direction, at);
    return [...answers.flatMap((answer) => clauseMisses(blocking, answer)), ...selectorMisses(blocking)];
  });
  misses.sort((a, b) => a.distance - b.distance || (a.policy < b.policy ? -1 : a.policy > b.policy ? 1 : 0));
  const [nearest] = misses;
  if (nearest === undefined) return null;
  const { distance: _, ...miss } = nearest;
  return miss;
}

function clauseMisses(blocking: Blocking, { entry, peers, port }: ClauseMiss): Ranked[] {
  const { clause } = entry;
  const at = placeOf(blocking, entry.governor.policy, clause);
  if (peers === 'yes' && port === 'no') return portMiss(blocking, clause, at);
  if (peers !== 'no' || port === 'no' || clause.peers === 'any') return [];
  const { namespace } = entry.governor.policy.ref;
  return clause.peers.flatMap((peer) =>
    peer.kind === 'block' ? blockMiss(blocking, peer, at) : podMiss(blocking, peer, namespace, at),
  );
}

type Place = Pick<NearestMiss, 'policy' | 'direction' | 'clause'> & { readonly title: string };

function placeOf({ direction }: Blocking, { ref }: CompiledPolicy, clause: Clause): Place {
  const policy = `${ref.namespace}/${ref.name}`;
  return { policy, direction, clause: clause.index, title: `${policy} ${direction}[${clause.index}]` };
}

function miss(
  { title, ...place }: Place,
  distance: number,
  differs: NearestMiss['differs'],
  [asked, found]: readonly [string, string],
  text: string,
): Ranked[] {
  return [{ ...place, distance, differs, asked, found, text: `${title} ${text}` }];
}

/** `the source` is what an ingress clause is about. */
function roleOf({ direction }: Blocking): string {
  return direction === 'ingress' ? 'the source' : 'the destination';
}

function portMiss(blocking: Blocking, clause: Clause, place: Place): Ranked[] {
  const { protocol, port } = blocking.at;
  const wanted = `${port}/${protocol}`;
  const ports = portsOf(clause, portsOfEnd(blocking.destination)).may;
  const names =
    clause.ports === 'any' ? [] : clause.ports.flatMap((term) => (term.kind === 'named' ? [term.name] : []));
  if (ports.length === 0) {
    const asked = names.map((name) => `"${name}"`).join(', ');
    const text = `admits ${roleOf(blocking)} on the port named ${asked}, which no container of the destination declares`;
    return miss(place, 2, 'port', [asked, wanted], text);
  }
  // Slips: the other protocol, a digit.
  const near = portRuns(ports).some(
    (run) =>
      (run.protocol !== protocol && port >= run.from && port <= run.to) ||
      editDistance(`${run.from}`, `${port}`) <= 1,
  );
  const asked = portText(ports);
  return miss(
    place,
    near ? 1 : 4,
    'port',
    [asked, wanted],
    `admits ${roleOf(blocking)} on ${asked}, not on ${wanted}`,
  );
}

function podMiss(blocking: Blocking, peer: PodPeer, namespace: string, place: Place): Ranked[] {
  const { world, other } = blocking;
  if (other.kind !== 'pod') return [];
  const { namespace: home, labels } = other.unit;
  const homeLabels = world.namespaceLabels(home);
  const inScope = peer.namespaces === 'own' ? home === namespace : matches(peer.namespaces, homeLabels);
  if (inScope) return labelMiss(blocking, peer, labels, place);
  const fits = matches(peer.pods, labels) && !selectsEverything(peer.pods);
  if (peer.namespaces === 'own') {
    if (!fits) return [];
    const text = `matches the labels of ${roleOf(blocking)}, but without a namespaceSelector it looks in ${namespace} only and ${roleOf(blocking)} is in ${home}`;
    return miss(place, 2, 'namespace', [namespace, home], text);
  }
  const slip = labelSlip(peer.namespaces, homeLabels);
  if (!matches(peer.pods, labels) || (slip === null && !fits)) return [];
  const [asked, found] = [peer.namespaces.text, slip?.found ?? labelsText(homeLabels)];
  return miss(
    place,
    slip === null ? 3 : 1,
    'namespace',
    [asked, found],
    `asks for namespaces with ${asked}, and namespace ${home} has ${found}`,
  );
}

function labelMiss(blocking: Blocking, { pods }: PodPeer, labels: Labels, place: Place): Ranked[] {
  const slip = labelSlip(pods, labels);
  if (slip === null) return [];
  const { asked, found } = slip;
  return miss(place, 0, 'label', [asked, found], `asks for ${asked}, and ${roleOf(blocking)} has ${found}`);
}

function labelsText(labels: Labels): string {
  return [...labels]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

/** An address that an except takes out of its block. */
function blockMiss(blocking: Blocking, { block }: BlockPeer, place: Place): Ranked[] {
  const { other } = blocking;
  const addresses = other.kind === 'address' ? [other.address] : other.kind === 'node' ? other.addresses : [];
  const excepted = addresses.find((address) => inRange(address, block.range));
  if (excepted === undefined) return [];
  const found = formatAddress(excepted);
  return miss(place, 2, 'address', [block.text, found], `names ${block.text}, which leaves ${found} out`);
}

/** Policies that would admit the flow, and nearly select the pod that blocks it. */
function selectorMisses({ world, direction, subject, other, destination, at }: Blocking): Ranked[] {
  const misses: Ranked[] = [];
  for (const policy of world.policiesIn(subject.unit.namespace)) {
    const part = policy[direction];
    const slip = part === null ? null : labelSlip(policy.subject, subject.unit.labels);
    if (part === null || slip === null) continue;
    const governor = { policy, isolates: part.isolates, clauses: part.clauses, certain: true };
    const governing = { governors: [governor], key: '', isolated: true, doubt: null };
    const admits = sideOf(world, governing, direction).entries.some(
      (entry) =>
        matchEnd(world, entry, other) === 'yes' &&
        hasPort(portsOf(entry.clause, portsOfEnd(destination)).must, at.protocol, at.port),
    );
    if (!admits) continue;
    const name = `${policy.ref.namespace}/${policy.ref.name}`;
    const pod = `${subject.unit.namespace}/${subject.name}`;
    const place = { policy: name, direction, clause: null, title: name };
    const text = `would admit it, but selects ${slip.asked}, and ${pod} has ${slip.found}`;
    misses.push(...miss(place, 1, 'pod-selector', [slip.asked, slip.found], text));
  }
  return misses;
}
