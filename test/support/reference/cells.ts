/**
 * Cuts ports and addresses where any policy mentions a boundary. Between two boundaries every policy gives the
 * same answer, so one member of each cell stands for all.
 */
import { type Address, formatAddress, highest, parseBlock } from './addresses.ts';
import { clausesOf } from './clauses.ts';
import { isLive, nodeAddresses, podAddresses } from './ends.ts';
import { type Clause, list, type PodSpec, type Protocol, type RefCluster } from './objects.ts';
import { templateOf } from './units.ts';

export interface PortCell {
  protocol: Protocol;
  first: number;
  last: number;
  /** Its first and its last port, such as `TCP/80`; one where they are the same. */
  names: string[];
}

/** `representative` is the first address of the cell that neither a pod nor a node owns. */
export interface AddressCell {
  first: string;
  last: string;
  representative: Address;
}

function clausesIn(clusters: RefCluster[]): Clause[] {
  return clusters
    .flatMap((cluster) => cluster.policies)
    .flatMap((policy) => [...clausesOf(policy, 'Ingress'), ...clausesOf(policy, 'Egress')]);
}

function podSpecs(cluster: RefCluster): PodSpec[] {
  const templates = cluster.workloads.map((workload) => templateOf(workload).spec);
  return [...cluster.pods.map((pod) => pod.spec), ...templates];
}

/** The port cells of each protocol: cut at every number a policy mentions and every port a pod names. */
export function portCells(clusters: RefCluster[]): PortCell[] {
  const mentioned = clausesIn(clusters).flatMap((clause) => list(clause.ports));
  const named = clusters
    .flatMap(podSpecs)
    .flatMap((spec) => [...spec.containers, ...list(spec.initContainers)])
    .flatMap((container) => list(container.ports))
    .filter((port) => port.name !== undefined);
  return (['TCP', 'UDP', 'SCTP'] as const).flatMap((protocol) => {
    const starts = new Set([1]);
    for (const entry of mentioned) {
      if ((entry.protocol ?? 'TCP') !== protocol || typeof entry.port !== 'number') continue;
      // Some plugins take only the first port of a range.
      starts
        .add(entry.port)
        .add(entry.port + 1)
        .add((entry.endPort ?? entry.port) + 1);
    }
    for (const port of named) {
      if ((port.protocol ?? 'TCP') === protocol) starts.add(port.containerPort).add(port.containerPort + 1);
    }
    const sorted = [...starts].filter((port) => port <= 65535).sort((a, b) => a - b);
    return sorted.map((first, i) => {
      const last = (sorted[i + 1] ?? 65536) - 1;
      return {
        protocol,
        first,
        last,
        names: [...new Set([first, last])].map((port) => `${protocol}/${port}`),
      };
    });
  });
}

/** The addresses that a live pod or a node of one of the clusters owns. */
function ownedAddresses(clusters: RefCluster[]): Address[] {
  return clusters.flatMap((cluster) => [
    ...cluster.pods.filter(isLive).flatMap(podAddresses),
    ...cluster.nodes.flatMap(nodeAddresses),
  ]);
}

/** The address cells of both families; a cell whose every address is owned is left out. */
export function addressCells(clusters: RefCluster[]): AddressCell[] {
  const blocks = clausesIn(clusters)
    .flatMap((clause) => [...list(clause.from), ...list(clause.to)])
    .flatMap((peer) => (peer.ipBlock ? [peer.ipBlock.cidr, ...list(peer.ipBlock.except)] : []))
    .map(parseBlock);
  const owned = ownedAddresses(clusters);
  return ([4, 6] as const).flatMap((family) => {
    const own = blocks.filter((block) => block.family === family);
    const taken = new Set(owned.filter((each) => each.family === family).map(({ value }) => value));
    const starts = new Set([0n, ...own.flatMap((block) => [block.first, block.last + 1n])]);
    const sorted = [...starts].filter((start) => start <= highest(family)).sort((a, b) => (a < b ? -1 : 1));
    return sorted.flatMap((first, i) => {
      const last = (sorted[i + 1] ?? highest(family) + 1n) - 1n;
      let value = first;
      while (value <= last && taken.has(value)) value += 1n;
      if (value > last) return [];
      const text = (at: bigint) => formatAddress({ family, value: at });
      return [{ first: text(first), last: text(last), representative: { family, value } }];
    });
  });
}
