import type { Clock } from './clock.ts';
import type { Log } from './decision-log.ts';
import type { Metrics } from './metrics.ts';
import { isProblem, readNamed } from './tls.ts';
import { watchFiles } from './watch-files.ts';

export type Decoded<Settings> = { readonly settings: Settings } | { readonly problem: string };

export interface SettingsWatch<Settings> {
  /** The last good settings. */
  readonly current: () => Settings;
  /** Why the file on disk is not in force; null when it is. */
  readonly problem: () => string | null;
  readonly stop: () => void;
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** Reads and decodes a settings file; the problem names the file and the option. */
export function loadSettings<Settings>(
  path: string,
  decode: (text: string) => Decoded<Settings>,
): Decoded<Settings> {
  const text = readNamed(path, 'settings file', '--settings');
  if (typeof text !== 'string') return text;
  const decoded = decode(text);
  return 'problem' in decoded
    ? {
        problem: `The settings file ${path} is not valid: ${sentence(decoded.problem)} Correct it there.`,
      }
    : decoded;
}

interface SettingsWatchDeps<Settings> {
  readonly decode: (text: string) => Decoded<Settings>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'settingsValid'>;
}

/** Re-reads the file when it changes. An invalid one keeps the last good settings in force, and shows. */
export function watchSettings<Settings>(
  path: string,
  first: Settings,
  deps: SettingsWatchDeps<Settings>,
): SettingsWatch<Settings> {
  let settings = first;
  let lastText: string | null = null;
  let problem: string | null = null;

  function look(): void {
    const text = readNamed(path, 'settings file', '--settings');
    const seen = isProblem(text) ? text.problem : text;
    if (seen === lastText) return;
    const before = lastText;
    lastText = seen;
    const loaded = loadSettings(path, deps.decode);
    if ('problem' in loaded) {
      problem = loaded.problem;
      deps.metrics.settingsValid(0);
      deps.log.error({ problem }, 'the settings file is not used; the last good settings stay in force');
      return;
    }
    problem = null;
    settings = loaded.settings;
    deps.metrics.settingsValid(1);
    if (before !== null) deps.log.info('settings reloaded');
  }

  look();
  const stop = watchFiles([path], look, deps.clock, (message) => deps.log.warn(message));
  return { current: () => settings, problem: () => problem, stop };
}
