import type { Impact, IsolationTally, NamedEnd, Tally } from '../impact/impact.ts';
import type { Direction } from '../model/policy.ts';
import { portText } from '../sets/port-set.ts';
import type { Visibility } from './visibility.ts';
import { fitted, workloadText } from './words.ts';

/**
 * The first line of an answer, for example `blocks 3 connections (shop/web -> shop/db:5432/TCP, +2), opens 1 (internet
 * -> shop/web:8080/TCP); isolates 3 workloads (14 pods) for ingress, 1 keeps no source`. Parts that are zero are left
 * out; empty where all are.
 */
export function headline(impact: Impact, namespace: string, visible: Visibility, suffix: string): string {
  return fitted((nameMax) => {
    const connections = [blocks(impact, visible, nameMax), ...opens(impact, namespace, visible, nameMax)];
    const parts = [
      connections.filter((part) => part !== '').join(', '),
      isolates(impact.isolated),
      frees(impact.freed),
      impact.undecided.count > 0 ? `${impact.undecided.count} undecided` : '',
    ].filter((part) => part !== '');
    return parts.length === 0 ? '' : `${parts.join('; ')}${suffix}`;
  });
}

function blocks({ blocked }: Impact, visible: Visibility, nameMax: number): string {
  const told = blocked.declared.count > 0 ? blocked.declared : blocked.undeclared;
  if (told.count === 0) return '';
  const noun = told.count === 1 ? 'connection' : 'connections';
  const caveat = blocked.declared.count > 0 ? '' : ' (undeclared ports only)';
  return `blocks ${told.count} ${noun} ${examples(told, visible, nameMax)}${caveat}`;
}

function opens({ opened }: Impact, namespace: string, visible: Visibility, nameMax: number): string[] {
  const across =
    opened.across.count === 0
      ? ''
      : `opens ${opened.across.count} ${examples(opened.across, visible, nameMax)}`;
  const inside = opened.inside.count === 0 ? '' : `opens ${opened.inside.count} inside ${namespace}`;
  return [across, inside];
}

/** One connection by name and how many more there are; ends that the user may not see are told as such. */
function examples({ count, examples: all }: Tally, visible: Visibility, nameMax: number): string {
  const seen = (end: NamedEnd): boolean => typeof end === 'string' || visible(end.namespace);
  const example = all.find(({ source, destination }) => seen(source) && seen(destination)) ?? all[0];
  if (example === undefined) return `(+${count})`;
  const name = (end: NamedEnd): string => {
    if (typeof end === 'string') return end;
    return visible(end.namespace) ? workloadText(end, nameMax) : 'another namespace';
  };
  const more = count > 1 ? `, +${count - 1}` : '';
  return `(${name(example.source)} -> ${name(example.destination)}:${portText(example.ports, 2)}${more})`;
}

function isolates({ ingress, egress }: Readonly<Record<Direction, IsolationTally>>): string {
  const parts = [isolation(ingress, 'ingress', 'source'), isolation(egress, 'egress', 'destination')].filter(
    Boolean,
  );
  return parts.length === 0 ? '' : `isolates ${parts.join(' and ')}`;
}

function isolation(tally: IsolationTally, direction: Direction, end: string): string {
  if (tally.workloads === 0) return '';
  const keep =
    tally.keepNone === 0 ? '' : `, ${tally.keepNone} ${tally.keepNone === 1 ? 'keeps' : 'keep'} no ${end}`;
  return `${workloads(tally)} for ${direction}${keep}`;
}

function frees({ ingress, egress }: Readonly<Record<Direction, IsolationTally>>): string {
  const parts = [
    ingress.workloads > 0 ? `${workloads(ingress)} for ingress` : '',
    egress.workloads > 0 ? `${workloads(egress)} for egress` : '',
  ];
  const told = parts.filter((part) => part !== '');
  return told.length === 0 ? '' : `frees ${told.join(' and ')}`;
}

/** `3 workloads (14 pods)`, with planned pods `(3 pods, 2 planned)`, or `(2 planned)` where none runs. */
function workloads({ workloads: count, pods, planned }: IsolationTally): string {
  const running = pods > 0 || planned === 0 ? [`${pods} ${pods === 1 ? 'pod' : 'pods'}`] : [];
  const parts = planned > 0 ? [...running, `${planned} planned`] : running;
  return `${count} ${count === 1 ? 'workload' : 'workloads'} (${parts.join(', ')})`;
}
