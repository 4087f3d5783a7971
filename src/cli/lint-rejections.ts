import { fieldRejections } from '../dialects/api-network-policy.ts';
import { type ApiRejection, rejectionText } from '../dialects/api-rejection.ts';
import type { FixStep } from '../model/finding.ts';
import type { LintFinding } from '../report/lint-report.ts';
import type { LintDocument } from './lint-documents.ts';
import { remedyOf } from './lint-places.ts';
import { written } from './lint-written.ts';

export interface Rejected {
  readonly finding: LintFinding;
  /** What the value was meant to be, where there is no doubt. */
  readonly steps: readonly FixStep[];
}

/** What kube-apiserver refuses beside fields that it does not know: those are told by a rule. */
export function rejectionsOf(
  { raw, misplaced }: Pick<LintDocument, 'raw' | 'misplaced'>,
  strictCidrs: boolean,
): Rejected[] {
  const told = new Set(misplaced.map(({ at }) => at));
  return fieldRejections(raw.value)
    .filter(({ at }) => !told.has(at))
    .map((rejection) => {
      const late = rejection.since !== 'ever' && !strictCidrs;
      const said = rejectionText(rejection);
      const message = late
        ? `kube-apiserver will reject it from ${rejection.since} on: ${said}`
        : `kube-apiserver rejects it: ${said}`;
      const steps = stepsFor(rejection);
      const finding = written(raw, {
        rule: 'api-rejects',
        severity: late ? 'warning' : 'error',
        path: rejection.at,
        key: `${rejection.at} ${rejection.body}`,
        message,
        advice: rejection.help,
      });
      return { finding: { ...finding, remedy: remedyOf({ fix: steps }, raw) }, steps };
    });
}

/** What mends values that are beyond doubt: the case of a word, a number in quotes. */
export function mendingSteps(value: unknown): FixStep[] {
  return fieldRejections(value).flatMap(stepsFor);
}

/** `write TCP`, `write 80 without quotes`: one value is meant. */
function stepsFor({ at, help }: ApiRejection): FixStep[] {
  const [, word] = /^write (In|NotIn|Exists|DoesNotExist|Ingress|Egress|TCP|UDP|SCTP)$/.exec(help) ?? [];
  if (word !== undefined) return [{ op: 'set', at, value: word }];
  const [, port] = /^write (\d{1,5}) without quotes$/.exec(help) ?? [];
  return port === undefined ? [] : [{ op: 'set', at, value: Number(port) }];
}
