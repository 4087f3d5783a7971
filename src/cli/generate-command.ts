import { Command, InvalidArgumentError } from 'commander';
import type { GeneratePlan } from './generate.ts';
import { type InputFlags, inputOf, withInputOptions } from './trace-input.ts';

interface Flags extends InputFlags {
  readonly namespace: string;
  readonly ingress?: true;
  readonly egress?: true;
}

function namespaceName(text: string): string {
  if (/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the name of a namespace: lower case letters, digits and "-".');
}

/** Builds the `generate` command and what is below it; `run` gets what is to be done. */
export function generateCommand(run: (plan: GeneratePlan) => Promise<void>): Command {
  const command = new Command('default-deny')
    .description('A default-deny for a namespace, with what the cluster needs in order to work.')
    .requiredOption('-n, --namespace <NAME>', 'the namespace that it is for', namespaceName)
    .option('--ingress', 'isolate for ingress only')
    .option('--egress', 'isolate for egress only');
  withInputOptions(command)
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
Prints YAML: allowances for DNS, the calls of the API server, exposed Services and monitoring, as this cluster has
them, and the default-deny last. Without -f, --snapshot, --context and --kubeconfig no cluster is asked, and what holds
in most clusters is printed.

Example: netsluice generate default-deny -n shop --context staging > default-deny.yaml

Exit code: 0 done, 2 wrong usage, 3 the cluster or a part of it could not be read.`,
    )
    .action((flags: Flags, self: Command) => {
      const input = inputOf(flags);
      if ('problem' in input) self.error(`error: ${input.problem}`);
      const { namespace, ingress, egress } = flags;
      const both = ingress === egress;
      const directions = both
        ? (['ingress', 'egress'] as const)
        : ingress
          ? (['ingress'] as const)
          : (['egress'] as const);
      if ('problem' in input) return;
      const { paths, snapshots, source } = input;
      const isNamed =
        paths.length > 0 || snapshots.length > 0 || source.context !== null || source.kubeconfig !== null;
      return run({ namespace, directions, input: isNamed ? input : null });
    });
  return new Command('generate').description('Prints policies.').addCommand(command.exitOverride());
}
