#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { ContractTestPlan, Printing } from './cli/contract-test.ts';
import type { DiffPlan } from './cli/diff.ts';
import type { ExampleRun } from './cli/example.ts';
import type { ExplainPlan } from './cli/explain.ts';
import type { GeneratePlan } from './cli/generate.ts';
import type { LintPlan } from './cli/lint-plan.ts';
import type { Plan } from './cli/plan.ts';
import type { RolloutPlan } from './cli/rollout.ts';
import type { SelftestRun } from './cli/selftest-command.ts';
import type { SnapshotPlan } from './cli/snapshot.ts';
import type { Flags } from './config.ts';
import { paintFor } from './report/terminal.ts';

/*
 * How it hangs together. Each arrow is a call or a value; nothing else knows both ends.
 *
 *   flags, NETSLUICE_*          settings file           kube-apiserver, or manifests
 *          |                          |                             |
 *      config.ts           webhook/settings-file.ts       cluster/ (live, manifests)
 *          |                          |                             | events
 *          |                          |                          world/
 *          |                          | settings()                  | world
 *          +------------+             +-----------+-----------------+
 *                       |                         |
 *                       |               review/ (pure: request + world + settings -> Review)
 *                       |                         |
 *                   cli/serve.ts ---- webhook/start.ts
 *                                       |      |      \
 *                     POST /validate  app.ts  health.ts  tls.ts, self-dial.ts, drain.ts
 *                     over TLS                /livez /readyz /metrics
 *
 * Beside answering, serve-scan.ts runs scan/ over the same world and settings: what stands becomes metrics, and in
 * the leader Events and reports. serve-certificates.ts decides who leads, and keeps the certificate.
 *
 * Exit codes: 0 done or drained, 1 findings (other commands) or a second signal while draining, 2 wrong usage,
 * 3 could not start, read or analyse.
 */

const EXIT_FAILED_TEST = 1;
const EXIT_USAGE = 2;
const EXIT_FAILED = 3;

function printError(line: string): void {
  process.stderr.write(`netsluice: ${line}\n`);
}

/** package.json stands beside both src/ and dist/. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? '0.0.0';
}

async function runServe(flags: Flags): Promise<void> {
  const { readServeConfig } = await import('./config.ts');
  const read = readServeConfig(flags);
  if ('problem' in read) {
    for (const line of read.problem.split('\n')) printError(line);
    process.exitCode = EXIT_USAGE;
    return;
  }
  const [{ serve }, { openPicture }, { startScan }, { openObjects }] = await Promise.all([
    import('./cli/serve.ts'),
    import('./cli/picture.ts'),
    import('./cli/serve-scan.ts'),
    import('./cli/serve-certificates.ts'),
  ]);
  const [{ decodeSettings, defaultSettings }, { rules }] = await Promise.all([
    import('./review/settings.ts'),
    import('./rules/registry.ts'),
  ]);
  const ruleIds = rules.map(({ id }) => id);
  const started = await serve(read.config, {
    version: version(),
    defaultSettings,
    decodeSettings: (text) => decodeSettings(text, ruleIds),
    openPicture,
    startScan,
    openObjects,
    printError,
    onSignal: (run) => {
      process.on('SIGTERM', run);
      process.on('SIGINT', run);
    },
    onStray: (run) => process.on('unhandledRejection', run),
    exit: (code) => process.exit(code),
  });
  // What could not start must not stay because of a half-open handle.
  if (typeof started === 'number') process.exit(started);
}

async function runWalk(mode: ExampleRun['mode']): Promise<void> {
  const { runExample } = await import('./cli/example.ts');
  process.exitCode = await runExample({
    version: version(),
    mode,
    print: (text) => process.stdout.write(text === '' ? '' : `${text}\n`),
    tell: printError,
    paint: paintFor(process.stdout),
    untilStopped: () =>
      new Promise((resolve) => {
        process.once('SIGINT', resolve).once('SIGTERM', resolve);
      }),
  });
}

async function runSelftest({ plan, source }: SelftestRun): Promise<void> {
  const [{ selftest }, { createClient }] = await Promise.all([
    import('./cli/selftest.ts'),
    import('./cluster/client.ts'),
  ]);
  const passed = await selftest(plan, {
    client: await createClient(source),
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    print: (line) => process.stdout.write(`${line}\n`),
  });
  // Kept connections must not hold the process.
  process.exit(passed ? 0 : EXIT_FAILED_TEST);
}

const printing: Printing = {
  write: (file, text) => {
    if (file === null) process.stdout.write(`${text}\n`);
    else writeFileSync(file, `${text}\n`);
  },
  tell: printError,
  paint: paintFor(process.stdout),
};

async function runTest(plan: ContractTestPlan): Promise<void> {
  const { runContractTest } = await import('./cli/contract-test.ts');
  process.exitCode = runContractTest(plan, printing);
}

async function runLintPlan(plan: LintPlan): Promise<void> {
  const { runLint } = await import('./cli/lint.ts');
  process.exitCode = runLint(plan, printing, {
    version: version(),
    today: new Date().toISOString().slice(0, 10),
    now: () => performance.now(),
    // Some terminals do not know how wide they are, and say 0.
    width: process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : null,
  });
}

async function rollout(plan: RolloutPlan): Promise<number> {
  const { runRollout } = await import('./cli/rollout.ts');
  return runRollout(plan, printing, {
    now: () => performance.now(),
    today: () => new Date().toISOString().slice(0, 10),
  });
}

async function plan(asked: Plan): Promise<number> {
  const { runPlan } = await import('./cli/plan.ts');
  return runPlan(asked, printing, {
    now: () => performance.now(),
    today: new Date().toISOString().slice(0, 10),
  });
}

async function diff(plan: DiffPlan): Promise<number> {
  const { runDiff } = await import('./cli/diff.ts');
  return runDiff(plan, printing, { now: () => performance.now() });
}

async function saveSnapshot(plan: SnapshotPlan): Promise<number> {
  const { runSnapshot } = await import('./cli/snapshot.ts');
  return runSnapshot(plan, {
    version: version(),
    now: () => new Date(),
    terminal: process.stdout.isTTY,
    secret: () => randomBytes(32),
    save: (file, bytes) => {
      // Whoever may read the file knows the cluster.
      if (file === null) process.stdout.write(bytes);
      else writeFileSync(file, bytes, { mode: 0o600 });
    },
    tell: printError,
  });
}

async function explain(plan: ExplainPlan): Promise<number> {
  const { runExplain } = await import('./cli/explain.ts');
  // The pages ship beside src/ and dist/, as package.json does.
  const pages = new URL('../docs/rules/', import.meta.url);
  return runExplain(plan, printing, { pages, today: new Date().toISOString().slice(0, 10) });
}

async function generate(plan: GeneratePlan): Promise<number> {
  const { runGenerate } = await import('./cli/generate.ts');
  return runGenerate(plan, printing, new Date().toISOString().slice(0, 10));
}

/** Ends with the code of a command; kept connections must not hold the process, and what was printed must be out. */
async function endWith(run: Promise<number>): Promise<void> {
  const code = await run;
  process.stdout.write('', () => process.exit(code));
}

/** Each command loads what it needs and no more: most of the program is what serves. */
const commands: readonly (readonly [name: string, load: () => Promise<Command>])[] = [
  ['serve', async () => (await import('./cli/serve-command.ts')).serveCommand(runServe)],
  [
    'connections',
    async () =>
      (await import('./cli/connections-command.ts')).connectionsCommand(async (plan) => {
        const { runConnections } = await import('./cli/connections.ts');
        await endWith(runConnections(plan, printing));
      }),
  ],
  ['plan', async () => (await import('./cli/plan-command.ts')).planCommand((asked) => endWith(plan(asked)))],
  ['diff', async () => (await import('./cli/diff-command.ts')).diffCommand((plan) => endWith(diff(plan)))],
  ['lint', async () => (await import('./cli/lint-command.ts')).lintCommand(runLintPlan)],
  [
    'trace',
    async () =>
      (await import('./cli/trace-command.ts')).traceCommand(async (plan) => {
        const { runTrace } = await import('./cli/trace.ts');
        await endWith(runTrace(plan, printing));
      }),
  ],
  [
    'policies-for',
    async () =>
      (await import('./cli/policies-for-command.ts')).policiesForCommand(async (plan) => {
        const { runPoliciesFor } = await import('./cli/policies-for.ts');
        await endWith(runPoliciesFor(plan, printing));
      }),
  ],
  [
    'pods-for',
    async () =>
      (await import('./cli/policies-for-command.ts')).podsForCommand(async (plan) => {
        const { runPodsFor } = await import('./cli/pods-for.ts');
        await endWith(runPodsFor(plan, printing));
      }),
  ],
  [
    'explain',
    async () => (await import('./cli/explain-command.ts')).explainCommand((plan) => endWith(explain(plan))),
  ],
  [
    'generate',
    async () =>
      (await import('./cli/generate-command.ts')).generateCommand((plan) => endWith(generate(plan))),
  ],
  ['test', async () => (await import('./cli/contract-test-command.ts')).contractTestCommand(runTest)],
  [
    'rollout',
    async () => (await import('./cli/rollout-command.ts')).rolloutCommand((plan) => endWith(rollout(plan))),
  ],
  [
    'snapshot',
    async () =>
      (await import('./cli/snapshot-command.ts')).snapshotCommand((plan) => endWith(saveSnapshot(plan))),
  ],
  ['example', async () => (await import('./cli/example-command.ts')).exampleCommand(runWalk)],
  ['selftest', async () => (await import('./cli/selftest-command.ts')).selftestCommand(runSelftest)],
];

const program = new Command('netsluice')
  .description('Knows what a Kubernetes NetworkPolicy will do before it does it.')
  .version(version())
  .showSuggestionAfterError()
  .exitOverride();

const [, , first = ''] = process.argv;
const asked = commands.filter(([name]) => name === first);
// What is no command may be a slip for any of them, or ask for the list.
const loaded = asked.length > 0 || ['-V', '--version'].includes(first) ? asked : commands;
for (const [, load] of loaded) program.addCommand((await load()).exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed what is wrong already; help and version end with 0.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    printError(error instanceof Error ? error.message : String(error));
    process.exitCode = EXIT_FAILED;
  }
}
