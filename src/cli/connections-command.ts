import { Command, Option } from 'commander';
import type { ConnectionUnit } from '../impact/connections-tally.ts';
import { type ConnectionsPlan, connectionsFormats } from './connections.ts';
import { outputsOf } from './outputs.ts';
import { type InputFlags, inputOf, withInputOptions } from './trace-input.ts';

interface Flags extends InputFlags {
  readonly unit: ConnectionUnit;
  readonly ipBlockPods?: 'match' | 'ignore';
  readonly format?: readonly string[];
}

/** Builds the `connections` command; `run` gets what is to be done. */
export function connectionsCommand(run: (plan: ConnectionsPlan) => Promise<void>): Command {
  return withInputOptions(new Command('connections'))
    .description('Who may talk to whom? Each pair with the ports that the policies in force allow.')
    .addOption(
      new Option('--unit <UNIT>', 'what the ends are').choices(['workload', 'pod']).default('workload'),
    )
    .addOption(
      new Option(
        '--ip-block-pods <HOW>',
        'does an ipBlock match the address of a pod? (default: as the settings say, else match)',
      ).choices(['match', 'ignore']),
    )
    .option(
      '-o, --format <NAME...>',
      'pretty (default), json, markdown or dot; NAME=FILE writes a file; may be repeated',
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
A pair that is not listed has nothing allowed. A pod to itself is always allowed and not listed.
Without -f the cluster of your kubeconfig is asked.

Example: netsluice connections -f manifests/ -o pretty -o dot=graph.dot

Exit code: 0 done, 2 wrong usage, 3 the cluster or a part of it could not be read.`,
    )
    .action((flags: Flags, command: Command) => {
      const outputs = outputsOf(flags.format ?? [], connectionsFormats);
      const input = inputOf(flags);
      if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else if ('problem' in input) command.error(`error: ${input.problem}`);
      else return run({ input, unit: flags.unit, ipBlockPods: flags.ipBlockPods ?? null, outputs });
    });
}
