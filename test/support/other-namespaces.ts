/** Namespaces that have nothing to do with what a test looks at, with something of every kind in each. */
import type { ClusterObject } from '../../src/model/objects.ts';
import { foreign, type Json, namespace, pod, policy, recordOf, service, workload } from './build.ts';

/** So many namespaces, each with the same objects under names and addresses of its own. */
export function otherNamespaces(count: number): readonly ClusterObject[] {
  return Array.from({ length: count }, (_, i) => namespaceWith(i)).flatMap((objects) =>
    objects.map(recordOf),
  );
}

function namespaceWith(i: number): readonly Json[] {
  const name = `other-${i}`;
  const labels = { unrelated: name };
  const there = { service: { namespace: name, name: 'app', port: 443 } };
  const address = (net: number, host: number): string => `${net}.${i >> 8}.${i & 255}.${host}`;
  return [
    namespace(name, { owner: name }),
    workload('Deployment', `${name}/app`, 2, { labels, ports: ['8443 https'] }),
    ...[1, 2].map((n) => pod(`${name}/app-${n}`, { labels, ports: ['8443 https'], ips: [address(101, n)] })),
    workload('DaemonSet', `${name}/agent`, 1, { labels, spec: { hostNetwork: true } }),
    pod(`${name}/agent-1`, { labels, ips: [address(102, 1)], spec: { hostNetwork: true } }),
    service(`${name}/app`, labels, ['443:8443'], { clusterIPs: [address(103, 1)] }),
    policy(`${name}/app`, policyText(name)),
    foreign('cilium.io/v2', 'CiliumNetworkPolicy', `${name}/app`),
    clusterWide('v1', 'Node', name, {
      spec: { podCIDRs: [`${address(101, 0)}/24`] },
      status: { addresses: [{ type: 'InternalIP', address: address(102, 1) }] },
    }),
    within('networking.k8s.io/v1', 'Ingress', name, { rules: [] }),
    within('gateway.networking.k8s.io/v1', 'HTTPRoute', name, {
      rules: [{ backendRefs: [{ name: 'app', port: 443 }] }],
    }),
    within('monitoring.coreos.com/v1', 'ServiceMonitor', name, {
      selector: {},
      endpoints: [{ port: 'https' }],
    }),
    {
      ...within('rbac.authorization.k8s.io/v1', 'RoleBinding', name, {}),
      subjects: [{ kind: 'ServiceAccount', name: 'app', namespace: name }],
    },
    clusterWide('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', name, {
      webhooks: [{ name: `${name}.example.org`, clientConfig: there }],
    }),
    clusterWide('apiregistration.k8s.io/v1', 'APIService', `v1.${name}`, {
      spec: { group: `${name}.example.org`, version: 'v1', ...there },
    }),
  ];
}

function policyText(name: string): string {
  return `
    podSelector: {matchLabels: {unrelated: ${name}}}
    policyTypes: [Ingress, Egress]
    ingress: [{from: [{podSelector: {matchLabels: {unrelated: ${name}}}}]}]
    egress: [{to: [{podSelector: {matchLabels: {unrelated: ${name}}}}]}]`;
}

function within(apiVersion: string, kind: string, name: string, spec: Json): Json {
  return { apiVersion, kind, metadata: { name: 'app', namespace: name }, spec };
}

function clusterWide(apiVersion: string, kind: string, name: string, more: Json): Json {
  return { apiVersion, kind, metadata: { name }, ...more };
}
