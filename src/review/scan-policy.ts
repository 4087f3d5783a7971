import { unbounded } from '../impact/budget.ts';
import type { Finding, Level, Severity } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { Freshness } from '../model/review.ts';
import { type Facts, factsOf } from '../platform/facts.ts';
import type { PolicyInput, PolicyRule, Rule } from '../rules/rule.ts';
import { findingsOf, judge } from '../rules/run.ts';
import { Shared } from '../rules/shared.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { overlay } from '../world/overlay.ts';
import { caseOf } from './case-of.ts';
import { contractsOf } from './contract.ts';
import { withContracts } from './contract-findings.ts';
import { inventedPod } from './invented-pod.ts';
import type { Settings } from './settings.ts';
import { severityAt } from './severity.ts';
import { isWaived, waiversOf } from './waivers.ts';

/** What a look at a policy that is already in force depends on; nothing of it changes meanwhile. */
export interface ScanContext {
  readonly world: ClusterWorld;
  readonly settings: Settings;
  readonly rules: readonly Rule[];
  readonly freshness: Freshness;
  /** Today in UTC as `YYYY-MM-DD`; waivers expire by it. */
  readonly today: string;
}

/** A finding about a policy in force, weighed at one level. */
export interface ScannedFinding {
  readonly finding: Finding;
  /**
   * In full: what another policy, a workload or a label could cure counts as its rule says, unlike at admission. Doubt
   * about the data still keeps it from being an error.
   */
  readonly severity: Severity;
  /** Would admission reject the policy for it, were it created now in a namespace that enforces the level? */
  readonly rejects: boolean;
  /** A valid waiver covers it. */
  readonly waived: boolean;
}

export interface PolicyScan {
  readonly findings: readonly ScannedFinding[];
  /** Rules that threw: their findings are missing. */
  readonly failed: readonly { readonly rule: string; readonly error: Error }[];
}

/**
 * What would be found if a policy that is in force were created now, over the present world without it: what `rollout`
 * asks. Of two policies that do the same harm neither is found, because either may be taken away without a change; the
 * scan asks `standingFindings` instead.
 */
export function policyCreatedNow(policy: CompiledPolicy, level: Level, context: ScanContext): PolicyScan {
  const change = { edits: [{ kind: 'policy' as const, before: null, after: policy }] };
  const { world, rules, settings } = context;
  const judgement = judge(rules, caseOf(world, change, change), unbounded());
  const contracts = contractsOf(settings.contracts);
  const judged = withContracts(judgement, { world, laid: change, contracts }, unbounded());
  const findings = judged.findings.map(({ finding }) => finding);
  return { findings: weighed(findings, policy, level, context), failed: judged.failed };
}

/** The policies in force of a namespace, or of the cluster, in the order of their names. */
export function policiesInForce(world: ClusterWorld, namespaces: Iterable<string>): CompiledPolicy[] {
  const found = [...namespaces].flatMap((namespace) => [...world.policiesIn(namespace)]);
  const text = ({ ref }: CompiledPolicy): string => `${ref.namespace}/${ref.name}`;
  return found.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** Every namespace that holds a policy, sorted. */
export function namespacesWithPolicies(world: ClusterWorld): string[] {
  const names = new Set<string>();
  for (const { namespace } of world.records('NetworkPolicy')) names.add(namespace);
  return [...names].sort();
}

/** What rules see of a policy that is in force; asked rule by rule, so that a long look can pause in between. */
export interface Standing {
  /** Rules that judge policies, one look each. */
  readonly rules: readonly PolicyRule[];
  readonly look: (rule: PolicyRule) => readonly Finding[];
}

/**
 * Looks at a policy that is in force as it stands: each harm counts that it has part in, whether or not another policy
 * does the same harm. Nothing changes, so rules about changes say nothing. `facts` are those of the world.
 */
export function standing(policy: CompiledPolicy, { world, rules }: ScanContext, facts: Facts): Standing {
  const input = inputOf(policy, world, facts);
  return {
    rules: rules.filter((rule) => rule.judges === 'policy'),
    look: (rule) => findingsOf(rule, input),
  };
}

function inputOf(policy: CompiledPolicy, world: ClusterWorld, facts: Facts): PolicyInput {
  const shared = new Shared();
  const pod = world.subjects(policy).isEmpty() ? inventedPod(policy) : null;
  if (pod === null) return { policy, world, previous: null, facts, shared, invented: false };
  const peopled = overlay(world, { edits: [pod] }).after;
  return { policy, world: peopled, previous: null, facts: factsOf(peopled), shared, invented: true };
}

/** Everything that stands, at once. */
export function standingFindings(policy: CompiledPolicy, level: Level, context: ScanContext): PolicyScan {
  const { rules, look } = standing(policy, context, factsOf(context.world));
  const failed: { rule: string; error: Error }[] = [];
  const found = rules.flatMap((rule) => {
    try {
      return look(rule);
    } catch (error) {
      failed.push({ rule: rule.id, error: error instanceof Error ? error : new Error(String(error)) });
      return [];
    }
  });
  return { findings: weighed(found, policy, level, context), failed };
}

/** Findings with their weight at a level, worst first; those that the settings turn off are left out. */
export function weighed(
  findings: readonly Finding[],
  policy: CompiledPolicy,
  level: Level,
  { world, settings, freshness, today }: Omit<ScanContext, 'rules'>,
): ScannedFinding[] {
  const waivers = waiversOf(policy.source, settings, today);
  const doubts = {
    freshness,
    foreign: world.foreignApi(policy.ref.namespace) !== null,
    incomplete: false,
  };
  const result = findings.flatMap((finding): ScannedFinding[] => {
    const atAdmission = severityAt(finding, level, settings, doubts);
    if (atAdmission === 'off') return [];
    const curable: Finding = { ...finding, cure: 'none' };
    const inFull = severityAt(curable, level, settings, doubts);
    return [
      {
        finding,
        severity: inFull === 'off' ? atAdmission : inFull,
        rejects: atAdmission === 'error',
        waived: isWaived(finding.rule, waivers),
      },
    ];
  });
  return result.sort(worstFirst);
}

const order: readonly Severity[] = ['error', 'warning', 'info'];

function worstFirst(a: ScannedFinding, b: ScannedFinding): number {
  const by = (item: ScannedFinding): number => order.indexOf(item.severity);
  const text = ({ finding }: ScannedFinding): string => `${finding.number} ${finding.at} ${finding.key}`;
  return by(a) - by(b) || (text(a) < text(b) ? -1 : 1);
}
