import { Command } from 'commander';
import type { ExplainPlan } from './explain.ts';
import { outputsOf } from './outputs.ts';
import { type InputFlags, inputOf, withInputOptions } from './trace-input.ts';

export const explainFormats = ['pretty', 'json'] as const;

interface Flags extends InputFlags {
  readonly format?: readonly string[];
}

/** Builds the `explain` command; `run` gets what is to be done. */
export function explainCommand(run: (plan: ExplainPlan) => Promise<void>): Command {
  return withInputOptions(
    new Command('explain')
      .description('What does this rule say, or this policy, in exact words?')
      .argument('<RULE|POLICY...>', 'a rule as egress-blocks-dns or R01, a policy as ns/name'),
  )
    .option('-o, --format <NAME...>', 'pretty (default) or json; NAME=FILE writes a file; may be repeated')
    .addHelpText(
      'after',
      `
Write the rules and policies before -f. Rules need no cluster; a policy is looked up in the manifests of -f, in the
snapshot, or in the cluster of your kubeconfig.

Example: netsluice explain shop/default-deny -f manifests/

Exit code: 0 done, 2 wrong usage or no such rule or policy, 3 the cluster or a part of it could not be read.`,
    )
    .action((of: readonly string[], flags: Flags, self: Command) => {
      const outputs = outputsOf(flags.format ?? [], explainFormats);
      const input = inputOf(flags);
      if ('problem' in outputs) self.error(`error: ${outputs.problem}`);
      else if ('problem' in input) self.error(`error: ${input.problem}`);
      else return run({ of, input, outputs });
    });
}
