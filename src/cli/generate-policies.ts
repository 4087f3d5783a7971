import type { Direction } from '../model/policy.ts';
import { factsOf } from '../platform/facts.ts';
import { nodeLocalResolver } from '../platform/resolvers.ts';
import { unitsBehind } from '../platform/services.ts';
import { isApiClient } from '../rules/egress-kube-apiserver-blocked.ts';
import { isEmpty, noPorts, type PortSet, portRange, unionPorts } from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { callerAllowances } from './generate-callers.ts';
import { exposedAllowances } from './generate-exposed.ts';
import {
  egressSpec,
  type GeneratedPolicy,
  type Ground,
  ingressSpec,
  labelPeers,
  matchLabels,
  namespacePeer,
  ownLabels,
  portItems,
  unitsIn,
} from './generate-parts.ts';

/** What the policies are made for. */
export interface Wanted {
  readonly namespace: string;
  /** The directions that the default-deny isolates; at least one. */
  readonly directions: readonly Direction[];
}

const dns = unionPorts(portRange('UDP', 53, 53), portRange('TCP', 53, 53));

/**
 * A default-deny and, before it, what the cluster itself needs in order to work: names, the calls of the API server,
 * traffic from outside, monitoring. What the workloads want of each other nobody can know.
 */
export function defaultDeny(
  world: ClusterWorld,
  { namespace, directions }: Wanted,
): readonly GeneratedPolicy[] {
  const ground: Ground = { world, facts: factsOf(world), namespace };
  const ingress = directions.includes('ingress');
  const egress = directions.includes('egress');
  return uniquelyNamed([
    ...(egress ? [dnsAllowance(ground), ...apiClientAllowances(ground), ...callerAllowances(ground)] : []),
    ...(ingress
      ? [
          ...resolverAllowance(ground),
          ...callbackAllowances(ground),
          ...exposedAllowances(ground),
          ...scrapeAllowance(ground),
        ]
      : []),
    ...memberAllowances(ground, directions),
    denial({ namespace, directions }),
  ]);
}

/** The same where nothing is known of the cluster: the usual place of DNS, and nothing else. */
export function portableDefaultDeny({ namespace, directions }: Wanted): readonly GeneratedPolicy[] {
  const usual = [
    'Names, for every pod. Nothing is known of the cluster, so this is where DNS is in most of them: compare it with',
    '`kubectl get service,endpointslices -n kube-system`. On OpenShift it is namespace openshift-dns, port 5353.',
  ];
  const peer = namespacePeer('kube-system', { 'k8s-app': 'kube-dns' });
  const allowance = {
    name: 'allow-dns',
    why: usual,
    spec: egressSpec({}, [{ to: [peer], ports: portItems(dns) }]),
  };
  return [...(directions.includes('egress') ? [allowance] : []), denial({ namespace, directions })];
}

function denial({ namespace, directions }: Wanted): GeneratedPolicy {
  const ways = directions.join(' and ');
  return {
    name: 'default-deny',
    why: [
      `From here on everything is blocked that no policy of ${namespace} allows, for ${ways}. It comes last, so that`,
      'what is allowed is there before it.',
    ],
    spec: {
      podSelector: {},
      policyTypes: directions.map((way) => (way === 'ingress' ? 'Ingress' : 'Egress')),
    },
  };
}

/** Where the resolver itself is isolated, everybody must reach it, pods of the node network too. */
function resolverAllowance({ facts, namespace }: Ground): GeneratedPolicy[] {
  const { service, ports } = facts.resolvers();
  const listening = [...ports.values()].reduce(unionPorts, noPorts);
  if (service?.namespace !== namespace || service.selector === null || isEmpty(listening)) return [];
  const why = ['The whole cluster asks these pods for names, and so do nodes: the clause names nobody.'];
  const spec = ingressSpec(Object.fromEntries(service.selector), [{ ports: portItems(listening) }]);
  return [{ name: `allow-all-to-${service.name}`, why, spec }];
}

function dnsAllowance({ facts }: Ground): GeneratedPolicy {
  const { service, ports, nodeLocal } = facts.resolvers();
  if (service === null) {
    const why = [
      'Names, for every pod. No DNS Service was found in the cluster, so that port 53 is allowed to everybody.',
    ];
    return { name: 'allow-dns', why, spec: egressSpec({}, [{ ports: portItems(dns) }]) };
  }
  const listening = [...ports.values()].reduce(unionPorts, noPorts);
  const clause = {
    ...(service.selector === null
      ? {}
      : { to: [namespacePeer(service.namespace, Object.fromEntries(service.selector))] }),
    ports: portItems(isEmpty(listening) ? dns : listening),
  };
  const local = { to: [{ ipBlock: { cidr: `${nodeLocalResolver}/32` } }], ports: portItems(dns) };
  return {
    name: 'allow-dns',
    why: [
      `Names, for every pod: the pods behind Service ${service.namespace}/${service.name}, on the port where they listen.`,
      ...(nodeLocal
        ? [`A cache runs on every node of this cluster and answers on ${nodeLocalResolver}.`]
        : []),
    ],
    spec: egressSpec({}, nodeLocal ? [clause, local] : [clause]),
  };
}

/** Pods that call the API server, at the addresses where it really listens. */
function apiClientAllowances(ground: Ground): GeneratedPolicy[] {
  const { facts, world } = ground;
  const { endpoints } = facts.apiEndpoints();
  if (endpoints.length === 0) return [];
  const clients = unitsIn(ground).filter((unit) => isApiClient({ facts, world }, unit));
  const to = endpoints.map(({ text }) => ({ ipBlock: { cidr: `${text}/${text.includes(':') ? 128 : 32}` } }));
  const ports = endpoints.reduce((sum, endpoint) => unionPorts(sum, endpoint.ports), noPorts);
  const byWorkload = new Map(clients.map((unit) => [unit.workload.id, unit]));
  return [...byWorkload.values()].map((unit) => ({
    name: `allow-${unit.workload.name}-to-api-server`,
    why: [
      `${unit.workload.name} has the rights to use the API server. No selector matches that: these are its addresses,`,
      'which policies see in place of the ClusterIP.',
    ],
    spec: egressSpec(ownLabels(unit), [{ to, ports: portItems(ports) }]),
  }));
}

/** Webhooks and aggregated APIs: the API server is no pod, so that only a clause without peers surely admits it. */
function callbackAllowances({ facts, namespace, world }: Ground): GeneratedPolicy[] {
  const found = new Map<string, { readonly selector: ReadonlyMap<string, string>; ports: PortSet }>();
  for (const { target, ports } of facts.callbacks(namespace)) {
    const selector = world.record('Service', namespace, target.service.name)?.selector ?? null;
    const called = [...ports.values()].reduce(unionPorts, noPorts);
    if (selector === null || isEmpty(called)) continue;
    const known = found.get(target.service.name) ?? { selector, ports: noPorts };
    found.set(target.service.name, { selector, ports: unionPorts(known.ports, called) });
  }
  return [...found].map(([service, { selector, ports }]) => ({
    name: `allow-api-server-to-${service}`,
    why: [
      `The API server calls these pods. It is no pod and no selector matches it, so the clause names nobody; the port is`,
      `that of the pods, not of Service ${service}.`,
    ],
    spec: ingressSpec(Object.fromEntries(selector), [{ ports: portItems(ports) }]),
  }));
}

function scrapeAllowance(ground: Ground): GeneratedPolicy[] {
  const { facts, namespace, world } = ground;
  const scrapers = labelPeers(world, facts.scrapers());
  const ports = facts
    .scrapes(namespace)
    .flatMap((scrape) => [...scrape.ports.values()])
    .reduce(unionPorts, noPorts);
  if (scrapers.length === 0 || isEmpty(ports)) return [];
  const why = [
    'Monitoring: these pods scrape the ports that the annotations or monitors of the namespace tell them.',
  ];
  return [
    { name: 'allow-monitoring', why, spec: ingressSpec({}, [{ from: scrapers, ports: portItems(ports) }]) },
  ];
}

/** The pods behind a headless Service are members of something: they talk to each other. */
function memberAllowances({ namespace, world }: Ground, directions: readonly Direction[]): GeneratedPolicy[] {
  const headless = [...world.records('Service', namespace)].filter(
    (service) => service.headless && !unitsBehind(world, service).isEmpty(),
  );
  const found = new Map<string, GeneratedPolicy>();
  for (const { name, selector } of headless.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const labels = Object.fromEntries(selector ?? []);
    const peer = { podSelector: matchLabels(labels) };
    const key = JSON.stringify(labels);
    if (found.has(key)) continue;
    found.set(key, {
      name: `allow-members-of-${name}`,
      why: [
        `Headless Service ${name} leads to each of these pods, which most often means that they talk to each other.`,
      ],
      spec: {
        podSelector: matchLabels(labels),
        policyTypes: directions.map((way) => (way === 'ingress' ? 'Ingress' : 'Egress')),
        ...(directions.includes('ingress') ? { ingress: [{ from: [peer] }] } : {}),
        ...(directions.includes('egress') ? { egress: [{ to: [peer] }] } : {}),
      },
    });
  }
  return [...found.values()];
}

/** Two Services or workloads may give policies one name. */
function uniquelyNamed(policies: readonly GeneratedPolicy[]): readonly GeneratedPolicy[] {
  const seen = new Map<string, number>();
  return policies.map((policy) => {
    const count = (seen.get(policy.name) ?? 0) + 1;
    seen.set(policy.name, count);
    return count === 1 ? policy : { ...policy, name: `${policy.name}-${count}` };
  });
}
