import { Command } from 'commander';
import { outputsOf } from './outputs.ts';
import { type LookupPlan, lookupFormats } from './policies-for.ts';
import { type InputFlags, inputOf, withInputOptions } from './trace-input.ts';

interface Flags extends InputFlags {
  readonly format?: readonly string[];
}

type Run = (plan: LookupPlan) => Promise<void>;

/** Builds the `policies-for` command; `run` gets what is to be done. */
export function policiesForCommand(run: Run): Command {
  const command = new Command('policies-for')
    .description('Which policies select this pod?')
    .argument('<POD>', 'pod:ns/name, or ns/workload for every pod of it');
  return lookup(command, 'netsluice policies-for shop/cart -f manifests/', 'pod', run);
}

/** Builds the `pods-for` command; `run` gets what is to be done. */
export function podsForCommand(run: Run): Command {
  const command = new Command('pods-for')
    .description('Which pods does this policy select?')
    .argument('<POLICY>', 'ns/name of a NetworkPolicy');
  return lookup(command, 'netsluice pods-for shop/default-deny -f manifests/', 'policy', run);
}

function lookup(command: Command, example: string, what: string, run: Run): Command {
  return withInputOptions(command)
    .option('-o, --format <NAME...>', 'pretty (default) or json; NAME=FILE writes a file; may be repeated')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
Without -f the cluster of your kubeconfig is asked.

Example: ${example}

Exit code: 0 done, 2 wrong usage or no such ${what}, 3 the cluster or a part of it could not be read.`,
    )
    .action((of: string, flags: Flags, self: Command) => {
      const outputs = outputsOf(flags.format ?? [], lookupFormats);
      const input = inputOf(flags);
      if ('problem' in outputs) self.error(`error: ${outputs.problem}`);
      else if ('problem' in input) self.error(`error: ${input.problem}`);
      else return run({ of, input, outputs });
    });
}
