import type { Level } from '../model/finding.ts';
import { findingId } from '../review/finding-id.ts';
import type { WouldReject } from '../review/rollout.ts';
import type { ScannedFinding } from '../review/scan-policy.ts';
import type { Visibility } from '../review/visibility.ts';
import { findingLine, sanitise } from '../review/words.ts';
import type { Paint } from './terminal.ts';

/** What `netsluice rollout` found. */
export interface Rollout {
  readonly enforce: Level;
  readonly rejected: readonly WouldReject[];
  /** Policies that were looked at, those that would be rejected included. */
  readonly policies: number;
  /** Policies where nothing would be enforced: exempt namespaces, and those where enforce stays off. */
  readonly notEnforced: { readonly exempt: number; readonly off: number };
  /** What was not known, one line each: stored policies that cannot be read, kinds that cannot be listed, rules that failed. */
  readonly gaps: readonly string[];
}

/** Whoever may list a whole cluster may read all names. */
const everything: Visibility = () => true;

interface Row {
  readonly name: string;
  readonly text: string;
  readonly item: ScannedFinding;
}

/** Namespaces, in them rules, in them policies with what is wrong and what to do. */
function grouped({ rejected }: Rollout): Map<string, Map<string, Row[]>> {
  const namespaces = new Map<string, Map<string, Row[]>>();
  for (const { policy, findings } of rejected) {
    const { namespace, name } = policy.ref;
    const rules = namespaces.get(namespace) ?? new Map<string, Row[]>();
    namespaces.set(namespace, rules);
    for (const item of findings) {
      const { rule } = item.finding;
      const text = findingLine(item.finding, everything, '').replace(`[${rule}] `, '');
      rules.set(rule, [...(rules.get(rule) ?? []), { name, text, item }]);
    }
  }
  return namespaces;
}

/** The list for people, with counts; the last lines add up and say what it means. */
export function rolloutLines(rollout: Rollout, paint: Paint): string {
  const lines: string[] = [];
  for (const [namespace, rules] of grouped(rollout)) {
    const names = new Set([...rules.values()].flat().map(({ name }) => name));
    lines.push(paint.bold(`${sanitise(namespace)}: ${count(names.size, 'policy', 'policies')}`));
    for (const [rule, rows] of rules) {
      lines.push(`  ${paint.error(rule)} (${new Set(rows.map(({ name }) => name)).size})`);
      lines.push(...rows.map(({ name, text }) => `    ${sanitise(name)}: ${text}`));
    }
  }
  return [...lines, ...totals(rollout)].join('\n');
}

function totals({ rejected, policies, enforce, notEnforced, gaps }: Rollout): string[] {
  const asked = `would be rejected if ${policies === 1 ? 'it was' : 'they were'} created now with enforce=${enforce}`;
  const first = `${rejected.length} of ${count(policies, 'policy', 'policies')} ${asked}`;
  const off = notEnforced.exempt + notEnforced.off;
  const kept = off === 0 ? [] : [`${off} more in namespaces where nothing is enforced`];
  const old =
    rejected.length === 0 ? [] : ['What is there stays: its findings are old until it affects more pods.'];
  return [[first, ...kept].join('; '), ...old, ...gaps.map((gap) => `not known: ${sanitise(gap)}`)];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** The same as JSON, `docs/schemas/rollout-v1.json`. */
export function rolloutJson(rollout: Rollout): string {
  const { enforce, rejected, policies, notEnforced, gaps } = rollout;
  const namespaces = [...grouped(rollout)].map(([namespace, rules]) => ({
    namespace,
    rules: [...rules].map(([rule, rows]) => ({
      rule,
      policies: rows.map(({ name, text, item: { finding } }) => ({
        name,
        id: findingId(finding),
        key: finding.key,
        at: finding.at,
        text,
        affected: finding.affected.length,
      })),
    })),
  }));
  const summary = { policies, rejected: rejected.length, notEnforced };
  return JSON.stringify({ schema: 'rollout/v1', enforce, summary, namespaces, gaps }, null, 2);
}
