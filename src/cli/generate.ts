import { stringify } from 'yaml';
import { decodeObject } from '../model/decode/cluster-object.ts';
import { standingFindings } from '../review/scan-policy.ts';
import { defaultSettings } from '../review/settings.ts';
import { phraseText } from '../review/words.ts';
import { rules } from '../rules/registry.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Printing } from './contract-test.ts';
import type { GeneratedPolicy } from './generate-parts.ts';
import { defaultDeny, portableDefaultDeny, type Wanted } from './generate-policies.ts';
import { readSettings } from './read-inputs.ts';
import { type ClusterInput, type OpenedCluster, openCluster } from './trace-input.ts';

/** What `netsluice generate default-deny` is asked to do. */
export interface GeneratePlan extends Wanted {
  /** Null where no cluster is named: then the answer is what holds in most clusters. */
  readonly input: ClusterInput | null;
}

/**
 * Prints a default-deny and what the cluster needs beside it, as YAML.
 *
 * @param today In UTC as `YYYY-MM-DD`.
 * @returns 0, 3 where something could not be read.
 */
export async function runGenerate(
  plan: GeneratePlan,
  { write, tell }: Printing,
  today: string,
): Promise<number> {
  if (plan.input === null) {
    write(null, yamlOf(plan, portableDefaultDeny(plan), portableHead));
    return 0;
  }
  const opened = await openCluster(plan.input, tell);
  const settings = plan.input.settings === null ? defaultSettings : readSettings(plan.input.settings);
  for (const read of [opened, settings]) {
    if (!('problem' in read)) continue;
    tell(read.problem);
    return 3;
  }
  if ('problem' in opened || 'problem' in settings) return 3;
  const { world } = opened;
  const policies = defaultDeny(world, plan);
  for (const line of warningsOf(world, plan, policies)) tell(line);
  const left = whatLintSays(opened, plan, policies, { settings, today });
  for (const line of left) tell(`lint still says: ${line}`);
  const unseen = opened.freshness.absent.filter((kind) => kindsOfFacts.has(kind));
  if (unseen.length > 0) tell(unseenText(unseen));
  write(null, yamlOf(plan, policies, headOf(left, unseen)));
  return opened.problems.length > 0 || opened.absent.length > 0 || unseen.length > 0 ? 3 : 0;
}

/** Kinds that the allowances are worked out from, beside those without which nothing is known at all. */
const kindsOfFacts: ReadonlySet<string> = new Set([
  'Service',
  'EndpointSlice',
  'Ingress',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'CustomResourceDefinition',
]);

function unseenText(kinds: readonly string[]): string {
  return `${kinds.join(', ')} could not be listed: what would rest on them is missing here`;
}

const portableHead: readonly string[] = [
  'No cluster was named, so only what holds in most of them is here. Name one with -f, --snapshot, --context or',
  '--kubeconfig, and what yours needs is worked out: its DNS, webhooks, what is exposed, monitoring.',
];

/** The words at the top: what this rests on, what lint still finds, and the kinds that could not be seen. */
export function headOf(left: readonly string[], unseen: readonly string[]): readonly string[] {
  return [
    'What the cluster needs in order to work is worked out from how it looks now: make it anew when that changes.',
    'What your workloads want of each other is not in here: allow it first, and look at the difference before you apply.',
    ...(unseen.length > 0 ? [`${unseenText(unseen)}.`] : []),
    ...left.map((line) => `Lint still says: ${line}`),
  ];
}

function yamlOf(
  { namespace }: Wanted,
  policies: readonly GeneratedPolicy[],
  head: readonly string[],
): string {
  const title = `A default-deny for namespace ${namespace}, made by netsluice generate default-deny.`;
  const documents = policies.map((policy) => {
    const body = stringify(objectOf(namespace, policy), { lineWidth: 0 });
    return `${commented(policy.why)}${body}`;
  });
  return `${commented([title, ...head])}---\n${documents.join('---\n')}`.trimEnd();
}

function commented(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join('');
}

function objectOf(namespace: string, { name, spec }: GeneratedPolicy) {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

/** What would surprise who applies it. */
function warningsOf(
  world: ClusterWorld,
  { namespace }: Wanted,
  policies: readonly GeneratedPolicy[],
): readonly string[] {
  const replaced = policies.filter(
    ({ name }) => world.record('NetworkPolicy', namespace, name) !== undefined,
  );
  return [
    ...(world.namespace(namespace) === undefined
      ? [`the input says nothing of namespace ${namespace}: only what every pod needs is here`]
      : []),
    ...replaced.map(({ name }) => `${namespace}/${name} exists already; applying this replaces it`),
  ];
}

/** What is found in these policies once they are in force, errors and warnings at level restricted. */
function whatLintSays(
  { world, freshness }: OpenedCluster,
  { namespace }: Wanted,
  policies: readonly GeneratedPolicy[],
  { settings, today }: { readonly settings: typeof defaultSettings; readonly today: string },
): readonly string[] {
  const made = policies.flatMap((policy) => decodeObject(objectOf(namespace, policy)) ?? []);
  const events = made.map((object) => ({ type: 'put' as const, object }));
  const then = worldOf(world.profile, [...world.everything(), ...events]);
  const names = new Set(policies.map(({ name }) => name));
  const context = { world: then, settings, rules, freshness, today };
  const lines = [...then.policiesIn(namespace)].flatMap((policy) => {
    if (!names.has(policy.ref.name)) return [];
    return standingFindings(policy, 'restricted', context)
      .findings.filter(({ severity, waived }) => severity !== 'info' && !waived)
      .map(
        ({ finding }) =>
          `${policy.ref.name}: [${finding.rule}] ${phraseText(finding.happens, () => true, 253)}`,
      );
  });
  return [...new Set(lines)].sort();
}
