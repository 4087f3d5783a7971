import { type CompiledPolicy, clausesOf, type Direction, directions } from '../model/policy.ts';
import { type Requirement, selectsEverything } from '../model/selector.ts';
import type { World } from '../world/world.ts';
import { speaksForNamespace, unitsAround } from './own-namespace.ts';
import { podKinds } from './pod-kinds.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R48. The namespace has pods, and no policy that isolates each of its pods, those to come included: a new workload is
 * open from its first second. Told on the first policy of the namespace, by name.
 */
export const namespaceMissingDefaultDeny: PolicyRule = {
  id: 'namespace-missing-default-deny',
  number: 'R48',
  title: 'The namespace has no default-deny',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'policy',
  needs: [...podKinds, 'NetworkPolicy'],
  restsOnVerdicts: true,
  cost: 'namespace',
  admission: 'silent',
  page: {
    why: `
      Policies select pods by labels, so that a workload with new labels is selected by none of them and
      is open until somebody remembers it. A default-deny, a policy with an empty \`podSelector\`,
      catches it from its first second.`,
    fix: `
      Add a policy with an empty \`podSelector\` and both policy types, and clauses for what every pod
      needs, such as DNS. \`netsluice generate default-deny\` writes one for your cluster.`,
    fine: `
      Any policies that together select every pod count, not only the usual one: a policy with an empty
      selector that has clauses too, or two policies of which one selects the pods with a label and the
      other those without it. Only a policy that admits everybody on all ports is no deny. The rule is
      silent in namespaces without pods, in kube-system, kube-public and kube-node-lease, and where
      another policy API could deny by default: a Baseline tier, or a global policy of Calico.

      It is told on the first policy of the namespace by name, by the command line and the scan only.
      Where a namespace has no policy at all, \`lint\` tells it on the Namespace or its first workload.`,
    platforms: `
      Where the plugin closes pods that no policy selects (\`platform.unselectedPods\`), nothing is told.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { world, policy } = input;
    const { namespace } = policy.ref;
    if (!speaksForNamespace(input) || !isAsked(world, namespace) || unitsAround(input).isEmpty()) return;
    const policies = [...world.policiesIn(namespace)];
    const missing = directions.filter((direction) => !catchesEveryPod(policies, direction));
    if (missing.length === 0) return;
    const both = missing.join(' and ');
    yield {
      key: '',
      at: 'spec.podSelector',
      happens: [
        `no default-deny for ${both} catches pods to come in `,
        { kind: 'namespace', name: namespace },
      ],
      advice: [`add a policy for ${both} with an empty podSelector`],
      affected: [],
    };
  },
};

/** Has the namespace pods and no policy at all, so that this can be told on none of its policies? */
export function isWithoutPolicies(world: World, namespace: string): boolean {
  const [policy] = world.policiesIn(namespace);
  return policy === undefined && !world.unitsIn(namespace).isEmpty() && isAsked(world, namespace);
}

function isAsked(world: World, namespace: string): boolean {
  const { enforcement, unselectedPods } = world.profile;
  if (enforcement === 'no' || unselectedPods !== 'open' || systemNamespaces.has(namespace)) return false;
  return world.foreignApi(namespace) === null;
}

const systemNamespaces: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** Do the policies that isolate in the direction select every pod that could exist? */
function catchesEveryPod(policies: readonly CompiledPolicy[], direction: Direction): boolean {
  const denying = policies.filter((policy) => isDeny(policy, direction));
  if (denying.some(({ subject }) => selectsEverything(subject))) return true;
  const byKey = new Map<string, Requirement[]>();
  for (const { subject } of denying) {
    const [only, second] = subject.requirements;
    if (only === undefined || second !== undefined) continue;
    byKey.set(only.key, [...(byKey.get(only.key) ?? []), only]);
  }
  return [...byKey.values()].some(isExhaustive);
}

/** It isolates, and does not admit everybody on all ports. */
function isDeny(policy: CompiledPolicy, direction: Direction): boolean {
  const open = clausesOf(policy, direction).some(({ peers, ports }) => peers === 'any' && ports === 'any');
  return policy[direction]?.isolates === true && !open;
}

/** Requirements on one key, of which every pod meets one: `tier` and `!tier`, or `tier=web` and `tier!=web`. */
function isExhaustive(requirements: readonly Requirement[]): boolean {
  const lacking = requirements.filter(({ operator }) => operator === 'NotIn' || operator === 'DoesNotExist');
  if (lacking.length === 0) return false;
  if (requirements.some(({ operator }) => operator === 'Exists')) return true;
  const asked = new Set(requirements.flatMap(({ operator, values }) => (operator === 'In' ? values : [])));
  return lacking.some(
    ({ operator, values }) => operator === 'NotIn' && values.every((value) => asked.has(value)),
  );
}
