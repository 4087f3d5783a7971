import type { Cluster } from './cluster.ts';
import type { Container, EnvVar, KeyRef, KubeletPodObject } from './kubelet-spec.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** What a node that is not short of anything tells containers without a limit. */
const NODE_HAS: Readonly<Record<string, string>> = { cpu: '2', memory: '4Gi' };

/** `200Mi` as a number. */
export function quantity(text: string): number {
  const parts = /^([0-9.]+)([A-Za-z]*)$/.exec(text);
  const unit = UNITS[parts?.[2] ?? '?'];
  if (parts === null || unit === undefined) throw new Error(`${text} is no quantity the stand-in knows`);
  return Number(parts[1]) * unit;
}

/** The downward API: one field of the pod as text. */
export function fieldOf({ metadata, spec, status }: KubeletPodObject, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.podIP': status.podIP,
    'status.podIPs': status.podIP,
    'status.hostIP': status.hostIP,
  };
  const value = fields[path];
  if (value === undefined) throw new Error(`the downward API has no ${path} here`);
  return value;
}

function resourceOf(container: Container, field: { resource: string; divisor?: string }): string {
  const [list = '', name = ''] = field.resource.split('.');
  const { requests, limits } = container.resources ?? {};
  // "If a limit is not set, the node's allocatable amount is used"; a request that is not set is 0.
  const text = list === 'requests' ? (requests?.[name] ?? '0') : (limits?.[name] ?? NODE_HAS[name] ?? '0');
  const divisor = field.divisor === undefined || field.divisor === '0' ? '1' : field.divisor;
  return String(Math.ceil(quantity(text) / quantity(divisor)));
}

async function keyOf(
  cluster: Cluster,
  namespace: string,
  kind: 'configmaps' | 'secrets',
  ref: KeyRef,
): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${namespace}/${kind}/${ref.name}`;
  const answer = await cluster.request('GET', path);
  const data =
    answer.status === 200 ? (JSON.parse(answer.text) as { data?: Record<string, string> }).data : {};
  const value = data?.[ref.key];
  if (value === undefined && ref.optional !== true) throw new Error(`${path} has no key ${ref.key}`);
  return value === undefined || kind === 'configmaps' ? value : Buffer.from(value, 'base64').toString();
}

/** `$(NAME)` is replaced where NAME is known, `$$` is `$`, everything else stays as it is. */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (values.get(name) ?? whole),
  );
}

interface Service {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly { name?: string; port: number; protocol?: string }[];
  };
}

/** The variables that a kubelet sets for one Service, in Docker's old fashion. */
function linkOf({ metadata, spec }: Service): [string, string][] {
  const name = metadata.name.toUpperCase().replaceAll('-', '_');
  const { clusterIP = 'None', ports = [] } = spec;
  const [first] = ports;
  if (clusterIP === 'None' || first === undefined) return [];
  const out: [string, string][] = [
    [`${name}_SERVICE_HOST`, clusterIP],
    [`${name}_SERVICE_PORT`, String(first.port)],
    [`${name}_PORT`, `${(first.protocol ?? 'TCP').toLowerCase()}://${clusterIP}:${first.port}`],
  ];
  for (const { name: port, port: number, protocol = 'TCP' } of ports) {
    if (port !== undefined) {
      out.push([`${name}_SERVICE_PORT_${port.toUpperCase().replaceAll('-', '_')}`, String(number)]);
    }
    const prefix = `${name}_PORT_${number}_${protocol}`;
    out.push([prefix, `${protocol.toLowerCase()}://${clusterIP}:${number}`]);
    out.push([`${prefix}_PROTO`, protocol.toLowerCase()], [`${prefix}_PORT`, String(number)]);
    out.push([`${prefix}_ADDR`, clusterIP]);
  }
  return out;
}

async function serviceLinks(
  cluster: Cluster,
  { metadata, spec }: KubeletPodObject,
): Promise<[string, string][]> {
  const list = async (namespace: string) =>
    (await cluster.json<{ items: Service[] }>('GET', `/api/v1/namespaces/${namespace}/services`)).items;
  const kubernetes = (await list('default')).filter((service) => service.metadata.name === 'kubernetes');
  const own = spec.enableServiceLinks === false ? [] : await list(metadata.namespace);
  return [...kubernetes, ...own].flatMap(linkOf);
}

async function valueOfVariable(
  cluster: Cluster,
  pod: KubeletPodObject,
  container: Container,
  { value = '', valueFrom }: EnvVar,
  known: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value, known);
  const { namespace } = pod.metadata;
  if (valueFrom.fieldRef) return fieldOf(pod, valueFrom.fieldRef.fieldPath);
  if (valueFrom.resourceFieldRef) return resourceOf(container, valueFrom.resourceFieldRef);
  if (valueFrom.configMapKeyRef) return keyOf(cluster, namespace, 'configmaps', valueFrom.configMapKeyRef);
  if (valueFrom.secretKeyRef) return keyOf(cluster, namespace, 'secrets', valueFrom.secretKeyRef);
  throw new Error(`the stand-in for the kubelet knows no ${JSON.stringify(valueFrom)}`);
}

/** The environment of a container: the image's, the Services', the pod's own, later ones winning. */
export async function environmentOf(
  cluster: Cluster,
  pod: KubeletPodObject,
  container: Container,
  ofImage: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const out = new Map(
    ofImage.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  out.set('HOSTNAME', pod.metadata.name);
  for (const [name, value] of await serviceLinks(cluster, pod)) out.set(name, value);
  for (const variable of container.env ?? []) {
    const value = await valueOfVariable(cluster, pod, container, variable, out);
    if (value !== undefined) out.set(variable.name, value);
  }
  return out;
}
