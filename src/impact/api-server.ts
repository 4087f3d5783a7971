import type { Peer, PodPeer } from '../model/policy.ts';
import { everything, selectorOf } from '../model/selector.ts';
import type { Callback } from '../platform/callbacks.ts';
import type { Facts } from '../platform/facts.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, noPorts, type PortSet } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import type { Difference } from './rectangle.ts';
import { type Entry, portsOf, type Side, sideOf } from './side.ts';

/**
 * Could the API server reach a unit on one of the ports? It is a process of a node or runs outside the cluster, at an
 * address that nobody states: no selector matches it, a clause without peers admits it, and an ipBlock or selectors
 * that match konnectivity agents may.
 */
export function mayReach(world: World, { governing, entries }: Side, unit: Unit, called: PortSet): boolean {
  if (!governing.isolated) return true;
  return entries.some(
    (entry) =>
      !isEmpty(intersectPorts(portsOf(entry.clause, unit.ports).may, called)) && mayAdmit(world, entry),
  );
}

function mayAdmit(world: World, { clause, members, governor }: Entry): boolean {
  if (clause.peers === 'any' || members === 'any') return true;
  const { namespace } = governor.policy.ref;
  if (clause.peers.some((peer) => mayMatchServer(peer, namespace))) return true;
  return agents.some((agent) => world.peerUnits('kube-system', agent).may.intersects(members.may));
}

/** Where selectors match pods of the node's network they may match those of the API server, in kube-system or its like. */
function mayMatchServer(peer: Peer, namespace: string): boolean {
  if (peer.kind === 'block' || peer.outside !== 'no') return true;
  return peer.hostNetwork !== 'no' && (peer.namespaces !== 'own' || namespace === 'kube-system');
}

/** Hosted control planes call into the cluster through these pods, wherever they run. */
const agents: readonly PodPeer[] = ['k8s-app', 'app', 'app.kubernetes.io/name'].map((key) => {
  const pods = selectorOf([{ key, operator: 'In', values: ['konnectivity-agent'] }]);
  const only = { hostNetwork: 'no', outside: 'no' } as const;
  return {
    kind: 'pods',
    namespaces: everything,
    pods,
    ...only,
    origin: '',
    key: `pods {${pods.text}} in {}`,
  };
});

/** Pods that the API server calls and can no longer reach, and the ports of theirs that it calls. */
export interface LostCallback {
  readonly units: BitSet;
  readonly ports: PortSet;
}

/** The callbacks that a change cuts off. Only namespaces whose pods' ingress the change touches are looked at. */
export function lostCallbacks(difference: Difference, worlds: Overlay, facts: Facts): LostCallback[] {
  const namespaces = new Set<string>();
  for (const { direction, unit } of difference.flips) {
    if (direction === 'ingress') namespaces.add(worlds.after.unit(unit)?.namespace ?? '');
  }
  for (const { policy, direction } of difference.rectangles.flatMap(({ causes }) => causes)) {
    if (direction === 'ingress') namespaces.add(policy.namespace);
  }
  const callbacks = [...namespaces].flatMap((namespace) => facts.callbacks(namespace));
  return callbacks.flatMap((callback) => lossOf(worlds, callback));
}

function lossOf({ before, after }: Overlay, { units, ports }: Callback): LostCallback[] {
  const lost: LostCallback[] = [];
  units.forEach((id) => {
    const [old, now] = [before.unit(id), after.unit(id)];
    const called = ports.get(id) ?? noPorts;
    if (old === undefined || now === undefined || isEmpty(called)) return;
    const reaches = (world: World, unit: Unit): boolean =>
      mayReach(world, sideOf(world, world.governing(id, 'ingress'), 'ingress'), unit, called);
    if (reaches(before, old) && !reaches(after, now)) lost.push({ units: BitSet.of([id]), ports: called });
  });
  return lost;
}
