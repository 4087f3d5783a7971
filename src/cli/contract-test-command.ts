import { Command, Option } from 'commander';
import { type ContractTestPlan, contractFormats } from './contract-test.ts';
import { duration } from './open-snapshot.ts';
import { outputsOf } from './outputs.ts';

interface Flags {
  readonly file?: readonly string[];
  readonly snapshot?: string;
  readonly maxAge?: number;
  readonly settings: string;
  readonly format?: readonly string[];
  readonly failOn: 'error' | 'warning';
}

/** Builds the `test` command; `run` gets what is to be done. */
export function contractTestCommand(run: (plan: ContractTestPlan) => void | Promise<void>): Command {
  return new Command('test')
    .description('Do the contracts of a settings file hold over these manifests or this snapshot?')
    .option('-f, --file <PATH...>', 'manifests: files, directories, or - for standard input')
    .option('--snapshot <FILE>', 'a cluster that netsluice snapshot saved, instead of manifests')
    .option('--max-age <DURATION>', 'a snapshot older than this, such as 12h or 7d, is not asked', duration)
    .addOption(
      new Option('--settings <FILE>', 'the settings file that holds the contracts')
        .env('NETSLUICE_SETTINGS')
        .makeOptionMandatory(),
    )
    .option('-o, --format <NAME...>', 'pretty (default) or json; NAME=FILE writes a file; may be repeated')
    .addOption(
      new Option('--fail-on <LEVEL>', 'the least level of contracts whose failure is one of the test')
        .choices(['error', 'warning'])
        .default('error'),
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExit code: 0 all hold, 1 one is broken, unknown or vacuous, 2 wrong usage, 3 something could not be read.',
    )
    .action((flags: Flags, command: Command) => {
      const { file = [], snapshot = null, maxAge = null, settings, format = [], failOn } = flags;
      const outputs = outputsOf(format, contractFormats);
      if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else if ((file.length === 0) === (snapshot === null))
        command.error('error: name manifests with -f or a cluster with --snapshot, one of the two.');
      else return run({ paths: file, snapshot, maxAgeMs: maxAge, settings, outputs, failOn });
    });
}
