import type { RuleCard } from '../report/lint-report.ts';
import type { Rule } from '../rules/rule.ts';

/** What each rule says of itself, and what lint says beside the rules. */
export function ruleCards(
  rules: readonly Rule[],
  written: readonly { readonly id: string; readonly title: string }[],
): readonly RuleCard[] {
  const cards = rules.map(({ id, title, severity, confidence, page }): RuleCard => {
    const said = page === undefined ? null : { why: page.why.trim(), fix: page.fix.trim() };
    return { id, title, severity: severity.restricted, confidence, page: said };
  });
  const own = written.map(({ id, title }): RuleCard => {
    const severity = id === 'api-rejects' ? 'error' : 'warning';
    return { id, title, severity, confidence: 'certain', page: null };
  });
  return [...cards, ...own];
}
