/** What the clusters and changes of a run were like: a run proves nothing of what never occurred in it. */
import { profiles } from '../../src/model/profile.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { deliveries } from '../support/deliveries.ts';
import type { RefEdit } from '../support/reference/arbitrary-change.ts';
import type { RefDifference } from '../support/reference/difference.ts';
import { list, type RefCluster } from '../support/reference/objects.ts';

const kinds = ['NetworkPolicy', 'Pod', 'Deployment'];

/** What a long run must have met; a run that did not says so. */
const expected: readonly string[] = [
  ...kinds.flatMap((kind) => ['created', 'updated', 'deleted'].map((what) => `${kind} ${what}`)),
  ...['Namespace created', 'Namespace updated', 'lists of edits'],
  ...['pods', 'addresses'].flatMap((where) => [
    `blocks ${where}`,
    `allows ${where}`,
    `leaves ${where} unknown`,
  ]),
  ...['ingress', 'egress'].flatMap((direction) => [`isolates ${direction}`, `frees ${direction}`]),
  ...['changes nothing', 'grade implied', 'grade withdrawn'],
  ...['flow allowed', 'flow blocked', 'flow unknown'],
  ...[
    'carried out by events',
    'carried out by a relist',
    'size large',
    'size medium',
    'size usual',
    'size small',
  ],
  ...Object.keys(deliveries).map((name) => `delivery ${name}`),
  ...[...profiles.keys()].map((id) => `profile ${id}`),
  ...['has an IPv4 block', 'has an IPv6 block', 'has a block of a whole family', 'has a block with except'],
  ...['has pods inside a block', 'has pods partly inside a block', 'has pods that are told together'],
  ...['has a podSelector peer', 'has a namespaceSelector peer', 'has a named port', 'has a range of ports'],
  ...['has a hostNetwork pod', 'has a finished pod', 'has a pod of two families', 'has planned pods'],
  ...['has a pod without an address', 'has a node', 'has a namespace without a record'],
  ...['has a policy that is not analysed', 'closes unselected pods', 'may not enforce policies'],
  'has more than 64 units',
  'rows of connections',
];

/** Named counts; zero for what was expected and never came. */
export class Counters {
  readonly counts = new Map(expected.map((name) => [name, 0]));

  add(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }
}

const clausesIn = ({ policies }: RefCluster) =>
  policies.flatMap(({ spec }) => [...list(spec?.ingress), ...list(spec?.egress)]);

export function countCluster(cluster: RefCluster, counters: Counters): void {
  const met = new Set<string>();
  for (const { from, to, ports } of clausesIn(cluster)) {
    for (const { ipBlock, podSelector, namespaceSelector } of [...list(from), ...list(to)]) {
      if (podSelector) met.add('has a podSelector peer');
      if (namespaceSelector) met.add('has a namespaceSelector peer');
      if (!ipBlock) continue;
      met.add(ipBlock.cidr.includes(':') ? 'has an IPv6 block' : 'has an IPv4 block');
      if (ipBlock.cidr.endsWith('/0')) met.add('has a block of a whole family');
      if (list(ipBlock.except).length > 0) met.add('has a block with except');
    }
    for (const { port, endPort } of list(ports)) {
      if (typeof port === 'string') met.add('has a named port');
      if (endPort != null) met.add('has a range of ports');
    }
  }
  for (const { spec, status } of cluster.pods) {
    if (spec.hostNetwork === true) met.add('has a hostNetwork pod');
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') met.add('has a finished pod');
    if (list(status?.podIPs).length > 1) met.add('has a pod of two families');
    if (list(status?.podIPs).length === 0) met.add('has a pod without an address');
  }
  const { profile, foreign, namespaces, nodes } = cluster;
  if (foreign.length > 0) met.add('has a policy that is not analysed');
  if (profile.unselectedPods === 'closed') met.add('closes unselected pods');
  if (profile.enforcement !== 'yes') met.add('may not enforce policies');
  if (nodes.length > 0) met.add('has a node');
  if (cluster.pods.some((pod) => !namespaces.some((each) => each.metadata.name === pod.metadata.namespace)))
    met.add('has a namespace without a record');
  for (const name of met) counters.add(name);
}

export function countWorld(world: ClusterWorld, counters: Counters): void {
  const met = new Set<string>();
  world.units.forEach((id) => {
    const unit = world.unit(id);
    if (unit === undefined) return;
    if (unit.addressing.inside.size > 0) met.add('has pods inside a block');
    if (unit.addressing.partly.size > 0) met.add('has pods partly inside a block');
    if (unit.planned > 0) met.add('has planned pods');
    if (unit.members.size > 1) met.add('has pods that are told together');
  });
  if (world.units.size > 64) met.add('has more than 64 units');
  for (const name of met) counters.add(name);
}

export function countEdits(edits: readonly RefEdit[], counters: Counters): void {
  for (const { kind, before, after } of edits) {
    const what = before === undefined ? 'created' : after === undefined ? 'deleted' : 'updated';
    counters.add(`${kind} ${what}`);
  }
  if (edits.length > 1) counters.add('lists of edits');
}

export function countOutcome({ rows, external, isolation }: RefDifference, counters: Counters): void {
  const met = new Set<string>();
  if (rows.length + external.length + isolation.length === 0) met.add('changes nothing');
  for (const [where, found] of [
    ['pods', rows.filter(({ src, dst }) => src !== 'internet' && dst !== 'internet')],
    ['addresses', external],
  ] as const) {
    for (const { lost, gained, undecided } of found) {
      if (lost.length > 0) met.add(`blocks ${where}`);
      if (gained.length > 0) met.add(`allows ${where}`);
      if (undecided.length > 0) met.add(`leaves ${where} unknown`);
    }
  }
  for (const { grade } of rows) if (grade !== null) met.add(`grade ${grade}`);
  for (const { direction, isolated, freed } of isolation) {
    if (isolated.running + isolated.planned > 0) met.add(`isolates ${direction.toLowerCase()}`);
    if (freed.running + freed.planned > 0) met.add(`frees ${direction.toLowerCase()}`);
  }
  for (const name of met) counters.add(name);
}
