#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { runConnections } from './cli/connections.ts';
import { connectionsCommand } from './cli/connections-command.ts';
import { type ContractTestPlan, type Printing, runContractTest } from './cli/contract-test.ts';
import { contractTestCommand } from './cli/contract-test-command.ts';
import type { ExampleRun } from './cli/example.ts';
import { exampleCommand } from './cli/example-command.ts';
import type { ExplainPlan } from './cli/explain.ts';
import { explainCommand } from './cli/explain-command.ts';
import { runLint } from './cli/lint.ts';
import { lintCommand } from './cli/lint-command.ts';
import type { LintPlan } from './cli/lint-plan.ts';
import { runPodsFor } from './cli/pods-for.ts';
import { runPoliciesFor } from './cli/policies-for.ts';
import { podsForCommand, policiesForCommand } from './cli/policies-for-command.ts';
import { type RolloutPlan, runRollout } from './cli/rollout.ts';
import { rolloutCommand } from './cli/rollout-command.ts';
import { selftest } from './cli/selftest.ts';
import { type SelftestRun, selftestCommand } from './cli/selftest-command.ts';
import { serveCommand } from './cli/serve-command.ts';
import type { SnapshotPlan } from './cli/snapshot.ts';
import { snapshotCommand } from './cli/snapshot-command.ts';
import { runTrace } from './cli/trace.ts';
import { traceCommand } from './cli/trace-command.ts';
import { createClient } from './cluster/client.ts';
import { type Flags, readServeConfig } from './config.ts';
import { paintFor } from './report/terminal.ts';
import { decodeSettings, defaultSettings } from './review/settings.ts';
import { rules } from './rules/registry.ts';

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

const ruleIds = rules.map(({ id }) => id);

function printError(line: string): void {
  process.stderr.write(`netsluice: ${line}\n`);
}

/** package.json stands beside both src/ and dist/. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? '0.0.0';
}

async function runServe(flags: Flags): Promise<void> {
  const read = readServeConfig(flags);
  if ('problem' in read) {
    for (const line of read.problem.split('\n')) printError(line);
    process.exitCode = EXIT_USAGE;
    return;
  }
  // Loaded late: what serves is most of the program, and the other commands do without it.
  const [{ serve }, { openPicture }, { startScan }, { openObjects }] = await Promise.all([
    import('./cli/serve.ts'),
    import('./cli/picture.ts'),
    import('./cli/serve-scan.ts'),
    import('./cli/serve-certificates.ts'),
  ]);
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

function runTest(plan: ContractTestPlan): void {
  process.exitCode = runContractTest(plan, printing);
}

function runLintPlan(plan: LintPlan): void {
  process.exitCode = runLint(plan, printing, {
    version: version(),
    today: new Date().toISOString().slice(0, 10),
    width: process.stdout.isTTY ? process.stdout.columns : null,
  });
}

async function runRolloutAndEnd(plan: RolloutPlan): Promise<void> {
  const code = await runRollout(plan, printing, {
    now: () => performance.now(),
    today: () => new Date().toISOString().slice(0, 10),
  });
  // Kept connections must not hold the process; what was printed must be out before it ends.
  process.stdout.write('', () => process.exit(code));
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

/** Ends with the code of a command; kept connections must not hold the process, and what was printed must be out. */
async function endWith(run: Promise<number>): Promise<void> {
  const code = await run;
  process.stdout.write('', () => process.exit(code));
}

const program = new Command('netsluice')
  .description('Knows what a Kubernetes NetworkPolicy will do before it does it.')
  .version(version())
  .showSuggestionAfterError()
  .exitOverride()
  .addCommand(serveCommand(runServe).exitOverride())
  .addCommand(connectionsCommand((plan) => endWith(runConnections(plan, printing))).exitOverride())
  .addCommand(lintCommand(runLintPlan).exitOverride())
  .addCommand(traceCommand((plan) => endWith(runTrace(plan, printing))).exitOverride())
  .addCommand(policiesForCommand((plan) => endWith(runPoliciesFor(plan, printing))).exitOverride())
  .addCommand(explainCommand((plan) => endWith(explain(plan))).exitOverride())
  .addCommand(podsForCommand((plan) => endWith(runPodsFor(plan, printing))).exitOverride())
  .addCommand(contractTestCommand(runTest).exitOverride())
  .addCommand(rolloutCommand(runRolloutAndEnd).exitOverride())
  .addCommand(snapshotCommand((plan) => endWith(saveSnapshot(plan))).exitOverride())
  .addCommand(exampleCommand(runWalk).exitOverride())
  .addCommand(selftestCommand(runSelftest).exitOverride());

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
