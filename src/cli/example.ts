import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { get, text, texts } from '../model/decode/lenient.ts';
import { kubectlText, type Outcome, type Paint } from '../report/terminal.ts';
import { type ExampleServer, startExampleServer } from './example-server.ts';
import { changesIn, type ExampleChange, readChanges, readShop, reviewOf, type Shop } from './example-shop.ts';

/** What `netsluice example` was told, and whom it speaks to. */
export interface ExampleRun {
  readonly version: string;
  /** `walk` ends after the changes, `stay` goes on serving, a file is tried instead of them. */
  readonly mode: 'walk' | 'stay' | { readonly file: string; readonly action: 'apply' | 'delete' };
  /** Answers: standard output. */
  readonly print: (text: string) => void;
  /** What is going on: standard error. */
  readonly tell: (text: string) => void;
  readonly paint: Paint;
  /** Resolves when the person wants to end. */
  readonly untilStopped: () => Promise<void>;
}

const EXIT_DONE = 0;
const EXIT_FAILED = 3;

/** Free on most machines, so that what is read about it can be copied; any other port will do too. */
const usualPort = 9443;

/** Serves the example shop over TLS and puts the example's changes, or somebody's file, before it. Returns the exit code. */
export async function runExample(run: ExampleRun): Promise<number> {
  try {
    const shop = readShop();
    const asked = questions(run, shop);
    const ports = typeof run.mode === 'object' ? [0] : [usualPort, 0];
    const server = await startExampleServer(shop, run.version, ports);
    run.tell(`serving the example shop on https://localhost:${server.port}/validate`);
    try {
      run.print(typeof run.mode === 'object' ? '' : introduction(shop));
      for (const change of asked) run.print(await answered(change, server, run.paint));
      if (run.mode === 'stay') {
        run.print(invitation(asked, server));
        await run.untilStopped();
      }
    } finally {
      await server.stop();
    }
    return EXIT_DONE;
  } catch (error) {
    run.tell(error instanceof Error ? error.message : String(error));
    return EXIT_FAILED;
  }
}

function questions({ mode, tell }: ExampleRun, shop: Shop): ExampleChange[] {
  if (typeof mode === 'string') return readChanges(shop);
  const { changes, others } = submitted(mode, shop);
  if (others.length > 0) tell(`only NetworkPolicies are asked about here; left out: ${others.join(', ')}`);
  if (changes.length === 0)
    throw new Error(`There is no networking.k8s.io/v1 NetworkPolicy in ${mode.file}.`);
  return changes;
}

function submitted({ file, action }: Exclude<ExampleRun['mode'], string>, shop: Shop) {
  try {
    return changesIn({ file, yaml: readFileSync(file, 'utf8'), action }, shop);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} cannot be tried: ${reason}.`, { cause: error });
  }
}

function introduction({ events, policies }: Shop): string {
  const count = (kind: string): number =>
    events.filter((event) => event.type === 'put' && event.object.kind === kind).length;
  const workloads = events.filter((event) => event.type === 'put' && 'template' in event.object).length;
  return [
    `The example shop: ${workloads} workloads with ${count('Pod')} pods in ${count('Namespace')} namespaces, ${policies.size} network policies.`,
    'Each change below is put before the webhook as the API server would do it; none is kept.',
    '',
  ].join('\n');
}

/** The file's comment, the command and what kubectl would print. */
async function answered(change: ExampleChange, server: ExampleServer, paint: Paint): Promise<string> {
  const { file, operation, namespace, name, comment } = change;
  const response = get(await server.ask(reviewOf(change)), 'response');
  const rejected = get(response, 'allowed') !== true;
  const outcome: Outcome = {
    ...{ operation, file, namespace, name, warnings: texts(get(response, 'warnings')) },
    rejection: rejected ? (text(get(response, 'status', 'message')) ?? '') : null,
  };
  const verb = operation === 'DELETE' ? 'delete' : 'apply';
  return [
    ...comment.map((line) => paint.dim(`# ${line}`)),
    paint.bold(`$ kubectl ${verb} -f ${file}`),
    kubectlText(outcome, paint),
    '',
  ].join('\n');
}

/** How to go on, with commands that work as they stand. */
function invitation([first]: readonly ExampleChange[], server: ExampleServer): string {
  const body = join(server.folder, 'review.json');
  if (first !== undefined) writeFileSync(body, `${JSON.stringify(reviewOf(first), null, 2)}\n`);
  return [
    'Try your own file against the shop, in another terminal:',
    '  node dist/main.js example --try FILE.yaml            as kubectl apply would',
    '  node dist/main.js example --try FILE.yaml --delete   as kubectl delete would',
    '',
    'Or send an AdmissionReview to the webhook that is running here:',
    `  curl --cacert ${server.caFile} -H 'Content-Type: application/json' \\`,
    `    --data @${body} https://localhost:${server.port}/validate`,
    '',
    'Ctrl-C ends it.',
  ].join('\n');
}
