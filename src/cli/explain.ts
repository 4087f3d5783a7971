import { readFileSync } from 'node:fs';
import type { Finding, Level } from '../model/finding.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { factsOf } from '../platform/facts.ts';
import {
  type ExplainDocument,
  type ExplainedRule,
  explainJson,
  explainText,
  type PolicyWithFindings,
} from '../report/explain.ts';
import { coverageOf, gapsOf as gapsIn, isInGap } from '../review/coverage.ts';
import { explainedPolicy } from '../review/policy-explained.ts';
import { type ScanContext, standing, weighed } from '../review/scan-policy.ts';
import { defaultSettings } from '../review/settings.ts';
import { ownSeverity } from '../review/severity.ts';
import { phraseText } from '../review/words.ts';
import { rules } from '../rules/registry.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Printing } from './contract-test.ts';
import type { explainFormats } from './explain-command.ts';
import type { Output } from './outputs.ts';
import { policyNamed } from './policy-named.ts';
import { readSettings } from './read-inputs.ts';
import { meant } from './trace-ends.ts';
import { type ClusterInput, gapsOf, openCluster } from './trace-input.ts';

/** What `netsluice explain` is asked to do. */
export interface ExplainPlan {
  /** Rules by id or number, policies as `namespace/name`. */
  readonly of: readonly string[];
  readonly input: ClusterInput;
  readonly outputs: readonly Output<(typeof explainFormats)[number]>[];
}

/** What the command gets from around it. */
export interface ExplainSurroundings {
  /** The folder with a page for each rule. */
  readonly pages: URL;
  /** In UTC as `YYYY-MM-DD`. */
  readonly today: string;
}

/**
 * Tells what rules and policies say. A cluster is opened only if a policy is asked for.
 *
 * @returns 0, 2 where there is no such rule or policy, 3 where something could not be read.
 */
export async function runExplain(
  plan: ExplainPlan,
  { write, tell, paint }: Printing,
  around: ExplainSurroundings,
): Promise<number> {
  const told = plan.of.filter((text) => !text.includes('/')).map((text) => explainedRule(text, around.pages));
  const wanted = plan.of.filter((text) => text.includes('/'));
  const wrong = told.flatMap((rule) => ('problem' in rule ? [rule.problem] : []));
  for (const problem of wrong) tell(problem);
  if (wrong.length > 0) return 2;
  const known = told.flatMap((rule) => ('problem' in rule ? [] : [rule]));
  const asked =
    wanted.length === 0 ? nothingAsked : await explainedPolicies(wanted, plan, tell, around.today);
  if ('problem' in asked) {
    tell(asked.problem);
    return asked.code;
  }
  const document: ExplainDocument = { schema: 'explain/v1', rules: known, ...asked };
  for (const { name, file } of plan.outputs)
    write(file, name === 'json' ? explainJson(document) : explainText(document, paint));
  return document.problems.length > 0 || document.partial !== null ? 3 : 0;
}

type Asked = Pick<ExplainDocument, 'policies' | 'problems' | 'partial'>;

const nothingAsked: Asked = { policies: [], problems: [], partial: null };

function explainedRule(text: string, pages: URL): ExplainedRule | { readonly problem: string } {
  const number = /^r?\d{1,2}$/i.test(text) ? `R${text.replace(/^r/i, '').padStart(2, '0')}` : '';
  const rule = rules.find((each) => each.id === text || each.number === number);
  if (rule === undefined) {
    const ids = rules.map(({ id }) => id);
    return { problem: `There is no rule ${text}${meant(text, ids)} A policy is written namespace/name.` };
  }
  const page = readFileSync(new URL(`${rule.id}.md`, pages), 'utf8');
  const { id, title, confidence, cure, needs, admission = 'told' } = rule;
  const severity = { baseline: ownSeverity(rule, 'baseline'), restricted: ownSeverity(rule, 'restricted') };
  return { id, number: rule.number, title, severity, confidence, cure, needs, admission, page };
}

async function explainedPolicies(
  wanted: readonly string[],
  { input }: ExplainPlan,
  tell: Printing['tell'],
  today: string,
): Promise<Asked | { readonly problem: string; readonly code: number }> {
  const opened = await openCluster(input, tell);
  if ('problem' in opened) return { problem: opened.problem, code: 3 };
  const settings = input.settings === null ? defaultSettings : readSettings(input.settings);
  if ('problem' in settings) return { problem: settings.problem, code: 3 };
  const { world, freshness } = opened;
  const context: ScanContext = { world, settings, rules, freshness, today };
  const policies: PolicyWithFindings[] = [];
  const facts = factsOf(world);
  for (const text of wanted) {
    const policy = policyNamed(world, text);
    if ('problem' in policy) return { problem: policy.problem, code: opened.problems.length > 0 ? 3 : 2 };
    const findings = findingsOf(policy, context, input.paths.length === 0);
    policies.push({ ...explainedPolicy(policy, world, facts), findings });
  }
  return { policies, ...gapsOf(opened) };
}

const level: Level = 'restricted';

/** What lint would find in it as it stands; what the input does not cover is left out. */
function findingsOf(
  policy: CompiledPolicy,
  context: ScanContext,
  complete: boolean,
): PolicyWithFindings['findings'] {
  const coverage = coverageOf(objectsIn(context.world), complete);
  const { rules: judging, look } = standing(policy, context, factsOf(context.world));
  const found = judging.flatMap((rule) => {
    const gaps = gapsIn(rule, policy, coverage);
    return gaps === null ? [] : look(rule).filter((finding) => !isInGap(finding, gaps));
  });
  return weighed(found, policy, level, context)
    .filter(({ waived }) => !waived)
    .map(({ finding, severity }) => ({
      rule: finding.rule,
      severity,
      at: finding.at,
      text: lineOf(finding),
    }));
}

function objectsIn(world: ClusterWorld): ClusterObject[] {
  return [...world.everything()].flatMap((event) => (event.type === 'put' ? [event.object] : []));
}

function lineOf({ rule, happens, advice }: Finding): string {
  const what = phraseText(happens, () => true, 253);
  const how = phraseText(advice, () => true, 253);
  return `[${rule}] ${what}${how === '' ? '' : `; ${how}`}`;
}
