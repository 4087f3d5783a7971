import type { PodShape } from '../objects.ts';
import { type ContainerPort, isProtocol, type PortName, portMax } from '../port.ts';
import { get, list, text, textMap, whole } from './lenient.ts';

const keptAnnotations = ['netsluice.dev/', 'prometheus.io/'];
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];

/** What the containers of a pod have together; the lists grow with each container. */
interface Serving {
  readonly ports: ContainerPort[];
  readonly probePorts: number[];
}

const noPorts: readonly ContainerPort[] = [];
const noNumbers: readonly number[] = [];

/**
 * What a pod and a pod template share; `value` has `metadata` and `spec`. Odd parts are left out. Every pod of the
 * cluster comes through here, again with each change of its status: plain loops, and empty parts are shared.
 */
export function decodePodShape(value: unknown): PodShape {
  const metadata = get(value, 'metadata');
  const spec = get(value, 'spec');
  const annotations = get(metadata, 'annotations');
  const automount = get(spec, 'automountServiceAccountToken');
  const { ports, probePorts } = servingOf(spec);
  return {
    labels: textMap(get(metadata, 'labels')),
    annotations: textMap(annotations, isKept),
    ports: ports.length === 0 ? noPorts : ports.slice(),
    probePorts: probePorts.length === 0 ? noNumbers : [...new Set(probePorts)].sort((a, b) => a - b),
    hostNetwork: get(spec, 'hostNetwork') === true,
    dnsPolicy: text(get(spec, 'dnsPolicy')) ?? 'ClusterFirst',
    serviceAccount: text(get(spec, 'serviceAccountName')) ?? text(get(spec, 'serviceAccount')) ?? 'default',
    automountToken: typeof automount === 'boolean' ? automount : null,
    extraNetworks: text(get(annotations, 'k8s.v1.cni.cncf.io/networks')) !== null,
    windows: get(get(spec, 'os'), 'name') === 'windows' || isWindowsNode(get(spec, 'nodeSelector')),
  };
}

function isWindowsNode(selector: unknown): boolean {
  return get(selector, 'kubernetes.io/os') === 'windows';
}

function isKept(annotation: string): boolean {
  return keptAnnotations.some((prefix) => annotation.startsWith(prefix));
}

function servingOf(spec: unknown): Serving {
  const serving: Serving = { ports: [], probePorts: [] };
  for (const container of list(get(spec, 'containers'))) addContainer(serving, container, true);
  // "restartPolicy: Always" makes an init container a sidecar, which runs as long as the pod does.
  for (const container of list(get(spec, 'initContainers')))
    addContainer(serving, container, get(container, 'restartPolicy') === 'Always');
  return serving;
}

function addContainer(serving: Serving, container: unknown, certain: boolean): void {
  const first = serving.ports.length;
  for (const port of list(get(container, 'ports'))) {
    const number = portNumber(get(port, 'containerPort'));
    const protocol = get(port, 'protocol') ?? 'TCP';
    if (number === null || !isProtocol(protocol)) continue;
    serving.ports.push({ name: text(get(port, 'name')), number, protocol, certain });
  }
  // An ordinary init container has ended before the pod serves, and cannot have probes.
  if (!certain) return;
  for (const name of probes) {
    const probe = get(container, name);
    const number = probe === undefined ? null : probePort(probe, serving.ports, first);
    if (number !== null) serving.probePorts.push(number);
  }
}

/** The container's own ports are those from `first` on. */
function probePort(probe: unknown, ports: readonly ContainerPort[], first: number): number | null {
  const httpGet = get(probe, 'httpGet');
  // "host: Host name to connect to, defaults to the pod IP": another host is no port of this pod.
  const http = text(get(httpGet, 'host')) === null ? get(httpGet, 'port') : undefined;
  const named = http ?? get(get(probe, 'tcpSocket'), 'port') ?? get(get(probe, 'grpc'), 'port');
  return resolvePort(named, ports, first);
}

/** The kubelet looks a name up among the ports of the same container, then tries it as a number. */
function resolvePort(value: unknown, ports: readonly ContainerPort[], first: number): number | null {
  if (typeof value !== 'string') return portNumber(value);
  const declared = ports.find((port, index) => index >= first && port.name === value);
  if (declared !== undefined) return declared.number;
  return /^\d{1,5}$/.test(value) ? portNumber(Number(value)) : null;
}

/** A port from 1 to 65535, or null. */
export function portNumber(value: unknown): number | null {
  const number = whole(value);
  return number !== null && number >= 1 && number <= portMax ? number : null;
}

/** An int-or-string port as Services and Ingresses have it, or null. */
export function portName(value: unknown): PortName | null {
  return text(value) ?? portNumber(value);
}
