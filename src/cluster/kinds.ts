import { decodeObject } from '../model/decode/cluster-object.ts';
import { decodeForeignPolicy, type ForeignKind, isAdminKind } from '../model/decode/foreign-policy.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { Codec } from './codec.ts';
import { jsonCodec, metadataCodec } from './json-codec.ts';
import { protobufCodec } from './protobuf-codec.ts';
import { ReadPod } from './protobuf-pod-reader.ts';

/** A collection of the API that the live view lists and watches. */
export interface WatchedKind {
  readonly group: string;
  readonly version: string;
  /** The plural in the address. */
  readonly resource: string;
  /** The kind of the records it gives. */
  readonly record: ClusterObject['kind'];
  /** `required` holds readiness back; `optional` may be missing or denied. */
  readonly need: 'required' | 'optional';
  readonly codec: Codec;
  /** Null where the object is of no interest. Throws a DecodeError where the object has no name. */
  readonly decode: (object: unknown) => ClusterObject | null;
}

/** What is watched in every cluster; foreign policy kinds are added by discovery. */
export const watchedKinds: readonly WatchedKind[] = [
  watched('required', '', 'v1', 'namespaces', 'Namespace'),
  watched('required', '', 'v1', 'pods', 'Pod'),
  watched('required', 'networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy'),
  watched('optional', '', 'v1', 'services', 'Service'),
  watched('optional', '', 'v1', 'nodes', 'Node'),
  watched('optional', 'discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  watched('optional', 'apps', 'v1', 'deployments', 'Deployment'),
  watched('optional', 'apps', 'v1', 'statefulsets', 'StatefulSet'),
  watched('optional', 'apps', 'v1', 'daemonsets', 'DaemonSet'),
  watched('optional', 'batch', 'v1', 'jobs', 'Job'),
  watched('optional', 'batch', 'v1', 'cronjobs', 'CronJob'),
  watched('optional', 'networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  watched('optional', 'gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute'),
  monitors('servicemonitors', 'ServiceMonitor'),
  monitors('podmonitors', 'PodMonitor'),
  bindings('rolebindings', 'RoleBinding'),
  bindings('clusterrolebindings', 'ClusterRoleBinding'),
  callback(
    'admissionregistration.k8s.io',
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
  ),
  callback('admissionregistration.k8s.io', 'mutatingwebhookconfigurations', 'MutatingWebhookConfiguration'),
  callback('apiregistration.k8s.io', 'apiservices', 'APIService'),
  callback('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition'),
];

/** Watches a foreign policy kind in one version: its metadata, where rules read no more of it. */
export function foreignWatch(foreign: ForeignKind, version: string): WatchedKind {
  return {
    group: foreign.group,
    version,
    resource: foreign.resource,
    record: 'ForeignPolicy',
    need: 'optional',
    codec: isAdminKind(foreign) ? jsonCodec : metadataCodec,
    decode: (object) => decodeForeignPolicy(foreign, version, object),
  };
}

/** For example `pods`, `deployments.apps`: how RBAC and kubectl write it. */
export function resourceName(kind: WatchedKind): string {
  return kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
}

/** For example `/apis/apps/v1/deployments`. */
export function collectionPath(kind: WatchedKind): string {
  const root = kind.group === '' ? '/api' : `/apis/${kind.group}`;
  return `${root}/${kind.version}/${kind.resource}`;
}

function watched(
  need: WatchedKind['need'],
  group: string,
  version: string,
  resource: string,
  record: ClusterObject['kind'],
): WatchedKind {
  const type = { apiVersion: group === '' ? version : `${group}/${version}`, kind: record };
  return {
    group,
    version,
    resource,
    record,
    need,
    codec: protobufCodec(record),
    // The items of a list do not carry their own apiVersion and kind.
    decode: (object) => (object instanceof ReadPod ? object.record : decodeObject(object, type)),
  };
}

/** Most of these call no Service: they are not kept. */
function callback(group: string, resource: string, record: ClusterObject['kind']): WatchedKind {
  const kind = watched('optional', group, 'v1', resource, record);
  return {
    ...kind,
    decode: (object) => {
      const decoded = kind.decode(object);
      return decoded !== null && 'targets' in decoded && decoded.targets.length > 0 ? decoded : null;
    },
  };
}

/** Two kinds of the Prometheus operator that give one kind of record. */
function monitors(resource: string, kind: string): WatchedKind {
  const group = 'monitoring.coreos.com';
  const type = { apiVersion: `${group}/v1`, kind };
  return {
    ...watched('optional', group, 'v1', resource, 'Monitor'),
    decode: (object) => decodeObject(object, type),
  };
}

/** Most of these bind users and groups: only those that bind service accounts are kept. */
function bindings(resource: string, kind: string): WatchedKind {
  const group = 'rbac.authorization.k8s.io';
  const type = { apiVersion: `${group}/v1`, kind };
  return {
    ...watched('optional', group, 'v1', resource, 'RoleBinding'),
    codec: protobufCodec(kind),
    decode: (object) => {
      const decoded = decodeObject(object, type);
      return decoded !== null && 'accounts' in decoded && decoded.accounts.length > 0 ? decoded : null;
    },
  };
}
