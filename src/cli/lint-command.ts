import { Command, InvalidArgumentError, Option } from 'commander';
import type { Severity } from '../model/finding.ts';
import { type LintPlan, lintFormats } from './lint-plan.ts';
import { outputsOf } from './outputs.ts';

interface Flags {
  readonly file: readonly string[];
  readonly settings?: string;
  readonly complete?: true;
  readonly kubeVersion: number;
  readonly failOn: Severity;
  readonly namespace?: string;
  readonly fix?: true;
  readonly dryRun?: true;
  readonly format?: readonly string[];
}

/** From this minor version of Kubernetes 1 on CIDRs must be written strictly. */
const strictFrom = 36;

function minorVersion(text: string): number {
  const [, minor] = /^v?1\.(\d{1,3})(?:\.\d+)?$/.exec(text) ?? [];
  if (minor !== undefined) return Number(minor);
  throw new InvalidArgumentError('It must be a version such as 1.34.');
}

/** Builds the `lint` command; `run` gets what is to be done. */
export function lintCommand(run: (plan: LintPlan) => void): Command {
  return new Command('lint')
    .description('What is wrong with these NetworkPolicies, and where?')
    .requiredOption(
      '-f, --file <PATH...>',
      'manifests: files, directories with all below them, or - for standard input',
    )
    .addOption(
      new Option(
        '--settings <FILE>',
        'the settings file that the webhook runs with; without it all is judged at level restricted',
      ).env('NETSLUICE_SETTINGS'),
    )
    .option('--complete', 'everything that exists is in the input: no rule is skipped')
    .option(
      '--kube-version <VERSION>',
      'version of the API server; before 1.36 it takes CIDRs such as 10.0.0.5/24',
      minorVersion,
      strictFrom,
    )
    .addOption(
      new Option('--fail-on <LEVEL>', 'the least severity of findings that end with exit code 1')
        .choices(['error', 'warning', 'info'])
        .default('error'),
    )
    .option('-n, --namespace <NAME>', 'where documents without a namespace are applied to')
    .option('--fix', 'mend in the files what can be mended without a decision, and tell what is left')
    .option('--dry-run', 'with --fix: print the changes as a diff and write no file')
    .option(
      '-o, --format <NAME...>',
      `${lintFormats.join(', ')}; NAME=FILE writes a file; may be repeated (default: pretty)`,
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExit code: 0 clean, 1 findings at or above --fail-on, 2 wrong usage, 3 something could not be read.',
    )
    .action((flags: Flags, command: Command) => {
      const {
        file,
        settings,
        complete = false,
        kubeVersion,
        failOn,
        namespace = null,
        format = [],
        fix,
        dryRun,
      } = flags;
      const outputs = outputsOf(format, lintFormats);
      if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else if (dryRun && !fix) command.error('error: --dry-run goes with --fix.');
      else
        run({
          paths: file,
          settings: settings ?? null,
          complete,
          strictCidrs: kubeVersion >= strictFrom,
          failOn,
          namespace,
          docs: null,
          mend: fix ? (dryRun ? 'diff' : 'files') : 'no',
          outputs,
        });
    });
}
