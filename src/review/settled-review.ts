import type { Budget } from '../impact/budget.ts';
import type { Edit } from '../model/change.ts';
import type { Finding } from '../model/finding.ts';
import { type Clause, type CompiledPolicy, directions } from '../model/policy.ts';
import { type Judgement, judge } from '../rules/run.ts';
import { caseOf } from './case-of.ts';
import { headline } from './headline.ts';
import { modesOf } from './modes.ts';
import type { ScanContext } from './scan-policy.ts';
import { severityAt } from './severity.ts';
import { visibilityOf } from './visibility.ts';
import { sanitise, workloadText } from './words.ts';

/** These are what the headline says; the effect of a change is told where one of them is a warning at least. */
const headlineRules: ReadonlySet<string> = new Set(['R13', 'R14', 'R15', 'R16']);

/** What the policy changes of a namespace amount to, once they have settled. */
export interface SettledReview {
  /** The headline, what led to it, and what was not looked at. */
  readonly text: string;
  /** Connections are lost that a clause admitted, or that something important rests on. */
  readonly blocks: boolean;
  /** The change's findings that carry the headline; their identities name the result. */
  readonly findings: readonly Finding[];
}

export interface SettledContext extends ScanContext {
  readonly ownNamespace: string;
  readonly budget: Budget;
}

/**
 * The net effect of all policy changes since the namespace was quiet, in the present world, at the level of *audit*:
 * from the policies that were in force then to those that are now. Null where the net is nothing, as when a policy was
 * renamed, and where nothing of it is worth a warning.
 */
export function settledReview(
  namespace: string,
  before: readonly CompiledPolicy[],
  context: SettledContext,
): SettledReview | null {
  const { world, settings, rules, budget, ownNamespace, freshness } = context;
  const edits = netEdits(before, [...world.policiesIn(namespace)]);
  const level = modesOf(namespace, world.namespaceLabels(namespace), settings, ownNamespace).audit;
  // A namespace that ends takes its policies along, and no Event is taken there any more.
  const ends = world.namespace(namespace)?.terminating ?? true;
  const silent = ends || level === 'off' || settings.exempt.namespaces.includes(namespace);
  if (edits.length === 0 || silent) return null;
  const own = rules.filter(({ judges, number }) => judges === 'change' && headlineRules.has(number));
  const change = { edits };
  const judgement = judge(own, caseOf(world, change, change), budget);
  const { findings, impact } = judgement;
  const doubts = { freshness, foreign: world.foreignApi(namespace) !== null, incomplete: false };
  const told = findings
    .map(({ finding }) => finding)
    .filter((finding) => {
      const severity = severityAt(finding, level, settings, doubts);
      return severity === 'error' || severity === 'warning';
    });
  const versions = edits.flatMap((edit) => [edit.before, edit.after]).filter((policy) => policy !== null);
  const first = headline(impact, namespace, visibilityOf(namespace, versions, settings), '');
  if (told.length === 0 || first === '') return null;
  const blocks = impact.blocked.declared.count + impact.blocked.undeclared.count > 0;
  return { text: sanitise(`${first}${gapOf(judgement)}; ${changesText(edits)}`), blocks, findings: told };
}

/** What the budget left out, in words. */
function gapOf({ difference: { partial }, uncounted }: Judgement): string {
  if (partial !== null) return `; looked at ${partial.lookedAt} of ${partial.of} changed groups of pods only`;
  return uncounted === null ? '' : '; not all connections were counted';
}

type PolicyEdits = readonly Extract<Edit, { readonly kind: 'policy' }>[];

/** By name; versions that select and allow the same are no edit. */
function netEdits(before: readonly CompiledPolicy[], after: readonly CompiledPolicy[]): PolicyEdits {
  const old = new Map(before.map((policy) => [policy.ref.name, policy]));
  const now = new Map(after.map((policy) => [policy.ref.name, policy]));
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [was, is] = [old.get(name) ?? null, now.get(name) ?? null];
    if (was === is || (was !== null && is !== null && effectText(was) === effectText(is))) return [];
    return [{ kind: 'policy' as const, before: was, after: is }];
  });
}

function effectText({ subject, ingress, egress, ignored }: CompiledPolicy): string {
  const clauseText = ({ direction, verdict, ports, peers }: Clause) => [
    direction,
    verdict,
    ports,
    peers === 'any' ? peers : peers.map(({ key }) => key),
  ];
  const stated = { ingress, egress };
  const clauses = directions.map((direction) => stated[direction]?.clauses.map(clauseText) ?? null);
  return JSON.stringify([subject.text, clauses, ignored.map(clauseText)]);
}

const namedMax = 2;

/** `by shop/a, shop/b and 3 more`. */
function changesText(edits: PolicyEdits): string {
  const names = edits
    .map(({ before, after }) => (after ?? before)?.ref)
    .filter((ref) => ref !== undefined)
    .slice(0, namedMax)
    .map((ref) => workloadText(ref, 63));
  const more = edits.length - names.length;
  const noun = edits.length === 1 ? 'policy change' : 'policy changes';
  return `${edits.length} ${noun}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
