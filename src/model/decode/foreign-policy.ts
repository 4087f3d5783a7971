import type { ForeignPolicyRecord } from '../objects.ts';
import { decodeAdminPolicy } from './admin-policy.ts';
import { nameOf, namespaceOf } from './lenient.ts';

/** A policy API that is not built in: where its objects exist, verdicts are unknown. */
export interface ForeignKind {
  readonly group: string;
  readonly kind: string;
  /** The plural in the address. */
  readonly resource: string;
  /** The name under which users know the API. */
  readonly api: string;
  readonly namespaced: boolean;
}

const namespacedKinds: ReadonlySet<string> = new Set([
  'NetworkPolicy',
  'CiliumNetworkPolicy',
  'MultiNetworkPolicy',
]);

/** Staged Calico policies enforce nothing and are left out on purpose. */
export const foreignKinds: readonly ForeignKind[] = [
  foreign('crd.projectcalico.org', 'NetworkPolicy', 'networkpolicies', 'Calico'),
  foreign('crd.projectcalico.org', 'GlobalNetworkPolicy', 'globalnetworkpolicies', 'Calico'),
  foreign('projectcalico.org', 'NetworkPolicy', 'networkpolicies', 'Calico'),
  foreign('projectcalico.org', 'GlobalNetworkPolicy', 'globalnetworkpolicies', 'Calico'),
  foreign('cilium.io', 'CiliumNetworkPolicy', 'ciliumnetworkpolicies', 'Cilium'),
  foreign('cilium.io', 'CiliumClusterwideNetworkPolicy', 'ciliumclusterwidenetworkpolicies', 'Cilium'),
  foreign('policy.networking.k8s.io', 'AdminNetworkPolicy', 'adminnetworkpolicies', 'AdminNetworkPolicy'),
  foreign(
    'policy.networking.k8s.io',
    'BaselineAdminNetworkPolicy',
    'baselineadminnetworkpolicies',
    'AdminNetworkPolicy',
  ),
  foreign(
    'policy.networking.k8s.io',
    'ClusterNetworkPolicy',
    'clusternetworkpolicies',
    'ClusterNetworkPolicy',
  ),
  foreign('crd.antrea.io', 'NetworkPolicy', 'networkpolicies', 'Antrea'),
  foreign('crd.antrea.io', 'ClusterNetworkPolicy', 'clusternetworkpolicies', 'Antrea'),
  foreign('k8s.cni.cncf.io', 'MultiNetworkPolicy', 'multi-networkpolicies', 'MultiNetworkPolicy'),
];

function foreign(group: string, kind: string, resource: string, api: string): ForeignKind {
  return { group, kind, resource, api, namespaced: namespacedKinds.has(kind) };
}

/**
 * Metadata is enough, but for the kinds of which rules read more (`isAdminKind`). `version` is that of the API, for
 * example `v1alpha1`. Throws a DecodeError where the object has no name.
 */
export function decodeForeignPolicy(
  foreignKind: ForeignKind,
  version: string,
  value: unknown,
): ForeignPolicyRecord {
  return {
    kind: 'ForeignPolicy',
    api: foreignKind.api,
    resource: `${foreignKind.resource}.${foreignKind.group}`,
    namespace: foreignKind.namespaced ? namespaceOf(value) : null,
    name: nameOf(value),
    admin: isAdminKind(foreignKind) ? decodeAdminPolicy(foreignKind.kind, version, value) : null,
  };
}

/** AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. */
export function isAdminKind({ group }: ForeignKind): boolean {
  return group === 'policy.networking.k8s.io';
}
