import type { Finding, Level } from '../model/finding.ts';
import type { Facts } from '../platform/facts.ts';
import { type Mode, modesOf } from '../review/modes.ts';
import {
  policiesInForce,
  type ScanContext,
  type Standing,
  standing,
  weighed,
} from '../review/scan-policy.ts';
import type { PolicyLook } from './findings.ts';

/**
 * So long all rules together may look at one policy; milliseconds of the clock. Others have their turn after each rule,
 * so that it is no bound on how long anybody waits, but keeps one policy from taking the time of all.
 */
const policyMs = 1000;

/** That the API server is cut off is told wherever it happens: in exempt namespaces too, and where *audit* is off. */
const guardRule = 'R17';

/** The cluster at one moment. Equal versions mean that nothing changed in between. */
export interface Moment {
  readonly version: number;
  readonly context: ScanContext;
  readonly facts: Facts;
}

export interface NamespaceLook {
  readonly looks: readonly PolicyLook[];
  /** What was not looked at, one line each; empty where everything was. */
  readonly gaps: readonly string[];
}

export interface LookOptions {
  readonly namespace: string;
  readonly ownNamespace: string;
  /** Asked before each step, because the cluster may have changed since the last one. */
  readonly moment: () => Moment;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Looks at every policy of a namespace, one rule at each step, so that the caller can let others go first. */
export function* lookAtNamespace(options: LookOptions): Generator<void, NamespaceLook> {
  const { namespace, moment } = options;
  const { world } = moment().context;
  if (world.namespace(namespace)?.terminating === true) return { looks: [], gaps: [] };
  const names = policiesInForce(world, [namespace]).map(({ ref }) => ref.name);
  const gaps = [...unreadable(moment().context, namespace)];
  const looks: PolicyLook[] = [];
  for (const name of names) {
    const look = yield* lookAtPolicy(name, options, gaps);
    if (look !== null) looks.push(look);
  }
  return { looks, gaps };
}

function* unreadable({ world }: ScanContext, namespace: string): Iterable<string> {
  const read = new Set(policiesInForce(world, [namespace]).map(({ ref }) => ref.name));
  for (const { name, problem } of world.records('NetworkPolicy', namespace)) {
    if (!read.has(name))
      yield `${namespace}/${name}: the policy cannot be analysed${problem === null ? '' : ` (${problem})`}`;
  }
}

function* lookAtPolicy(
  name: string,
  { namespace, ownNamespace, moment, now }: LookOptions,
  gaps: string[],
): Generator<void, PolicyLook | null> {
  const unknown = new Set<string>();
  const found: Finding[] = [];
  let spentMs = 0;
  let at = moment();
  let policy = policyNamed(at, namespace, name);
  if (policy === null) return null;
  let view: Standing = standing(policy, at.context, at.facts);
  for (const rule of view.rules) {
    const latest = moment();
    if (latest.version !== at.version) {
      at = latest;
      policy = policyNamed(at, namespace, name);
      if (policy === null) return null;
      view = standing(policy, at.context, at.facts);
    }
    if (spentMs >= policyMs) {
      unknown.add(rule.id);
      continue;
    }
    const began = now();
    try {
      found.push(...view.look(rule));
    } catch (error) {
      unknown.add(rule.id);
      gaps.push(`${namespace}/${name}: rule ${rule.id} failed: ${messageOf(error)}`);
    }
    spentMs += now() - began;
    yield;
  }
  if (spentMs >= policyMs)
    gaps.push(`${namespace}/${name}: after ${policyMs} ms not asked: ${[...unknown].join(', ')}`);
  const { level, guardOnly } = levelOf(at.context, namespace, ownNamespace);
  const findings = weighed(found, policy, level, at.context);
  const counted = guardOnly ? findings.filter(({ finding }) => finding.number === guardRule) : findings;
  return { policy, findings: counted, unknown };
}

function policyNamed({ context }: Moment, namespace: string, name: string) {
  for (const policy of context.world.policiesIn(namespace)) if (policy.ref.name === name) return policy;
  return null;
}

/** The scan speaks at the level of *audit*: it "puts all into annotations, reports, metrics". */
function levelOf(
  { world, settings }: ScanContext,
  namespace: string,
  ownNamespace: string,
): { readonly level: Level; readonly guardOnly: boolean } {
  const audit: Mode = modesOf(namespace, world.namespaceLabels(namespace), settings, ownNamespace).audit;
  if (audit === 'off') return { level: 'baseline', guardOnly: true };
  return { level: audit, guardOnly: settings.exempt.namespaces.includes(namespace) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
