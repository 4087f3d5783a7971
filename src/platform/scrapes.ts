import type { MonitorEndpoint, MonitorRecord, ServiceRecord } from '../model/objects.ts';
import { everything, matches, type Selector, selectorOf } from '../model/selector.ts';
import { BitSet } from '../sets/bitset.ts';
import { isEmpty, noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import type { RecordKey } from '../world/record-index.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { targetPorts, unitsBehind } from './services.ts';
import { shapeOf } from './shape-of.ts';

/** Pods that somebody asked Prometheus to scrape, and on which ports of theirs. */
export interface Scrape {
  readonly by: 'ServiceMonitor' | 'PodMonitor' | 'annotation';
  /** Null for annotations. */
  readonly object: { readonly namespace: string; readonly name: string } | null;
  readonly ports: ReadonlyMap<number, PortSet>;
}

/** Labels that the pods of Prometheus and of agents that scrape in its place bear. */
const scrapers = ['prometheus', 'prometheus-agent', 'vmagent', 'alloy', 'grafana-agent'];
const scraperKeys = ['app.kubernetes.io/name', 'app', 'k8s-app'];

/** The pods that scrape; empty where none is known, or where they share the network of their node. */
export function scrapersIn(world: World): BitSet {
  const found = new BitSet();
  for (const key of scraperKeys) {
    const pods = selectorOf([{ key, operator: 'In', values: scrapers }]);
    const only = { hostNetwork: 'no', outside: 'no' } as const;
    const peer = { kind: 'pods', namespaces: everything, pods, ...only, origin: '' } as const;
    found.addAll(world.peerUnits('', { ...peer, key: `pods {${pods.text}} in {}` }).may);
  }
  return found;
}

/** Everything in a namespace that is to be scraped, whoever asks for it. */
export function scrapesIn(world: World, namespace: string): Scrape[] {
  const found: Scrape[] = [];
  const services = byLabel(world.records('Service', namespace));
  for (const text of [everywhere, namespace])
    for (const monitor of world.lookups.records(monitorsByNamespace, text))
      found.push(ofMonitor(world, monitor, namespace, services));
  found.push(byAnnotation(world, namespace));
  const text = ({ by, object }: Scrape): string => `${by} ${object?.namespace}/${object?.name}`;
  return found.filter(({ ports }) => ports.size > 0).sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Monitors by the namespaces that they look into. */
const monitorsByNamespace: RecordKey<'Monitor'> = { kind: 'Monitor', textsOf: looksInto };

/** No name of a namespace. */
const everywhere = '*';

function looksInto({ namespace, namespaces }: MonitorRecord): readonly string[] {
  if (namespaces === 'any') return [everywhere];
  return namespaces === 'own' ? [namespace] : [...new Set(namespaces)];
}

function ofMonitor(world: World, monitor: MonitorRecord, namespace: string, services: Labelled): Scrape {
  const ports = new Map<number, PortSet>();
  const found =
    monitor.of === 'Pod' ? onPods(world, monitor, namespace) : behindServices(world, monitor, services);
  for (const [{ id }, set] of found)
    if (!isEmpty(set)) ports.set(id, unionPorts(ports.get(id) ?? noPorts, set));
  return { by: `${monitor.of}Monitor`, object: monitor, ports };
}

/** Services by each of their labels, as `key=value`; all of them under the empty text. */
type Labelled = ReadonlyMap<string, readonly ServiceRecord[]>;

function byLabel(services: Iterable<ServiceRecord>): Labelled {
  const found = new Map<string, ServiceRecord[]>();
  for (const service of services) {
    const texts = ['', ...[...service.labels].map(([key, value]) => `${key}=${value}`)];
    for (const text of texts) {
      const list = found.get(text);
      if (list === undefined) found.set(text, [service]);
      else list.push(service);
    }
  }
  return found;
}

/** Those with the label that a selector asks for first, where it asks for one. */
function candidates(services: Labelled, { requirements }: Selector): readonly ServiceRecord[] {
  const [first] = requirements;
  const [value, second] = first?.operator === 'In' ? first.values : [];
  const text =
    first === undefined || value === undefined || second !== undefined ? '' : `${first.key}=${value}`;
  return services.get(text) ?? [];
}

type Scraped = readonly [unit: Unit, ports: PortSet];

function onPods(world: World, { selector, endpoints }: MonitorRecord, namespace: string): Scraped[] {
  const selected = unitsOf(world, world.unitsIn(namespace)).filter(({ labels }) => matches(selector, labels));
  return selected.flatMap((unit) =>
    endpoints.map((endpoint) => [unit, containerPorts(endpoint, unit)] as const),
  );
}

function behindServices(world: World, { selector, endpoints }: MonitorRecord, services: Labelled): Scraped[] {
  const selected = candidates(services, selector).filter(({ labels }) => matches(selector, labels));
  return selected.flatMap((service) =>
    unitsOf(world, unitsBehind(world, service)).flatMap((unit) =>
      endpoints.map((endpoint) => [unit, servicePorts(endpoint, service, unit)] as const),
    ),
  );
}

function servicePorts(endpoint: MonitorEndpoint, { ports }: ServiceRecord, unit: Unit): PortSet {
  if (endpoint.port === null) return containerPorts(endpoint, unit);
  const named = ports.filter(({ name }) => name === endpoint.port);
  return named.reduce((sum, port) => unionPorts(sum, targetPorts(port, unit)), noPorts);
}

function containerPorts({ port, targetPort }: MonitorEndpoint, unit: Unit): PortSet {
  const wanted = port ?? targetPort;
  if (wanted === null) return noPorts;
  return targetPorts({ name: null, port: 0, targetPort: wanted, protocol: 'TCP', nodePort: null }, unit);
}

/** `prometheus.io/scrape: "true"` with a port; without one scrapers choose among the ports of the containers. */
function byAnnotation(world: World, namespace: string): Scrape {
  const ports = new Map<number, PortSet>();
  for (const unit of unitsOf(world, world.unitsIn(namespace))) {
    const annotations = shapeOf(world, unit)?.annotations;
    if (annotations?.get('prometheus.io/scrape') !== 'true') continue;
    const number = Number(annotations.get('prometheus.io/port') ?? Number.NaN);
    const valid = Number.isInteger(number) && number >= 1 && number <= 65_535;
    const set = valid ? portRange('TCP', number, number) : declaredTcp(unit);
    if (!isEmpty(set)) ports.set(unit.id, set);
  }
  return { by: 'annotation', object: null, ports };
}

function declaredTcp({ ports }: Unit): PortSet {
  const tcp = ports.filter(({ protocol }) => protocol === 'TCP');
  return tcp.reduce((sum, { number }) => unionPorts(sum, portRange('TCP', number, number)), noPorts);
}

function unitsOf(world: World, ids: BitSet): readonly Unit[] {
  return ids.toArray().flatMap((id) => world.unit(id) ?? []);
}
