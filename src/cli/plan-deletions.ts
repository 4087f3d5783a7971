import type { ClusterObject } from '../model/objects.ts';
import { standing, type Wish } from '../review/plan-change.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { meant } from './trace-ends.ts';

type Kind = ClusterObject['kind'];

/** An object by its name, as `--delete` takes it. */
export interface Naming {
  readonly kind: Kind;
  readonly namespace: string | null;
  readonly name: string;
}

/** Kinds and the ways in which kubectl takes them. */
const kinds: readonly (readonly [Kind, readonly string[]])[] = [
  ['NetworkPolicy', ['networkpolicy', 'networkpolicies', 'netpol']],
  ['Namespace', ['namespace', 'namespaces', 'ns']],
  ['Pod', ['pod', 'pods', 'po']],
  ['Deployment', ['deployment', 'deployments', 'deploy']],
  ['StatefulSet', ['statefulset', 'statefulsets', 'sts']],
  ['DaemonSet', ['daemonset', 'daemonsets', 'ds']],
  ['ReplicaSet', ['replicaset', 'replicasets', 'rs']],
  ['ReplicationController', ['replicationcontroller', 'replicationcontrollers', 'rc']],
  ['Job', ['job', 'jobs']],
  ['CronJob', ['cronjob', 'cronjobs', 'cj']],
  ['Service', ['service', 'services', 'svc']],
  ['Ingress', ['ingress', 'ingresses', 'ing']],
];

/** Reads `KIND/NAMESPACE/NAME`, or `namespace/NAME`; a problem where it is neither. */
export function namingOf(text: string): Naming | { readonly problem: string } {
  const [word = '', ...rest] = text.split('/');
  const kind = kinds.find(([, words]) => words.includes(word.toLowerCase()))?.[0];
  if (kind === undefined)
    return {
      problem: `--delete ${text}: "${word}" is no kind that can be planned for; write networkpolicy/NAMESPACE/NAME.`,
    };
  const [first = '', second, more] = rest;
  if (kind === 'Namespace' && first !== '' && second === undefined)
    return { kind, namespace: null, name: first };
  if (kind === 'Namespace' || first === '' || second === undefined || second === '' || more !== undefined)
    return {
      problem: `--delete ${text}: write ${kind === 'Namespace' ? 'namespace/NAME' : `${word}/NAMESPACE/NAME`}.`,
    };
  return { kind, namespace: first, name: second };
}

/** The wishes that these objects go; a problem where one of them is not there. */
export function deletionsOf(
  namings: readonly Naming[],
  world: ClusterWorld,
): readonly Wish[] | { readonly problem: string } {
  const wishes: Wish[] = [];
  for (const { kind, namespace, name } of namings) {
    const base = world.record(kind, namespace, name);
    if (base === undefined) {
      const names = [...world.records(kind, namespace ?? undefined)].map((object) => object.name);
      const place = namespace === null ? name : `${namespace}/${name}`;
      return { problem: `There is no ${kind} ${place} to delete${meant(name, names)}` };
    }
    if (standing(world, base) !== null) wishes.push({ base, after: null });
  }
  return wishes;
}
