import type { ClusterObject, PolicyRecord } from '../objects.ts';
import { decodeCallback } from './callback.ts';
import { decodeEndpointSlice } from './endpoint-slice.ts';
import { decodeForeignPolicy, foreignKinds } from './foreign-policy.ts';
import { decodeGatewayRoute } from './gateway-route.ts';
import { decodeIngress } from './ingress.ts';
import { get, nameOf, namespaceOf, text } from './lenient.ts';
import { decodeMonitor } from './monitor.ts';
import { decodeNamespace } from './namespace.ts';
import { decodeNetworkPolicy } from './network-policy.ts';
import { decodeNode } from './node.ts';
import { decodePod } from './pod.ts';
import { decodeRoleBinding } from './role-binding.ts';
import { decodeService } from './service.ts';
import { DecodeError } from './value.ts';
import { decodeWorkload } from './workload.ts';

export interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Reads any object netsluice knows into its record; null for every other kind. `type` stands in for the object's own
 * `apiVersion` and `kind`, which the items of a list do not carry. Throws a DecodeError only where a known object has
 * no name; a NetworkPolicy that cannot be read becomes a record that says why.
 */
export function decodeObject(value: unknown, type: TypeMeta = typeOf(value)): ClusterObject | null {
  const { apiVersion, kind } = type;
  switch (`${apiVersion} ${kind}`) {
    case 'v1 Namespace':
      return decodeNamespace(value);
    case 'v1 Pod':
      return decodePod(value);
    case 'v1 Service':
      return decodeService(value);
    case 'v1 Node':
      return decodeNode(value);
    case 'v1 ReplicationController':
      return decodeWorkload('ReplicationController', value);
    case 'networking.k8s.io/v1 NetworkPolicy':
      return decodePolicyRecord(value);
    case 'networking.k8s.io/v1 Ingress':
      return decodeIngress(value);
    case 'gateway.networking.k8s.io/v1 HTTPRoute':
      return decodeGatewayRoute(value);
    case 'discovery.k8s.io/v1 EndpointSlice':
      return decodeEndpointSlice(value);
    case 'apiregistration.k8s.io/v1 APIService':
      return decodeCallback('APIService', value);
    case 'apiextensions.k8s.io/v1 CustomResourceDefinition':
      return decodeCallback('CustomResourceDefinition', value);
  }
  if (apiVersion === 'apps/v1') return decodeApps(kind, value);
  if (apiVersion === 'rbac.authorization.k8s.io/v1')
    return kind === 'RoleBinding' || kind === 'ClusterRoleBinding' ? decodeRoleBinding(kind, value) : null;
  if (apiVersion === 'monitoring.coreos.com/v1') return decodeMonitors(kind, value);
  if (apiVersion === 'batch/v1')
    return kind === 'Job' || kind === 'CronJob' ? decodeWorkload(kind, value) : null;
  if (apiVersion === 'admissionregistration.k8s.io/v1') return decodeWebhooks(kind, value);
  return decodeForeign(type, value);
}

/** The object's own `apiVersion` and `kind`, empty where it has none. */
export function typeOf(value: unknown): TypeMeta {
  return { apiVersion: text(get(value, 'apiVersion')) ?? '', kind: text(get(value, 'kind')) ?? '' };
}

function decodeApps(kind: string, value: unknown): ClusterObject | null {
  switch (kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
      return decodeWorkload(kind, value);
    default:
      return null;
  }
}

function decodeMonitors(kind: string, value: unknown): ClusterObject | null {
  if (kind === 'ServiceMonitor') return decodeMonitor('Service', value);
  return kind === 'PodMonitor' ? decodeMonitor('Pod', value) : null;
}

function decodeWebhooks(kind: string, value: unknown): ClusterObject | null {
  const known = kind === 'ValidatingWebhookConfiguration' || kind === 'MutatingWebhookConfiguration';
  return known ? decodeCallback(kind, value) : null;
}

/** "Same kind, other groups": the group decides, whatever the version. */
function decodeForeign({ apiVersion, kind }: TypeMeta, value: unknown): ClusterObject | null {
  const slash = Math.max(0, apiVersion.indexOf('/'));
  const group = apiVersion.slice(0, slash);
  const foreign = foreignKinds.find((candidate) => candidate.group === group && candidate.kind === kind);
  return foreign === undefined ? null : decodeForeignPolicy(foreign, apiVersion.slice(slash + 1), value);
}

function decodePolicyRecord(value: unknown): PolicyRecord {
  const [namespace, name] = [namespaceOf(value), nameOf(value)];
  try {
    // Not spread: each object would get a hidden class of its own.
    return { kind: 'NetworkPolicy', namespace, name, policy: decodeNetworkPolicy(value), problem: null };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { kind: 'NetworkPolicy', namespace, name, policy: null, problem: error.message };
  }
}
