import { Command } from 'commander';
import type { ExampleRun } from './example.ts';

/** Builds the `example` command; `run` gets what is to be done. */
export function exampleCommand(run: (mode: ExampleRun['mode']) => Promise<void>): Command {
  return new Command('example')
    .description('Serve the example shop on localhost and walk through instructive changes.')
    .option('--once', 'end after the walk')
    .option('--try <FILE>', 'put the network policies of a file before it instead')
    .option('--delete', 'with --try: delete them instead of applying them')
    .allowExcessArguments(false)
    .action(
      (flags: { readonly once?: true; readonly try?: string; readonly delete?: true }, command: Command) => {
        if (flags.try !== undefined)
          return run({ file: flags.try, action: flags.delete === true ? 'delete' : 'apply' });
        if (flags.delete === true) command.error('error: --delete needs --try FILE');
        return run(flags.once === true ? 'walk' : 'stay');
      },
    );
}
