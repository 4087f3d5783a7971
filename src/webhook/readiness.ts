import type { ServingData, WatchedKind } from './serving-data.ts';

/** One line of `/readyz?verbose`. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'failed' | 'degraded';
  readonly note: string;
}

export interface ReadinessSources {
  readonly data: ServingData;
  /** What is waited for while there is no certificate yet; null once there is one. */
  readonly waitingFor: () => string | null;
  /** Why the certificate on disk is not in use; that alone does not make the webhook unready. */
  readonly certificateProblem: () => string | null;
  /** Null when callers see the certificate that was loaded, else what they see. */
  readonly selfDialProblem: () => string | null;
  /** Why the settings on disk are not in force. */
  readonly settingsProblem: () => string | null;
  /** What is to be said of calls, which readiness does not depend on: nobody calls what is not ready. */
  readonly callsNote: () => string;
  readonly draining: () => boolean;
  /** Lines of those who work beside the webhook. */
  readonly more: () => readonly Check[];
}

function check(name: string, problem: string | null, otherwise: 'failed' | 'degraded'): Check {
  return problem === null ? { name, state: 'ok', note: '' } : { name, state: otherwise, note: problem };
}

/** What was lost after the start degrades: not to answer at all would be worse than to answer by what is known. */
function stateOf({ synced, degraded }: WatchedKind): Check['state'] {
  if (!synced) return 'failed';
  return degraded ? 'degraded' : 'ok';
}

/** Everything readiness depends on, and what is worth knowing beside it. Ready means that nothing `failed`. */
export function checksOf(sources: ReadinessSources): readonly Check[] {
  const kinds = sources.data.kinds();
  const waitingFor = sources.waitingFor();
  return [
    ...(kinds.length === 0 ? [check('data', 'nothing is watched yet', 'failed')] : []),
    ...kinds.map((kind) => ({
      name: `watch ${kind.kind}`,
      state: stateOf(kind),
      note: kind.note === '' && !kind.synced ? 'not listed yet' : kind.note,
    })),
    waitingFor === null
      ? check('certificate', sources.certificateProblem(), 'degraded')
      : check('certificate', waitingFor, 'failed'),
    check('tls-self-dial', sources.selfDialProblem(), 'failed'),
    check('settings', sources.settingsProblem(), 'degraded'),
    { name: 'calls', state: 'ok', note: sources.callsNote() },
    ...sources.more(),
    check('drain', sources.draining() ? 'shutting down' : null, 'failed'),
  ];
}

/** Is everything there that a right answer needs? */
export function isReady(checks: readonly Check[]): boolean {
  return checks.every((each) => each.state !== 'failed');
}

/** `[+] name ok`, `[!] name degraded: why`, `[-] name failed: why`, and a last line with the sum. */
export function checksText(checks: readonly Check[]): string {
  const signs = { ok: '+', degraded: '!', failed: '-' } as const;
  const lines = checks.map((each) => {
    const note = each.note === '' ? '' : `: ${each.note}`;
    return `[${signs[each.state]}] ${each.name} ${each.state}${note}`;
  });
  return `${lines.join('\n')}\nreadyz ${isReady(checks) ? 'passed' : 'failed'}\n`;
}
