import { Command, InvalidArgumentError } from 'commander';
import type { ClusterSource } from '../cluster/client.ts';
import type { SelftestPlan } from './selftest.ts';

export interface SelftestRun {
  readonly plan: SelftestPlan;
  readonly source: ClusterSource;
}

function wholeSeconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value <= 600) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 600.');
}

/** Builds the `selftest` command, which `helm test` runs; `run` gets what is to be done. */
export function selftestCommand(run: (options: SelftestRun) => Promise<void>): Command {
  return new Command('selftest')
    .description('Ask the API server, in dry runs, about a good and a bad policy: does it reach netsluice?')
    .requiredOption(
      '--namespace <NAME>',
      'where to ask; it needs the label netsluice.dev/enforce=baseline, and nothing is stored in it',
    )
    .option('--wait-seconds <N>', 'go on asking so long until the answer is right', wholeSeconds, 60)
    .option('--kubeconfig <FILE>', 'how to reach the cluster; inside a pod its service account is used')
    .option('--context <NAME>', 'the context of the kubeconfig to use')
    .allowExcessArguments(false)
    .action(
      (flags: {
        readonly namespace: string;
        readonly waitSeconds: number;
        readonly kubeconfig?: string;
        readonly context?: string;
      }) =>
        run({
          plan: { namespace: flags.namespace, waitMs: flags.waitSeconds * 1000 },
          source: { kubeconfig: flags.kubeconfig ?? null, context: flags.context ?? null },
        }),
    );
}
