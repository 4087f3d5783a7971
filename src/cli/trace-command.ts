import { Command, InvalidArgumentError, Option } from 'commander';
import type { PortPoint } from '../impact/trace.ts';
import { isProtocol, portMax } from '../model/port.ts';
import { outputsOf } from './outputs.ts';
import { type TracePlan, traceFormats } from './trace.ts';
import { type InputFlags, inputOf, withInputOptions } from './trace-input.ts';

interface Flags extends InputFlags {
  readonly expect?: 'allowed' | 'blocked';
  readonly format?: readonly string[];
}

/** `5432` is TCP; `53/udp` and `53/UDP` are the same. */
function portPoint(text: string): PortPoint {
  const [number = '', written = 'tcp', more] = text.split('/');
  const port = Number(number);
  const protocol = written.toUpperCase();
  const valid = /^\d{1,5}$/.test(number) && port >= 1 && port <= portMax && more === undefined;
  if (valid && isProtocol(protocol)) return { protocol, port };
  throw new InvalidArgumentError(
    'It must be a port from 1 to 65535, such as 5432 or 53/udp; the protocols are tcp, udp and sctp.',
  );
}

/** Builds the `trace` command; `run` gets what is to be done. */
export function traceCommand(run: (plan: TracePlan) => Promise<void>): Command {
  return withInputOptions(
    new Command('trace')
      .description('May this flow pass, and because of which policy and clause?')
      .argument('<SRC>', 'where it comes from')
      .argument('<DST>', 'where it goes to')
      .argument(
        '<PORT>',
        'the port of the destination pod (not of a Service): 5432, 5432/tcp, 53/udp',
        portPoint,
      ),
  )
    .addOption(
      new Option('--expect <VERDICT>', 'end with 1 unless this is the verdict').choices([
        'allowed',
        'blocked',
      ]),
    )
    .option('-o, --format <NAME...>', 'pretty (default) or json; NAME=FILE writes a file; may be repeated')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
SRC and DST are one of
  shop/web            a workload: every pod of it
  pod:shop/web-7d4f   one pod
  ip:203.0.113.7      an address; if a pod or node owns it, that is meant
  node:worker-1       a node
  internet            any address that no pod and no node owns

Write SRC, DST and PORT before -f. Without -f the cluster of your kubeconfig is asked.

Example: netsluice trace shop/web data/orders-db 5432 -f manifests/

Exit code: 0 whatever the verdict, 1 not the one of --expect (unknown never is), 2 wrong usage or no such end,
3 the cluster or a part of it could not be read.`,
    )
    .action((source: string, destination: string, at: PortPoint, flags: Flags, command: Command) => {
      const outputs = outputsOf(flags.format ?? [], traceFormats);
      const input = inputOf(flags);
      if ('problem' in outputs) command.error(`error: ${outputs.problem}`);
      else if ('problem' in input) command.error(`error: ${input.problem}`);
      else return run({ source, destination, at, expect: flags.expect ?? null, input, outputs });
    });
}
