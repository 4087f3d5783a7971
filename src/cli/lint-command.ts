import { Command, InvalidArgumentError, Option } from 'commander';
import type { Severity } from '../model/finding.ts';
import { type Config, configFor } from './config-file.ts';
import { withConfigOptions } from './config-place.ts';
import { type BaselinePlan, type LintPlan, lintFormats } from './lint-plan.ts';
import { duration } from './open-snapshot.ts';
import { outputsOf } from './outputs.ts';

interface Flags {
  readonly file: readonly string[];
  readonly settings?: string;
  readonly snapshot?: string;
  readonly maxAge?: number;
  readonly complete?: boolean;
  readonly kubeVersion: string;
  readonly failOn: Severity;
  readonly namespace?: string;
  readonly fix?: true;
  readonly dryRun?: true;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly reason: string;
  readonly strictBaseline?: boolean;
  readonly docs?: string;
  readonly format?: readonly string[];
}

/** From this minor version of Kubernetes 1 on CIDRs must be written strictly. */
const strictFrom = 36;

const configKeys = [
  'settings',
  'failOn',
  'kubeVersion',
  'complete',
  'namespace',
  'baseline',
  'docs',
] as const;

function version(text: string): string {
  if (/^v?1\.\d{1,3}(?:\.\d+)?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a version such as 1.34.');
}

/** Builds the `lint` command; `run` gets what is to be done. */
export function lintCommand(run: (plan: LintPlan) => void | Promise<void>): Command {
  return withBaselineOptions(withConfigOptions(bare()))
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nExit code: 0 clean, 1 findings at or above --fail-on, 2 wrong usage, 3 something could not be read.',
    )
    .action((flags: Flags, command: Command) => {
      const config = configFor(command, configKeys);
      const plan = 'problem' in config ? config : planOf({ ...flags, ...config });
      if ('problem' in plan) command.error(`error: ${plan.problem}`);
      else return run(plan);
    });
}

function bare(): Command {
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
    .option('--snapshot <FILE>', 'a cluster that netsluice snapshot saved, with the input laid over it')
    .option('--max-age <DURATION>', 'a snapshot older than this, such as 12h or 7d, is not asked', duration)
    .option(
      '--kube-version <VERSION>',
      'version of the API server; before 1.36 it takes CIDRs such as 10.0.0.5/24',
      version,
      `1.${strictFrom}`,
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
    );
}

function withBaselineOptions(command: Command): Command {
  return command
    .option('--baseline <FILE>', 'findings that it holds are known and do not count')
    .option('--write-baseline <FILE>', 'write what is found there; what it holds already keeps its reason')
    .option(
      '--reason <TEXT>',
      'why new entries of the baseline are accepted',
      'found when the baseline began',
    )
    .option('--strict-baseline', 'entries whose finding is gone end with exit code 1');
}

function planOf(flags: Omit<Flags, keyof Config> & Flags & Config): LintPlan | { readonly problem: string } {
  const {
    file,
    settings = null,
    complete = false,
    snapshot = null,
    maxAge = null,
    failOn,
    namespace = null,
    fix,
    dryRun,
    format = [],
  } = flags;
  const outputs = outputsOf(format, lintFormats);
  if ('problem' in outputs) return outputs;
  if (dryRun && !fix) return { problem: '--dry-run goes with --fix.' };
  const baseline = baselinePlan(flags);
  if (baseline !== null && 'problem' in baseline) return baseline;
  return {
    paths: file,
    settings,
    complete,
    snapshot,
    maxAgeMs: maxAge,
    strictCidrs: Number(/^v?1\.(\d+)/.exec(flags.kubeVersion)?.[1]) >= strictFrom,
    failOn,
    namespace,
    docs: flags.docs ?? null,
    baseline,
    mend: fix ? (dryRun ? 'diff' : 'files') : 'no',
    outputs,
  };
}

function baselinePlan({
  baseline,
  writeBaseline,
  reason,
  strictBaseline = false,
}: Flags): BaselinePlan | { readonly problem: string } | null {
  if (baseline === undefined && writeBaseline === undefined)
    return strictBaseline ? { problem: '--strict-baseline goes with --baseline.' } : null;
  if (reason.trim() === '') return { problem: '--reason must not be empty.' };
  return { read: baseline ?? null, write: writeBaseline ?? null, reason, strict: strictBaseline };
}
