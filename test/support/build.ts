/** Small worlds, requests and contexts for tests: each builder gives the least valid object, and a test tweaks it. */
import { parse } from 'yaml';
import { decodeObject } from '../../src/model/decode/cluster-object.ts';
import type { ClusterObject, WorldEvent } from '../../src/model/objects.ts';
import { genericProfile, type Profile } from '../../src/model/profile.ts';
import type { Freshness, ReviewLimits, ReviewRequest } from '../../src/model/review.ts';
import type { ReviewContext } from '../../src/review/review-context.ts';
import { type Settings, settingsSchema } from '../../src/review/settings.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { worldOf } from '../../src/world/build.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';

export type Json = { readonly [key: string]: unknown };

function split(fullName: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = fullName.split('/');
  return { namespace, name };
}

export function namespace(name: string, labels: Json = {}, more: Json = {}): Json {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, ...more } };
}

/** A port as `8080`, `8080/UDP` or `8080 http`. */
function containerPort(text: string): Json {
  const [number = '', name] = text.split(' ');
  const [port, protocol = 'TCP'] = number.split('/');
  return { containerPort: Number(port), protocol, ...(name === undefined ? {} : { name }) };
}

interface Shape {
  readonly labels?: Json;
  readonly ports?: readonly string[];
  readonly spec?: Json;
}

interface PodMore extends Shape {
  /** `Kind/name` of the controlling owner. */
  readonly owner?: string;
  readonly ips?: readonly string[];
  readonly node?: string;
  readonly phase?: string;
}

/** `shop/web-0` with the label app=web-0 where none is given. */
export function pod(
  fullName: string,
  { labels, ports = [], spec, owner, ips = [], node, phase }: PodMore = {},
): Json {
  const { namespace, name } = split(fullName);
  const [kind = '', ownerName = ''] = owner?.split('/') ?? [];
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: 'apps/v1', kind, name: ownerName, uid: 'u', controller: true }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: labels ?? { app: name }, ownerReferences },
    spec: {
      ...(node === undefined ? {} : { nodeName: node }),
      containers: [{ name: 'main', ports: ports.map(containerPort) }],
      ...spec,
    },
    status: { phase: phase ?? 'Running', podIPs: ips.map((ip) => ({ ip })) },
  };
}

/** A workload of any kind that has a template, without pods. */
export function workload(kind: string, fullName: string, replicas: number | null, shape: Shape = {}): Json {
  const { namespace, name } = split(fullName);
  const template = {
    metadata: { labels: shape.labels ?? { app: name } },
    spec: { containers: [{ name: 'main', ports: (shape.ports ?? []).map(containerPort) }], ...shape.spec },
  };
  const batch = kind === 'Job' || kind === 'CronJob';
  return {
    apiVersion: batch ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { namespace, name },
    spec: kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { replicas, template },
  };
}

/** A StatefulSet and its running pods, `shop/web-0` and so on. */
export function running(fullName: string, replicas: number, shape: Shape = {}): Json[] {
  const { name } = split(fullName);
  const labels = shape.labels ?? { app: name };
  const pods = Array.from({ length: replicas }, (_, i) =>
    pod(`${fullName}-${i}`, { ...shape, labels, owner: `StatefulSet/${name}` }),
  );
  return [workload('StatefulSet', fullName, replicas, shape), ...pods];
}

/** A Service with ports as `80->8080/TCP`. */
export function service(fullName: string, selector: Json, ports: readonly string[], more: Json = {}): Json {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: split(fullName),
    spec: {
      selector,
      clusterIP: '10.96.0.1',
      ports: ports.map((text, i) => {
        const [port = '', target = ''] = text.split('->');
        const [targetPort = '', protocol = 'TCP'] = target.split('/');
        const isNumber = !Number.isNaN(Number(targetPort));
        return {
          name: `p${i}`,
          port: Number(port),
          targetPort: isNumber ? Number(targetPort) : targetPort,
          protocol,
        };
      }),
      ...more,
    },
  };
}

/** A NetworkPolicy whose spec is written as YAML. */
export function policy(fullName: string, spec: string, annotations: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...split(fullName), uid: 'p-1', annotations, ...metadata },
    spec: parse(spec),
  };
}

export function foreign(apiVersion: string, kind: string, fullName: string): Json {
  return { apiVersion, kind, metadata: split(fullName) };
}

export function recordOf(object: Json): ClusterObject {
  const record = decodeObject(object);
  if (record === null) throw new Error(`the decoder does not know ${JSON.stringify(object)}`);
  return record;
}

export function puts(objects: readonly Json[]): WorldEvent[] {
  return objects.map((object) => ({ type: 'put', object: recordOf(object) }));
}

export function worldWith(objects: readonly Json[], profile: Profile = genericProfile): ClusterWorld {
  return worldOf(profile, puts(objects));
}

/** A request about a NetworkPolicy; what it asks follows from the objects it carries. */
export function request(
  { after = null, before = null }: { readonly after?: unknown; readonly before?: unknown },
  more: Partial<ReviewRequest> = {},
): ReviewRequest {
  const operation = before === null ? 'CREATE' : after === null ? 'DELETE' : 'UPDATE';
  return {
    uid: '3f9c1a2b-0000-4000-8000-000000000001',
    operation,
    group: 'networking.k8s.io',
    version: 'v1',
    resource: 'networkpolicies',
    subResource: '',
    sentAs: '',
    kind: 'NetworkPolicy',
    namespace: 'shop',
    name: 'p',
    user: { name: 'ana', groups: ['dev'] },
    dryRun: false,
    object: after,
    oldObject: before,
    ...more,
  };
}

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Any part of the settings; the schema fills in the rest. */
export type SettingsMore = { readonly [K in keyof Settings]?: Partial<DeepReadonly<Settings[K]>> };

export function settingsWith(more: SettingsMore = {}): Settings {
  return settingsSchema.parse(more);
}

export interface ContextMore {
  readonly settings?: SettingsMore;
  readonly rules?: readonly Rule[];
  readonly freshness?: Partial<Freshness>;
  readonly limits?: Partial<ReviewLimits>;
  readonly ownNamespace?: string;
}

export function contextOf(
  world: ClusterWorld,
  { settings, rules = [], freshness, limits, ownNamespace = 'netsluice' }: ContextMore = {},
): ReviewContext {
  return {
    world,
    settings: settingsWith(settings),
    rules,
    freshness: { stale: [], absent: [], ...freshness },
    limits: { stepsMax: 2_000_000, expired: () => false, today: '2026-06-15', ...limits },
    ownNamespace,
  };
}
