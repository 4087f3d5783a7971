import type { BitSet } from '../sets/bitset.ts';
import { isEmpty, noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import {
  egressSpec,
  type GeneratedPolicy,
  type Ground,
  nameLabel,
  namespacePeer,
  portItems,
} from './generate-parts.ts';

/** Pods of the namespace that bring traffic to others: ingress controllers and what scrapes. */
export function callerAllowances(ground: Ground): GeneratedPolicy[] {
  const { facts, world } = ground;
  const targets = (portsIn: (namespace: string) => PortSet): ReadonlyMap<string, PortSet> => {
    const names = [...world.namespaces()].map(({ name }) => name).sort();
    return new Map(
      names.map((name) => [name, portsIn(name)] as const).filter(([, ports]) => !isEmpty(ports)),
    );
  };
  return [
    ...allowances(ground, facts.controllers(), 'backends', () =>
      targets((name) => sum(facts.exposures(name).filter(({ callers }) => callers !== 'internet'))),
    ),
    ...allowances(ground, facts.scrapers(), 'metrics', () => targets((name) => sum(facts.scrapes(name)))),
  ];
}

function sum(items: readonly { readonly ports: ReadonlyMap<number, PortSet> }[]): PortSet {
  return items.flatMap(({ ports }) => [...ports.values()]).reduce(unionPorts, noPorts);
}

const words = {
  backends:
    'This is an ingress controller: it brings traffic to the pods behind the Ingresses of these namespaces.',
  metrics: 'This is what scrapes: it calls the pods of these namespaces that ask for it.',
} as const;

function allowances(
  { namespace, world }: Ground,
  callers: BitSet,
  what: keyof typeof words,
  targetsOf: () => ReadonlyMap<string, PortSet>,
): GeneratedPolicy[] {
  const own = callers.and(world.unitsIn(namespace));
  if (own.isEmpty()) return [];
  const targets = targetsOf();
  const ports = [...targets.values()].reduce(unionPorts, noPorts);
  if (isEmpty(ports)) return [];
  const to = [...targets.keys()].map((name) => namespacePeer(name, {}));
  const labels = new Map<string, Readonly<Record<string, string>>>();
  for (const id of own.toArray()) {
    const unit = world.unit(id);
    if (unit !== undefined) labels.set(JSON.stringify(nameLabel(unit)), nameLabel(unit));
  }
  return [...labels.values()].map((each) => ({
    name: `allow-${Object.values(each)[0] ?? 'callers'}-to-${what}`,
    why: [words[what]],
    spec: egressSpec(each, [{ to, ports: portItems(ports) }]),
  }));
}
