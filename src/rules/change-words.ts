import type { IsolationTally } from '../impact/impact.ts';
import { type Direction, directions } from '../model/policy.ts';

/** `2 workloads (14 pods) for ingress and 1 workload (1 pod, 1 planned) for egress`; empty where none is concerned. */
export function isolationText(
  tallies: Readonly<Record<Direction, IsolationTally>>,
  suffix: (tally: IsolationTally) => string = () => '',
): string {
  return directions
    .filter((direction) => tallies[direction].workloads > 0)
    .map((direction) => `${workloadsText(tallies[direction])} for ${direction}${suffix(tallies[direction])}`)
    .join(' and ');
}

function workloadsText({ workloads, pods, planned }: IsolationTally): string {
  const running = pods > 0 || planned === 0 ? [countText(pods, 'pod')] : [];
  const all = planned > 0 ? [...running, `${planned} planned`] : running;
  return `${countText(workloads, 'workload')} (${all.join(', ')})`;
}

/** `1 connection`, `3 connections`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
