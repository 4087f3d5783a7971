/** Random pod templates and workload objects. */
import { PORT_NAMES, PORT_NUMBERS, randomLabels } from './arbitrary-policy.ts';
import type {
  Container,
  ContainerPort,
  Labels,
  Metadata,
  OwnerReference,
  PodSpec,
  PodTemplate,
  Workload,
} from './objects.ts';
import type { Rng } from './random.ts';
import { templateOf } from './units.ts';

function ports(rng: Rng): ContainerPort[] {
  const names = rng.some(PORT_NAMES, 0.5);
  const named = names.map((name) => ({ name, containerPort: rng.pick(PORT_NUMBERS) }));
  const bare = rng.chance(0.3) ? [{ containerPort: rng.pick(PORT_NUMBERS) }] : [];
  return [...named, ...bare].map((port) =>
    rng.chance(0.4) ? port : { ...port, protocol: rng.pick(['TCP', 'TCP', 'UDP', 'SCTP']) },
  );
}

function container(rng: Rng, name: string): Container {
  const own = ports(rng);
  const base = { name, image: 'example/app:1' };
  return own.length === 0 && rng.chance(0.5) ? base : { ...base, ports: own };
}

/** A pod template; `hostNetwork` may be given, because a revision does not change it. */
export function randomTemplate(rng: Rng, hostNetwork = rng.chance(0.08)): PodTemplate {
  const labels = randomLabels(rng);
  const init = rng.chance(0.25)
    ? [{ ...container(rng, 'init'), ...(rng.chance(0.5) ? { restartPolicy: 'Always' } : {}) }]
    : [];
  const spec: PodSpec = { containers: rng.many(1, 2, (i) => container(rng, `c${i}`)) };
  if (init.length > 0) spec.initContainers = init;
  if (hostNetwork) spec.hostNetwork = true;
  return { metadata: Object.keys(labels).length === 0 && rng.chance(0.3) ? {} : { labels }, spec };
}

function owner(kind: string, name: string): OwnerReference {
  const group = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  return { apiVersion: group, kind, name, uid: `uid-${kind}-${name}`, controller: true };
}

/** The metadata of an object that this owner controls. */
export const owned = (by: OwnerReference | undefined) => (by === undefined ? {} : { ownerReferences: [by] });

/** One workload: its objects, how its pods are owned, the template they follow and the labels they add. */
export interface Blueprint {
  namespace: string;
  objects: Workload[];
  owner: OwnerReference | undefined;
  template: PodTemplate;
  added: Labels;
}

function object(kind: Workload['kind'], metadata: Metadata, spec: Workload['spec']): Workload {
  const apiVersion = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind, metadata: { ...metadata, uid: `uid-${kind}-${metadata.name}` }, spec };
}

const BLUEPRINTS = [
  'Deployment',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
  'Pod',
  'Rollout',
] as const;

/** apps/v1 workloads need a selector that matches their template: the label `workload` is there for it. */
function withSelector(name: string, template: PodTemplate): Workload['spec'] {
  const labels = { ...template.metadata?.labels, workload: name };
  return { selector: { matchLabels: { workload: name } }, template: { ...template, metadata: { labels } } };
}

function deployment(rng: Rng, base: Blueprint, name: string, spec: Workload['spec']): Blueprint {
  const { namespace } = base;
  const hash = '5d9c7b6f8';
  const set = `${name}-${hash}`;
  const objects = [object('Deployment', { name, namespace }, spec)];
  const template = spec.template ?? base.template;
  if (rng.chance(0.7)) {
    const metadata = { name: set, namespace, ...owned(owner('Deployment', name)) };
    const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
    const selector = { matchLabels: { workload: name, 'pod-template-hash': hash } };
    objects.push(
      object('ReplicaSet', metadata, { selector, template: { ...template, metadata: { labels } } }),
    );
  }
  const added = { 'pod-template-hash': hash };
  return { namespace, objects, owner: owner('ReplicaSet', set), template, added };
}

function cronJob(rng: Rng, base: Blueprint, name: string): Blueprint {
  const { namespace, template } = base;
  const job = `${name}-29390400`;
  const objects = [object('CronJob', { name, namespace }, { jobTemplate: { spec: { template } } })];
  if (rng.chance(0.6)) {
    const metadata = { name: job, namespace, ...owned(owner('CronJob', name)) };
    objects.push(object('Job', metadata, { template }));
  }
  return { ...base, objects, owner: owner('Job', job) };
}

/** Workload objects with the owners their controllers would write; some objects in between are missing. */
export function blueprint(rng: Rng, namespace: string, name: string): Blueprint {
  const kind = rng.pick(BLUEPRINTS);
  const template = randomTemplate(rng);
  const base: Blueprint = { namespace, objects: [], owner: undefined, template, added: {} };
  if (kind === 'Pod') return base;
  if (kind === 'Rollout') return { ...base, owner: owner('Rollout', name) };
  if (kind === 'Job' || kind === 'CronJob') template.spec.restartPolicy = 'Never';
  if (kind === 'CronJob') return cronJob(rng, base, name);
  if (kind === 'Job') {
    const made = object(kind, { name, namespace }, { template });
    if (rng.chance(0.3)) {
      made.status = { conditions: [{ type: rng.pick(['Complete', 'Failed', 'Suspended']), status: 'True' }] };
    }
    return { ...base, objects: [made], owner: owner(kind, name) };
  }
  const replicas =
    kind === 'DaemonSet' ? {} : rng.pick([{}, { replicas: 0 }, { replicas: 1 }, { replicas: 3 }]);
  const spec = { ...replicas, ...withSelector(name, template) };
  if (kind === 'Deployment') return deployment(rng, base, name, spec);
  const made = object(kind, { name, namespace }, spec);
  return { ...base, objects: [made], owner: owner(kind, name), template: spec.template ?? template };
}

/** A Deployment without pods. */
export function randomDeployment(rng: Rng, namespace: string, name: string): Workload {
  const spec = { replicas: rng.int(3), ...withSelector(name, randomTemplate(rng)) };
  return object('Deployment', { name, namespace }, spec);
}

/** The same Deployment with other template labels, other containers or both. */
export function randomRollout(rng: Rng, before: Workload): Workload {
  const old = templateOf(before);
  const fresh = randomTemplate(rng, old.spec.hostNetwork === true);
  const what = rng.pick(['labels', 'ports', 'both']);
  const labels = { ...fresh.metadata?.labels, workload: before.metadata.name };
  const metadata = what === 'ports' ? (old.metadata ?? {}) : { labels };
  const template = { metadata, spec: what === 'labels' ? old.spec : fresh.spec };
  return { ...before, spec: { ...before.spec, template } };
}
