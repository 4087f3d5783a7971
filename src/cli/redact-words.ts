import { createHmac } from 'node:crypto';
import { foreignKinds } from '../model/decode/foreign-policy.ts';
import { type ClusterObject, workloadKinds } from '../model/objects.ts';

/**
 * Words that stay: they stand in every cluster or every second one, tell nothing about whose it is, and rules know
 * them by name.
 */
const kept: ReadonlySet<string> = new Set([
  '',
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease', 'openshift-dns'],
  ...['kubernetes', 'kube-dns', 'coredns', 'rke2-coredns-rke2-coredns', 'dns-default', 'node-local-dns'],
  ...['konnectivity-agent', 'ingress-nginx', 'nginx-ingress', 'traefik', 'haproxy-ingress'],
  ...['kubernetes-ingress', 'contour', 'envoy', 'kong', 'istio-ingressgateway'],
  ...['prometheus', 'prometheus-agent', 'vmagent', 'alloy', 'grafana-agent', 'monitoring'],
  ...['http', 'https', 'metrics', 'http-metrics', 'dns', 'dns-tcp', 'grpc', 'health'],
  ...[
    'true',
    'false',
    'enabled',
    'allowed',
    'disabled',
    'ambient',
    'none',
    'off',
    'privileged',
    'baseline',
    'restricted',
  ],
  ...['app', 'name', 'k8s-app', 'run', 'application', 'component', 'instance', 'release', 'part-of', 'role'],
  ...['tier', 'version', 'pod-template-hash', 'controller-revision-hash', 'job-name', 'istio-injection'],
  ...['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/component'],
  ...['app.kubernetes.io/part-of', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version'],
  ...['kubernetes.io/metadata.name', 'kubernetes.io/service-name', 'istio.io/dataplane-mode'],
  ...['batch.kubernetes.io/job-name', 'batch.kubernetes.io/controller-uid', 'controller-uid'],
  ...['pod-template-generation', 'rollouts-pod-template-hash', 'helm.sh/chart', 'control-plane'],
  ...['controller-manager', 'operator', 'kube-apiserver', 'gateway.networking.k8s.io/gateway-name'],
  ...['gateway.envoyproxy.io/owning-gateway-name', 'dns.operator.openshift.io/daemonset-dns'],
  ...['statefulset.kubernetes.io/pod-name', 'apps.kubernetes.io/pod-index'],
  ...['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None', 'Node', 'Pod', ...workloadKinds],
  ...foreignKinds.flatMap(({ api, resource, group }) => [api, `${resource}.${group}`]),
]);

/** Keys that stay because netsluice and Prometheus gave them their meaning. */
const keptKeys = [
  'netsluice.dev/',
  'prometheus.io/scrape',
  'prometheus.io/port',
  'pod-security.kubernetes.io/',
] as const;

/** Gives every word another one, the same word always the same. */
export interface WordVeil {
  word(text: string): string;
  labelKey(key: string): string;
  annotation(key: string, value: string): readonly [string, string] | null;
}

/**
 * Words that end in a number or in a `pod-template-hash` keep that shape: by it the owner of a ReplicaSet or a Job is
 * known where only pods are.
 *
 * @param secret Without it nobody can try out which name makes which word.
 */
export function wordVeil(secret: Uint8Array, objects: Iterable<ClusterObject>): WordVeil {
  const hashes = templateHashes(objects);
  const known = new Map<string, string>();
  const made = (text: string): string => {
    const mac = createHmac('sha256', secret).update('netsluice words').update(text).digest('hex');
    return `x${mac.slice(0, 12)}`;
  };
  const word = (text: string): string => {
    if (kept.has(text)) return text;
    const found = known.get(text) ?? shaped(text, hashes, word) ?? made(text);
    known.set(text, found);
    return found;
  };
  const labelKey = (key: string): string => (keptKeys.some((each) => key.startsWith(each)) ? key : word(key));
  return { word, labelKey, annotation: (key, value) => annotation(key, value, word) };
}

function templateHashes(objects: Iterable<ClusterObject>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const object of objects) {
    const labels = 'template' in object ? object.template.labels : 'labels' in object ? object.labels : null;
    const hash = labels?.get('pod-template-hash');
    if (hash !== undefined) found.add(hash);
  }
  return found;
}

function shaped(text: string, hashes: ReadonlySet<string>, word: (text: string) => string): string | null {
  const dash = text.lastIndexOf('-');
  if (dash <= 0) return null;
  const [head, tail] = [text.slice(0, dash), text.slice(dash + 1)];
  if (/^\d{1,12}$/.test(tail)) return `${word(head)}-${tail}`;
  return hashes.has(tail) ? `${word(head)}-${word(tail)}` : null;
}

/** Only what rules read is kept of annotations: the rest is prose, or a copy of the object as it was applied. */
function annotation(
  key: string,
  value: string,
  word: (text: string) => string,
): readonly [string, string] | null {
  if (!keptKeys.some((each) => key.startsWith(each))) return null;
  if (!key.startsWith('netsluice.dev/waive.')) return [key, /^\d{1,5}$/.test(value) ? value : word(value)];
  const mark = value.lastIndexOf('; until=');
  const reason = value.slice(0, Math.max(0, mark)).trim() === '' ? '' : 'redacted';
  return [
    key,
    mark < 0
      ? 'redacted'
      : `${reason}; until=${value
          .slice(mark + '; until='.length)
          .trim()
          .slice(0, 10)}`,
  ];
}
