import type { ReviewRequest } from '../model/review.ts';
import type { Modes } from './modes.ts';
import type { Waiver } from './waivers.ts';
import { sanitise } from './words.ts';

/** Waivers that do not count, labels that mean nothing. `judged` are the rules that have a finding. */
export function remarksOf(
  waivers: readonly Waiver[],
  judged: ReadonlySet<string>,
  { badLabels }: Modes,
): string[] {
  const labels = badLabels.map(
    (label) => `[mode] label ${label} is none of off, baseline, restricted; the default holds`,
  );
  return [...waivers.flatMap((waiver) => waiverRemark(waiver, judged)), ...labels].map(sanitise);
}

function waiverRemark({ rule, state, until }: Waiver, judged: ReadonlySet<string>): string[] {
  switch (state) {
    case 'not-permitted':
      return [`[waiver] exemption not permitted here: ${rule.slice(0, 60)}; ask for it in the settings`];
    case 'malformed':
      return [`[waiver] ${rule.slice(0, 60)} is malformed; write "reason; until=YYYY-MM-DD"`];
    case 'expired':
      return [`[waiver] ${rule.slice(0, 60)} expired on ${until}; renew it or mend the policy`];
    case 'valid':
      // One that a stricter waiver overrules has something to waive; telling to remove it would mislead.
      return judged.has(rule) ? [] : [`[waiver] ${rule.slice(0, 60)} is not used; remove it`];
  }
}

/** Told only beside something else: that the API server converted an object is no fault. */
export function convertedRemark({ sentAs, group, version }: ReviewRequest): string[] {
  if (sentAs === '') return [];
  return [sanitise(`[converted] sent as ${sentAs.slice(0, 100)}, judged as ${group}/${version}`)];
}
