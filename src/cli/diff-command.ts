import { Command, Option } from 'commander';
import type { ConnectionUnit } from '../impact/connections-tally.ts';
import type { Config } from './config-file.ts';
import { chosenConfig, withConfigOptions } from './config-place.ts';
import type { DiffPlan } from './diff.ts';
import { outputsOf } from './outputs.ts';

interface Flags {
  readonly settings?: string;
  readonly unit: ConnectionUnit;
  readonly ipBlockPods?: 'match' | 'ignore';
  readonly failOnChange?: boolean;
  readonly timing?: boolean;
  readonly format?: readonly string[];
}

/** Builds the `diff` command; `run` gets what is to be done. */
export function diffCommand(run: (plan: DiffPlan) => Promise<void>): Command {
  return withConfigOptions(new Command('diff'))
    .description(
      'What is different between two states of a cluster: who may newly talk to whom, and who no more?',
    )
    .argument('<BEFORE>', 'a file or directory of manifests, a snapshot, or - for standard input')
    .argument('<AFTER>', 'likewise')
    .addOption(
      new Option('--unit <UNIT>', 'what the ends are').choices(['workload', 'pod']).default('workload'),
    )
    .addOption(
      new Option(
        '--ip-block-pods <HOW>',
        'does an ipBlock match the address of a pod? (default: as the settings say, else match)',
      ).choices(['match', 'ignore']),
    )
    .addOption(
      new Option('--settings <FILE>', 'a settings file; its platform says what the network plugin does').env(
        'NETSLUICE_SETTINGS',
      ),
    )
    .option('--fail-on-change', 'end with 1 where anything changes')
    .option('--timing', 'tell on standard error how long reading, comparing and printing took')
    .option(
      '-o, --format <NAME...>',
      'pretty (default), json or markdown; NAME=FILE writes a file; may be repeated',
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
Objects that are in BEFORE only go away, objects that are in AFTER only come. Where only the first is a
cluster, ask netsluice plan.

Example: netsluice diff main/manifests manifests -o markdown=comment.md

Exit code: 0 compared, 1 something changed and --fail-on-change, 2 wrong usage, 3 something could not be read.`,
    )
    .action(async (before: string, after: string, flags: Flags, command: Command) => {
      const config = await configOf(command);
      const outputs = outputsOf(flags.format ?? [], ['pretty', 'json', 'markdown']);
      if ('problem' in config) command.error(`error: ${config.problem}`);
      else if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else if (before === '-' && after === '-')
        command.error('error: only one of BEFORE and AFTER can be standard input.');
      else
        await run({
          before,
          after,
          settings: config.settings ?? flags.settings ?? null,
          unit: flags.unit,
          ipBlockPods: flags.ipBlockPods ?? null,
          failOnChange: flags.failOnChange === true,
          timing: flags.timing === true,
          outputs,
        });
    });
}

/** Loaded late: without a config file nothing of what reads one is needed. */
async function configOf(command: Command): Promise<Pick<Config, 'settings'> | { readonly problem: string }> {
  if (chosenConfig(command) === null) return {};
  const { configFor } = await import('./config-file.ts');
  return configFor(command, ['settings']);
}
