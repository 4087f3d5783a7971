import type { PodShape } from '../objects.ts';
import { type ContainerPort, isProtocol, type PortName, portMax } from '../port.ts';
import { get, list, text, textMap, whole } from './lenient.ts';

const keptAnnotations = ['netsluice.dev/', 'prometheus.io/'];
const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];

interface Container {
  readonly ports: readonly ContainerPort[];
  readonly probePorts: readonly number[];
}

/** What a pod and a pod template share; `value` has `metadata` and `spec`. Odd parts are left out. */
export function decodePodShape(value: unknown): PodShape {
  const spec = get(value, 'spec');
  const containers = [
    ...list(get(spec, 'containers')).map((container) => decodeContainer(container, { certain: true })),
    ...list(get(spec, 'initContainers')).map((container) =>
      // "restartPolicy: Always" makes an init container a sidecar, which runs as long as the pod does.
      decodeContainer(container, { certain: get(container, 'restartPolicy') === 'Always' }),
    ),
  ];
  const automount = get(spec, 'automountServiceAccountToken');
  const probePorts = new Set(containers.flatMap((container) => container.probePorts));
  return {
    labels: textMap(get(value, 'metadata', 'labels')),
    annotations: decodeAnnotations(get(value, 'metadata', 'annotations')),
    ports: containers.flatMap((container) => container.ports),
    probePorts: [...probePorts].sort((a, b) => a - b),
    hostNetwork: get(spec, 'hostNetwork') === true,
    dnsPolicy: text(get(spec, 'dnsPolicy')) ?? 'ClusterFirst',
    serviceAccount: text(get(spec, 'serviceAccountName')) ?? text(get(spec, 'serviceAccount')) ?? 'default',
    automountToken: typeof automount === 'boolean' ? automount : null,
    extraNetworks: text(get(value, 'metadata', 'annotations', 'k8s.v1.cni.cncf.io/networks')) !== null,
    windows:
      get(spec, 'os', 'name') === 'windows' || get(spec, 'nodeSelector', 'kubernetes.io/os') === 'windows',
  };
}

function decodeAnnotations(value: unknown): ReadonlyMap<string, string> {
  const kept = [...textMap(value)].filter(([key]) =>
    keptAnnotations.some((prefix) => key.startsWith(prefix)),
  );
  return new Map(kept);
}

function decodeContainer(container: unknown, { certain }: { readonly certain: boolean }): Container {
  const ports: ContainerPort[] = [];
  for (const port of list(get(container, 'ports'))) {
    const number = portNumber(get(port, 'containerPort'));
    const protocol = get(port, 'protocol') ?? 'TCP';
    if (number === null || !isProtocol(protocol)) continue;
    ports.push({ name: text(get(port, 'name')), number, protocol, certain });
  }
  // An ordinary init container has ended before the pod serves, and cannot have probes.
  const probePorts = certain ? probes.flatMap((probe) => probePort(get(container, probe), ports)) : [];
  return { ports, probePorts };
}

function probePort(probe: unknown, ports: readonly ContainerPort[]): readonly number[] {
  // "host: Host name to connect to, defaults to the pod IP": another host is no port of this pod.
  const http = text(get(probe, 'httpGet', 'host')) === null ? get(probe, 'httpGet', 'port') : undefined;
  const named = http ?? get(probe, 'tcpSocket', 'port') ?? get(probe, 'grpc', 'port');
  const number = resolvePort(named, ports);
  return number === null ? [] : [number];
}

/** The kubelet looks a name up among the ports of the same container, then tries it as a number. */
function resolvePort(value: unknown, ports: readonly ContainerPort[]): number | null {
  if (typeof value !== 'string') return portNumber(value);
  const declared = ports.find((port) => port.name === value);
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
