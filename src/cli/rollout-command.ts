import { Command, InvalidArgumentError, Option } from 'commander';
import type { Level } from '../model/finding.ts';
import { duration } from './open-snapshot.ts';
import { outputsOf } from './outputs.ts';
import { type RolloutPlan, rolloutFormats } from './rollout.ts';

interface Flags {
  readonly enforce: Level;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly snapshot?: readonly string[];
  readonly maxAge?: number;
  readonly settings?: string;
  readonly ownNamespace?: string;
  readonly waitSeconds: number;
  readonly format?: readonly string[];
}

function wholeSeconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value >= 1 && value <= 3600) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 3600.');
}

/** Builds the `rollout` command; `run` gets what is to be done. */
export function rolloutCommand(run: (plan: RolloutPlan) => Promise<void>): Command {
  return new Command('rollout')
    .description('Which policies that are in force would be rejected if they were created now?')
    .addOption(
      new Option('--enforce <LEVEL>', 'the level that is to be enforced')
        .choices(['baseline', 'restricted'])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--kubeconfig <FILE>', 'how to reach the cluster').env('NETSLUICE_KUBECONFIG'))
    .option('--context <NAME>', 'the context of the kubeconfig to use')
    .option(
      '--snapshot <PATH...>',
      'ask about a file of netsluice snapshot, or about manifests, instead of a live cluster',
    )
    .option('--max-age <DURATION>', 'a snapshot older than this, such as 12h or 7d, is not asked', duration)
    .addOption(
      new Option('--settings <FILE>', 'the settings file that the webhook runs with').env(
        'NETSLUICE_SETTINGS',
      ),
    )
    .addOption(
      new Option('--own-namespace <NAME>', 'the namespace netsluice runs in, where enforce stays off').env(
        'NETSLUICE_NAMESPACE',
      ),
    )
    .option('--wait-seconds <N>', 'how long to wait for the lists of the cluster', wholeSeconds, 120)
    .option('-o, --format <NAME...>', 'pretty (default) or json; NAME=FILE writes a file; may be repeated')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExit code: 0 none, 1 some, 2 wrong usage, 3 the cluster or a part of it could not be read.',
    )
    .action((flags: Flags, command: Command) => {
      const { snapshot = [], format = [] } = flags;
      const outputs = outputsOf(format, rolloutFormats);
      if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else if (snapshot.length > 0 && flags.context !== undefined)
        command.error('error: --snapshot and --context exclude each other.');
      else
        return run({
          enforce: flags.enforce,
          source: { kubeconfig: flags.kubeconfig ?? null, context: flags.context ?? null },
          snapshot,
          maxAgeMs: flags.maxAge ?? null,
          settings: flags.settings ?? null,
          ownNamespace: flags.ownNamespace ?? '',
          waitMs: flags.waitSeconds * 1000,
          outputs,
        });
    });
}
