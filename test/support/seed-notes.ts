/** Lints a file of the seed notes' mistakes as the command does, and asks the rules about changes too. */
import type { Inputs } from '../../src/cli/lint-inputs.ts';
import { lintReport } from '../../src/cli/lint-judge.ts';
import { surroundingsOf } from '../../src/cli/lint-namespaces.ts';
import { lintObjects } from '../../src/cli/lint-objects.ts';
import { impliedNamespaces } from '../../src/cluster/implied-namespaces.ts';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { policyCreatedNow } from '../../src/review/scan-policy.ts';
import { defaultSettings } from '../../src/review/settings.ts';
import { phraseText } from '../../src/review/words.ts';
import { rules } from '../../src/rules/registry.ts';
import { worldOf } from '../../src/world/build.ts';

export interface Told {
  readonly line: number;
  readonly rule: string;
  readonly text: string;
}

const today = '2026-06-15';

/** Every finding, worst first on a line, and as `not-read` every document that could not be read. */
export function toldOf(file: string, text: string): Told[] {
  const inputs: Inputs = { texts: [{ file, text }], problems: [], patches: [] };
  const plan = { strictCidrs: true, complete: true, failOn: 'info', namespace: null, docs: null } as const;
  const { findings, problems } = lintReport(inputs, {
    plan,
    settings: defaultSettings,
    surroundings: { version: '0', today },
  });
  const found = [
    ...findings.map(({ rule, span, message, advice }) => ({
      line: span.line,
      rule,
      text: `${message}; ${advice}`,
    })),
    ...problems.map(({ line = 0, message }) => ({ line, rule: 'not-read', text: message })),
    ...changesIn(inputs),
  ];
  return found.sort((a, b) => a.line - b.line || (a.rule < b.rule ? -1 : 1));
}

/** What rules about changes would say were each policy applied to the rest. */
function changesIn(inputs: Inputs): Told[] {
  const { objects } = lintObjects(inputs, { strictCidrs: true, surroundings: surroundingsOf(null) });
  const records = objects.map(({ record }) => record);
  const world = worldOf(
    genericProfile,
    [...records, ...impliedNamespaces(records)].map((object) => ({ type: 'put' as const, object })),
  );
  const context = { world, settings: defaultSettings, rules, freshness: { stale: [], absent: [] }, today };
  const change = new Set(rules.flatMap(({ id, judges }) => (judges === 'change' ? [id] : [])));
  return objects.flatMap(({ raw, record }) => {
    if (record.kind !== 'NetworkPolicy' || record.policy === null) return [];
    const policy = compileNetworkPolicy(record.policy, genericProfile);
    return policyCreatedNow(policy, 'restricted', context)
      .findings.filter(({ finding }) => change.has(finding.rule))
      .map(({ finding }) => ({
        line: raw.spanOf(finding.at).line,
        rule: finding.rule,
        text: phraseText(finding.happens, () => true, 253),
      }));
  });
}
