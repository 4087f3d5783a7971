import type { ServiceRecord } from '../model/objects.ts';
import type { Exposure } from '../platform/exposures.ts';
import { unitsBehind } from '../platform/services.ts';
import { noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import { type GeneratedPolicy, type Ground, ingressSpec, labelPeers, portItems } from './generate-parts.ts';

/** The pods behind a Service that somebody brings traffic to, and by what. */
interface Exposed {
  readonly service: ServiceRecord;
  readonly by: string[];
  ports: PortSet;
}

/** Traffic from outside: from the ingress controllers to the backends of Ingresses, from anywhere to open Services. */
export function exposedAllowances(ground: Ground): GeneratedPolicy[] {
  const { facts, namespace, world } = ground;
  const inside = new Map<string, Exposed>();
  const outside = new Map<string, Exposed>();
  for (const exposure of facts.exposures(namespace)) {
    const found = exposure.callers === 'internet' ? outside : inside;
    for (const service of servicesOf(ground, exposure)) {
      const key = JSON.stringify([...(service.selector ?? [])].sort());
      const known = found.get(key) ?? { service, by: [], ports: noPorts };
      known.by.push(`${exposure.by} ${exposure.object.name}`);
      for (const id of unitsBehind(world, service).toArray())
        known.ports = unionPorts(known.ports, exposure.ports.get(id) ?? noPorts);
      found.set(key, known);
    }
  }
  const callers = labelPeers(world, facts.controllers());
  return [
    ...[...inside.values()].map(({ service, by, ports }) => ({
      name: `allow-ingress-controller-to-${service.name}`,
      why:
        callers.length > 0
          ? [`Traffic of ${listed(by)}: the ingress controller brings it to the port of the pods.`]
          : [
              `Traffic of ${listed(by)}. No ingress controller was found, so that everybody may bring it: name yours in from.`,
            ],
      spec: ingressSpec(labelsOf(service), [
        { ...(callers.length > 0 ? { from: callers } : {}), ports: portItems(ports) },
      ]),
    })),
    ...[...outside.values()].map(({ service, by, ports }) => ({
      name: `allow-outside-to-${service.name}`,
      why: [
        `Traffic of ${listed(by)}: it comes from addresses that no selector matches. Name the ranges in from if you know`,
        'them and your load balancer keeps the address of the client.',
      ],
      spec: ingressSpec(labelsOf(service), [{ ports: portItems(ports) }]),
    })),
  ];
}

/** The Service itself, or those of the namespace that lead to the pods that the object brings traffic to. */
function servicesOf({ namespace, world }: Ground, { by, object, ports }: Exposure): readonly ServiceRecord[] {
  if (by === 'LoadBalancer' || by === 'NodePort') {
    const service = world.record('Service', namespace, object.name);
    return service === undefined ? [] : [service];
  }
  const leading = [...world.records('Service', namespace)].filter((service) =>
    unitsBehind(world, service)
      .toArray()
      .some((id) => ports.has(id)),
  );
  return leading.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function labelsOf({ selector }: ServiceRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(selector ?? []);
}

function listed(names: readonly string[]): string {
  const [first = '', ...others] = [...new Set(names)];
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
