import { Command } from 'commander';
import type { SnapshotPlan } from './snapshot.ts';
import { type InputFlags, inputOf, withInputOptions } from './trace-input.ts';

interface Flags extends InputFlags {
  readonly output?: string;
  readonly name?: string;
  readonly redact?: true;
}

/** Printed by every command that reads the snapshot, so one short line. */
const labelMax = 100;

/** Builds the `snapshot` command; `run` gets what is to be done. */
export function snapshotCommand(run: (plan: SnapshotPlan) => Promise<void>): Command {
  return withInputOptions(new Command('snapshot'))
    .description('Save what netsluice sees of a cluster to one file, for other commands to ask.')
    .option('-o, --output <FILE>', 'the file; without it standard output')
    .option('--name <NAME>', 'what to call the cluster; kept as it is by --redact')
    .option('--redact', 'replace names and addresses, consistently, and keep what selectors and blocks match')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
Without -f and --snapshot the cluster of your kubeconfig is saved. No Secret is read, and of no object more than
netsluice judges by.

Example: netsluice snapshot --context prod-eu --name prod-eu -o prod-eu.snapshot

Exit code: 0 saved, 2 wrong usage, 3 the cluster or a part of it could not be read, or the file not written.`,
    )
    .action((flags: Flags, command: Command) => {
      const { output = null, name = null, redact = false } = flags;
      const input = inputOf(flags);
      if ('problem' in input) command.error(`error: ${input.problem}`);
      else if (name !== null && (name.length > labelMax || /\p{Cc}/u.test(name)))
        command.error(`error: --name must be one line of at most ${labelMax} characters.`);
      else return run({ input, file: output === '-' ? null : output, cluster: name, redact });
    });
}
