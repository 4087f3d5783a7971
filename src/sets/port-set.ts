import { type Protocol, portMax, protocols } from '../model/port.ts';

/**
 * A set of (protocol, port) points as sorted half-open intervals on one line of integers: TCP ports lie at 1–65535,
 * UDP at 65536 + port, SCTP at 131072 + port. Flat: `[from, to, from, to, …]`, no two intervals touch.
 */
export type PortSet = readonly number[];

const span = portMax + 1;

export const noPorts: PortSet = [];

/** "All" means every port of TCP, UDP and SCTP. */
export const allPorts: PortSet = protocols.flatMap((_, index) => [index * span + 1, (index + 1) * span]);

/** Where one port lies on the line. */
export function portPoint(protocol: Protocol, port: number): number {
  return protocols.indexOf(protocol) * span + port;
}

/** The ports `from` to `to`, both included, of one protocol. */
export function portRange(protocol: Protocol, from: number, to: number): PortSet {
  return [portPoint(protocol, from), portPoint(protocol, to) + 1];
}

export function isEmpty(set: PortSet): boolean {
  return set.length === 0;
}

export function hasPort(set: PortSet, protocol: Protocol, port: number): boolean {
  const point = portPoint(protocol, port);
  for (let i = 0; i < set.length; i += 2) {
    if (point < (set[i] ?? 0)) return false;
    if (point < (set[i + 1] ?? 0)) return true;
  }
  return false;
}

export function samePorts(a: PortSet, b: PortSet): boolean {
  return a === b || (a.length === b.length && a.every((point, i) => point === b[i]));
}

export function unionPorts(a: PortSet, b: PortSet): PortSet {
  if (a.length === 0 || a === b) return b;
  if (b.length === 0) return a;
  return sweep(a, b, (inA, inB) => inA || inB);
}

export function intersectPorts(a: PortSet, b: PortSet): PortSet {
  if (a === b || b === allPorts || a.length === 0) return a;
  if (a === allPorts || b.length === 0) return b;
  return sweep(a, b, (inA, inB) => inA && inB);
}

export function subtractPorts(a: PortSet, b: PortSet): PortSet {
  if (a.length === 0 || b.length === 0) return a;
  if (b === allPorts || a === b) return noPorts;
  return sweep(a, b, (inA, inB) => inA && !inB);
}

/** Walks both boundary lists once and keeps the stretches where `keep` holds. */
function sweep(a: PortSet, b: PortSet, keep: (inA: boolean, inB: boolean) => boolean): PortSet {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  let open = false;
  while (i < a.length || j < b.length) {
    const nextA = a[i] ?? Number.POSITIVE_INFINITY;
    const nextB = b[j] ?? Number.POSITIVE_INFINITY;
    const point = Math.min(nextA, nextB);
    if (nextA === point) i += 1;
    if (nextB === point) j += 1;
    const wanted = keep(i % 2 === 1, j % 2 === 1);
    if (wanted !== open) {
      out.push(point);
      open = wanted;
    }
  }
  return out;
}

export interface PortRun {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

/** The set as runs of ports, both ends included, TCP before UDP before SCTP. */
export function portRuns(set: PortSet): readonly PortRun[] {
  const runs: PortRun[] = [];
  for (let i = 0; i < set.length; i += 2) {
    const from = set[i] ?? 0;
    const to = (set[i + 1] ?? 0) - 1;
    const index = Math.floor(from / span);
    const protocol = protocols[index];
    if (protocol !== undefined) runs.push({ protocol, from: from - index * span, to: to - index * span });
  }
  return runs;
}

/** Short text such as `8080/TCP`, `53/UDP,53/TCP` or `all ports`; at most `most` runs, then `…`. */
export function portText(set: PortSet, most = 3): string {
  if (samePorts(set, allPorts)) return 'all ports';
  const runs = portRuns(set).map(({ protocol, from, to }) => {
    if (from === 1 && to === portMax) return `all ${protocol}`;
    return from === to ? `${from}/${protocol}` : `${from}-${to}/${protocol}`;
  });
  return runs.length > most ? `${runs.slice(0, most).join(',')},…` : runs.join(',');
}
