import { Command, InvalidArgumentError, Option } from 'commander';
import type { Severity } from '../model/finding.ts';
import { configFor } from './config-file.ts';
import { withConfigOptions } from './config-place.ts';
import { duration } from './open-snapshot.ts';
import { outputsOf } from './outputs.ts';
import type { Plan, PlanAsked } from './plan.ts';
import { type Naming, namingOf } from './plan-deletions.ts';

interface Flags {
  readonly file?: readonly string[];
  readonly delete?: readonly Naming[];
  readonly base?: readonly string[];
  readonly head?: readonly string[];
  readonly snapshot?: readonly string[];
  readonly maxAge?: number;
  readonly cluster?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly waitSeconds: number;
  readonly settings?: string;
  readonly failOn: Severity;
  readonly failOnChange?: boolean;
  readonly format?: readonly string[];
}

/** Builds the `plan` command; `run` gets what is to be done. */
export function planCommand(run: (plan: Plan) => Promise<void>): Command {
  return withConfigOptions(withOptions(new Command('plan')))
    .description('What does applying this change in a cluster, and what would the webhook say?')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
The whole change counts as one: what one policy takes away another may give. Without --snapshot, --cluster and
--context the cluster of your kubeconfig is asked; with --base and --head, the base itself is the cluster then.
Findings count at level restricted, or as the settings file says.

Examples: netsluice plan -f policy.yaml --delete networkpolicy/shop/allow-web
          netsluice plan --base main/deploy --head deploy --snapshot prod.snapshot -o markdown=comment.md

Exit code: 0 planned, 1 findings at or above --fail-on, or any change with --fail-on-change, 2 wrong usage,
3 something could not be read, or a snapshot is older than --max-age.`,
    )
    .action((flags: Flags, command: Command) => {
      const config = configFor(command, ['settings', 'failOn']);
      const plan = 'problem' in config ? config : planOf({ ...flags, ...config });
      if ('problem' in plan) command.error(`error: ${plan.problem}`);
      else return run(plan);
    });
}

function withOptions(command: Command): Command {
  return command
    .option('-f, --file <PATH...>', 'manifests to apply: files, directories, or - for standard input')
    .option('--delete <KIND/NAMESPACE/NAME>', 'an object to delete; may be repeated', naming)
    .option('--base <PATH...>', 'the manifests before the change')
    .option('--head <PATH...>', 'the manifests after it; what is not in them any more is deleted')
    .option('--snapshot <FILE...>', 'clusters that netsluice snapshot saved; each is planned for')
    .option('--max-age <DURATION>', 'a snapshot older than this, such as 12h or 7d, is not asked', duration)
    .option('--cluster <PATH...>', 'manifests that are the cluster')
    .addOption(new Option('--kubeconfig <FILE>', 'how to reach a live cluster').env('NETSLUICE_KUBECONFIG'))
    .option('--context <NAME>', 'the context of the kubeconfig to use')
    .option('--wait-seconds <N>', 'how long to wait for the lists of a live cluster', seconds, 120)
    .addOption(new Option('--settings <FILE>', 'the settings file of the webhook').env('NETSLUICE_SETTINGS'))
    .addOption(
      new Option('--fail-on <SEVERITY>', 'the least severity of findings that ends with 1')
        .choices(['error', 'warning', 'info'])
        .default('error'),
    )
    .option('--fail-on-change', 'end with 1 where any connection or isolation changes')
    .option(
      '-o, --format <NAME...>',
      'pretty (default), json or markdown; NAME=FILE writes a file; may be repeated',
    );
}

function naming(text: string, before: readonly Naming[] = []): readonly Naming[] {
  const found = namingOf(text);
  if ('problem' in found) throw new InvalidArgumentError(found.problem);
  return [...before, found];
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value >= 1 && value <= 3600) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 3600.');
}

function planOf(flags: Flags): Plan | { readonly problem: string } {
  const outputs = outputsOf(flags.format ?? [], ['pretty', 'json', 'markdown']);
  if ('problem' in outputs) return outputs;
  const asked = askedBy(flags);
  if ('problem' in asked) return asked;
  const { snapshot = [], cluster = [], kubeconfig = null, context = null, maxAge = null } = flags;
  const sources = [
    ...(snapshot.length > 0 ? ['--snapshot'] : []),
    ...(cluster.length > 0 ? ['--cluster'] : []),
    ...(context === null ? [] : ['--context']),
  ];
  if (sources.length > 1)
    return { problem: `${sources.join(' and ')} exclude each other: plan for one of them.` };
  return {
    asked,
    snapshots: snapshot,
    maxAgeMs: maxAge,
    cluster,
    source: { kubeconfig, context },
    live: context !== null,
    waitMs: flags.waitSeconds * 1000,
    settings: flags.settings ?? null,
    failOn: flags.failOn,
    failOnChange: flags.failOnChange === true,
    outputs,
  };
}

function askedBy({
  file = [],
  delete: deletions = [],
  base = [],
  head = [],
}: Flags): PlanAsked | { readonly problem: string } {
  const trees = base.length + head.length > 0;
  if (trees && file.length + deletions.length > 0)
    return { problem: '-f and --delete name a change, and so do --base and --head: give one of the two.' };
  if (trees && (base.length === 0 || head.length === 0))
    return {
      problem: `--${base.length === 0 ? 'head' : 'base'} needs --${base.length === 0 ? 'base' : 'head'}.`,
    };
  if (trees) return { kind: 'trees', base, head };
  if (file.length + deletions.length === 0)
    return { problem: 'nothing to plan: give -f, --delete, or --base and --head.' };
  return { kind: 'apply', files: file, deletions };
}
