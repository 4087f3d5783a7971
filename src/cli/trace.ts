import {
  type FlowTrace,
  isSamePod,
  outsideEnds,
  type PortPoint,
  type SideTrace,
  traceFlow,
} from '../impact/trace.ts';
import type { FlowEnd, Verdict } from '../impact/verdict.ts';
import type { Direction } from '../model/policy.ts';
import { type SideAnswer, type TraceDocument, traceJson, traceText } from '../report/trace.ts';
import { formatAddress } from '../sets/addresses.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Printing } from './contract-test.ts';
import type { Output } from './outputs.ts';
import { type Endpoint, endpointOf } from './trace-ends.ts';
import { type ClusterInput, gapsOf, type OpenedCluster, openCluster } from './trace-input.ts';
import { nearestMiss } from './trace-nearest.ts';

export const traceFormats = ['pretty', 'json'] as const;

/** What `netsluice trace` is asked to do. */
export interface TracePlan {
  readonly source: string;
  readonly destination: string;
  readonly at: PortPoint;
  readonly expect: 'allowed' | 'blocked' | null;
  readonly input: ClusterInput;
  readonly outputs: readonly Output<(typeof traceFormats)[number]>[];
}

/**
 * Judges one flow and says why.
 *
 * @returns 0 whatever the verdict; 1 where another one was expected (unknown is never the expected one), 2 where an
 * end does not exist, 3 where something could not be read.
 */
export async function runTrace(plan: TracePlan, printing: Printing): Promise<number> {
  const { tell } = printing;
  const opened = await openCluster(plan.input, tell);
  if ('problem' in opened) {
    tell(opened.problem);
    return 3;
  }
  const source = endpointOf(opened.world, plan.source);
  const destination = endpointOf(opened.world, plan.destination);
  if ('problem' in source || 'problem' in destination) {
    for (const end of [source, destination]) if ('problem' in end) tell(end.problem);
    // What is missing may stand in what could not be read.
    return opened.problems.length > 0 ? 3 : 2;
  }
  const flows = flowsOf(opened, source, destination, plan.at);
  return answer(plan, documentOf(opened, source, destination, plan.at, flows), printing);
}

function answer(
  { outputs, expect }: TracePlan,
  document: TraceDocument,
  { write, tell, paint }: Printing,
): number {
  for (const { name, file } of outputs)
    write(file, name === 'json' ? traceJson(document) : traceText(document, paint));
  if (document.problems.length > 0 || document.partial !== null) return 3;
  if (expect === null || expect === document.verdict) return 0;
  tell(`expected ${expect}, but it is ${document.verdict}`);
  return 1;
}

/** A flow between two ends, with what the ends are called. */
interface NamedFlow extends FlowTrace {
  readonly src: string;
  readonly dst: string;
}

interface NamedEnd {
  readonly end: FlowEnd;
  readonly name: string;
}

/** Every pair of the two ends; a pod to itself only where there is no other. */
function flowsOf(
  { world }: OpenedCluster,
  source: Endpoint,
  destination: Endpoint,
  at: PortPoint,
): readonly NamedFlow[] {
  const sources = namedEnds(world, source, destination, 'ingress');
  const destinations = namedEnds(world, destination, source, 'egress');
  const pairs = sources.flatMap((from) => destinations.map((to) => [from, to] as const));
  const others = pairs.filter(([from, to]) => !isSamePod(from.end, to.end));
  return (others.length > 0 ? others : pairs).map(([from, to]) => ({
    ...traceFlow(world, from.end, to.end, at),
    src: from.name,
    dst: to.name,
  }));
}

/** The ends of an endpoint; those of the internet are what the other end's policies tell apart. */
function namedEnds(
  world: ClusterWorld,
  { id, ends }: Endpoint,
  other: Endpoint,
  direction: Direction,
): readonly NamedEnd[] {
  if (id !== 'internet') return ends.map((end) => ({ end, name: nameOf(end) }));
  return outsideEnds(world, other.ends, direction).map(({ end, range: { first, last } }) => ({
    end,
    name: first === last ? nameOf(end) : `ip:${formatAddress(first)}-${formatAddress(last)}`,
  }));
}

const worstFirst: readonly Verdict[] = ['blocked', 'unknown', 'allowed'];

function documentOf(
  opened: OpenedCluster,
  source: Endpoint,
  destination: Endpoint,
  at: PortPoint,
  flows: readonly NamedFlow[],
): TraceDocument {
  const found = worstFirst.flatMap((verdict) => flows.find((flow) => flow.verdict === verdict) ?? []);
  const [worst, ...rest] = found;
  if (worst === undefined) throw new Error('two ends make at least one pair');
  const count = (verdict: Verdict): number => flows.filter((flow) => flow.verdict === verdict).length;
  const outside = [source.id, destination.id].includes('internet');
  const differ = outside ? 'addresses-differ' : 'pods-differ';
  return {
    schema: 'trace/v1',
    src: source.id,
    dst: destination.id,
    ...at,
    verdict: rest.length === 0 ? worst.verdict : 'unknown',
    reasons: rest.length === 0 ? worst.reasons : [differ],
    pairs: { allowed: count('allowed'), blocked: count('blocked'), unknown: count('unknown') },
    witness: pairOf(worst),
    egress: sideOf(worst.egress),
    ingress: sideOf(worst.ingress),
    nearestMiss: worst.verdict === 'blocked' ? nearestMiss(opened.world, worst, at) : null,
    others: rest.map((flow) => ({ ...pairOf(flow), verdict: flow.verdict })),
    notes: [source.note, destination.note].flatMap((note) => note ?? []),
    ...gapsOf(opened),
  };
}

function pairOf({ src, dst }: NamedFlow): { readonly src: string; readonly dst: string } {
  return { src, dst };
}

function nameOf(end: FlowEnd): string {
  switch (end.kind) {
    case 'pod':
      return `${end.unit.namespace}/${end.name}`;
    case 'node':
      return `node:${end.name}`;
    case 'address':
      return `ip:${formatAddress(end.address)}`;
  }
}

function sideOf({ verdict, why, reasons, policies }: SideTrace): SideAnswer {
  return {
    verdict,
    why,
    reasons,
    policies: policies.map(({ policy, effect, clause, clauses, reasons: because }) => ({
      policy: `${policy.namespace}/${policy.name}`,
      selects: true,
      effect,
      clause,
      clauses,
      reasons: because,
    })),
  };
}
