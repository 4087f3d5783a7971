import { Budget } from '../impact/budget.ts';
import type { Required } from '../impact/grades.ts';
import type { Change, Edit } from '../model/change.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { type Case, type Judgement, judge } from '../rules/run.ts';
import { blocksMax, distinctBlocks } from '../world/pod-table.ts';
import { caseOf } from './case-of.ts';
import { type Contract, contractsOf } from './contract.ts';
import { keysOfContracts } from './contract-ends.ts';
import { requiredBy, withContracts } from './contract-findings.ts';
import type { ReviewContext } from './review-context.ts';

/** A change as rules and contracts judge it, whoever asked. */
export interface JudgedChange {
  readonly judgement: Judgement;
  readonly worlds: Case['worlds'];
  /** Connections of the world before that contracts require. */
  readonly required: () => readonly Required[];
  /** What was not looked at, in words, or null. */
  readonly partial: string | null;
  readonly steps: number;
}

/**
 * Lays a change over the world and judges it: the one way in which webhook, `plan` and scan come to findings.
 *
 * @param asked The edits that rules about policies judge; the change itself where all of them are.
 */
export function judgeChange(change: Change, context: ReviewContext, asked: Change = change): JudgedChange {
  const { world, settings, limits, rules } = context;
  const budget = new Budget(limits.stepsMax, limits.expired);
  // A policy with more blocks than pods can be told apart by is judged by its text alone, over a world without it.
  const narrow = change.edits.filter((edit) => !isTooWide(edit));
  const laid = narrow.length === change.edits.length ? change : { edits: narrow };
  const contracts = contractsOf(settings.contracts);
  const agreed = { world, laid, contracts };
  const whole = caseOf(world, asked, laid, keysOfContracts(contracts));
  const required = requiredBy(agreed);
  const judgement = withContracts(judge(rules, whole, budget, required), agreed, budget);
  return {
    judgement,
    worlds: whole.worlds,
    required: () => required(whole.worlds.before),
    partial: gapsIn([
      laid === change
        ? (partialOf(judgement) ?? unjudged(contracts, budget))
        : `the policy names more than ${blocksMax} address blocks: its effect on pods was not worked out`,
      unfinishedIn(judgement),
    ]),
    steps: budget.steps,
  };
}

function isTooWide(edit: Edit): boolean {
  return edit.kind === 'policy' && versions(edit).some((policy) => distinctBlocks(policy) > blocksMax);
}

function versions({
  before,
  after,
}: {
  readonly before: CompiledPolicy | null;
  readonly after: CompiledPolicy | null;
}): CompiledPolicy[] {
  return [before, after].filter((policy) => policy !== null);
}

/** Contracts come last, so that they are what a spent budget leaves out. */
function unjudged(contracts: readonly Contract[], { spent }: Budget): string | null {
  if (contracts.length === 0 || spent === null) return null;
  return `contracts were not judged to the end before the ${resources[spent]} ran out`;
}

function gapsIn(gaps: readonly (string | null)[]): string | null {
  const said = gaps.filter((gap) => gap !== null);
  return said.length === 0 ? null : said.join('; ');
}

/** So many rules are named; the log and the audit annotation have no more than the answer. */
const namedMax = 2;

function unfinishedIn({ unfinished }: Judgement): string | null {
  if (unfinished.length === 0) return null;
  const more = unfinished.length - namedMax;
  const names = [...unfinished.slice(0, namedMax), ...(more > 0 ? [`${more} more`] : [])];
  return `not judged by ${names.join(', ')}: more to look at than a review may take`;
}

function partialOf({ difference, uncounted }: Judgement): string | null {
  if (uncounted !== null)
    return `not all connections were counted before the ${resources[uncounted]} ran out`;
  if (difference.partial === null) return null;
  const { lookedAt, of, because } = difference.partial;
  return `looked at ${lookedAt} of ${of} changed groups of pods before the ${resources[because]} ran out`;
}

const resources = { time: 'time', steps: 'step budget' } as const;
