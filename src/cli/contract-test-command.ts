import { Command, Option } from 'commander';
import { type ContractTestPlan, contractFormats } from './contract-test.ts';
import { outputsOf } from './outputs.ts';

interface Flags {
  readonly file: readonly string[];
  readonly settings: string;
  readonly format?: readonly string[];
  readonly failOn: 'error' | 'warning';
}

/** Builds the `test` command; `run` gets what is to be done. */
export function contractTestCommand(run: (plan: ContractTestPlan) => void): Command {
  return new Command('test')
    .description('Do the contracts of a settings file hold over these manifests?')
    .requiredOption('-f, --file <PATH...>', 'manifests: files, directories, or - for standard input')
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
    .action(({ file, settings, format = [], failOn }: Flags, command: Command) => {
      const outputs = outputsOf(format, contractFormats);
      if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else run({ paths: file, settings, outputs, failOn });
    });
}
