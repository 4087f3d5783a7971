import type { Severity } from '../model/finding.ts';
import type { ExplainedPolicy } from '../review/policy-explained.ts';
import { sanitise } from '../review/words.ts';
import type { Paint } from './terminal.ts';

/** A rule as `explain` tells it. */
export interface ExplainedRule {
  readonly id: string;
  readonly number: string;
  readonly title: string;
  readonly severity: { readonly baseline: Severity | 'off'; readonly restricted: Severity | 'off' };
  readonly confidence: string;
  readonly cure: string;
  readonly needs: readonly string[];
  readonly admission: 'told' | 'silent';
  /** The page in Markdown. */
  readonly page: string;
}

/** A policy and what was found in it. */
export interface PolicyWithFindings extends ExplainedPolicy {
  readonly findings: readonly {
    readonly rule: string;
    readonly severity: Severity;
    readonly at: string;
    readonly text: string;
  }[];
}

/** What `netsluice explain` says: `docs/schemas/explain-v1.json`. */
export interface ExplainDocument {
  readonly schema: 'explain/v1';
  readonly rules: readonly ExplainedRule[];
  readonly policies: readonly PolicyWithFindings[];
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly message: string }[];
  readonly partial: string | null;
}

export function explainJson(document: ExplainDocument): string {
  return JSON.stringify(document, null, 2);
}

/** Pages and policies, one after the other; on a terminal with bold headings, elsewhere pages are plain Markdown. */
export function explainText({ rules, policies, partial }: ExplainDocument, paint: Paint): string {
  const parts = [
    ...rules.map(({ page }) => pageText(page, paint)),
    ...policies.map((policy) => policyText(policy, paint)),
    ...(partial === null ? [] : [`not examined: ${sanitise(partial)}`]),
  ];
  return parts.join('\n\n');
}

/** Without what only the repository's readers need. */
function pageText(page: string, paint: Paint): string {
  const colours = paint.bold('x') !== 'x';
  const text = page
    .replace(/<!-- [^\n]* -->\n\n/, '')
    .replace(/\n\[All rules\]\(README\.md\)\n/, '')
    .trimEnd();
  return colours ? painted(text, paint) : text;
}

function painted(text: string, paint: Paint): string {
  let code = false;
  const lines = text.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      code = !code;
      return [];
    }
    if (code) return [paint.dim(`  ${line}`)];
    const [, heading] = /^#+ (.*)$/.exec(line) ?? [];
    return [heading === undefined ? line.replaceAll('`', '') : paint.bold(heading)];
  });
  return lines.join('\n');
}

function policyText(policy: PolicyWithFindings, paint: Paint): string {
  const lines = [
    paint.bold(sanitise(policy.policy)),
    policy.selects,
    ...policy.directions.flatMap(({ sentence, clauses }) => [
      '',
      sentence,
      ...clauses.map((clause) => `  ${clause.clause}: ${clause.sentence}`),
    ]),
    ...section(
      '',
      policy.ignored.map(({ clause, sentence }) => `${clause}: ${sentence}`),
      paint,
    ),
    ...section('What goes through all the same', policy.open, paint),
    ...section(
      'Other policies that select some of these pods',
      policy.beside.map((other) => `${other.policy} (${other.directions.join(', ')})`),
      paint,
    ),
    ...section('Notes', policy.notes, paint),
    ...section(
      'Findings',
      policy.findings.map(({ severity, at, text }) => `${severity} ${at} ${text}`),
      paint,
    ),
  ];
  return lines.map(sanitisedLine).join('\n');
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  if (lines.length === 0) return [];
  const head = title === '' ? [''] : ['', paint.bold(title)];
  return [...head, ...lines.map((line) => `  ${sanitise(line)}`)];
}

/** Names of the cluster must not move the cursor; the marks of the paint are ours. */
function sanitisedLine(line: string): string {
  return line.includes('\u001b') ? line : sanitise(line);
}
