import type { Finding, Level, Severity } from '../model/finding.ts';
import type { Freshness } from '../model/review.ts';
import type { Settings } from './settings.ts';

/** What weakens a finding, whatever its rule says. */
export interface Doubts {
  readonly freshness: Freshness;
  /** A policy API that is not analysed could govern the pods. */
  readonly foreign: boolean;
  /** The request's namespace is not in the picture yet: nothing rejects there. */
  readonly incomplete: boolean;
}

/** These two may reject although another policy or workload could cure them: the harm is immediate. */
const immediateHarm: ReadonlySet<string> = new Set(['R17', 'R18']);

/**
 * The severity of a finding at one level, or `off`. "At admission only certain + none may be an error"; the settings'
 * override takes the place of level and cure, and doubt about the data keeps anything from being an error.
 */
export function severityAt(
  finding: Finding,
  level: Level,
  settings: Settings,
  doubts: Doubts,
): Severity | 'off' {
  const override = Object.hasOwn(settings.rules, finding.rule) ? settings.rules[finding.rule] : undefined;
  if (override === 'off') return 'off';
  const { stale, absent } = doubts.freshness;
  if (finding.needs.some((kind) => absent.includes(kind))) return 'info';
  const wanted = override === undefined ? ownSeverity(finding, level) : overridden(override);
  if (wanted !== 'error') return wanted;
  const isStale = finding.needs.some((kind) => stale.some((entry) => entry.kind === kind));
  const clouded = doubts.incomplete || (finding.restsOnVerdicts && doubts.foreign);
  return isStale || clouded || finding.invented ? 'warning' : 'error';
}

/** The severity at admission that a finding, or a rule, has by itself: "only certain + none may be an error". */
export function ownSeverity(
  { severity: asked, confidence, cure, number }: Pick<Finding, 'severity' | 'confidence' | 'cure' | 'number'>,
  level: Level,
): Severity {
  const severity = asked[level];
  if (severity !== 'error') return severity;
  const sure = confidence === 'certain' && (cure === 'none' || immediateHarm.has(number));
  return sure ? 'error' : 'warning';
}

function overridden(override: 'info' | 'warn' | 'reject'): Severity {
  if (override === 'reject') return 'error';
  return override === 'warn' ? 'warning' : 'info';
}
