import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { Command, CommanderError } from 'commander';
import { runContractTest } from '../../src/cli/contract-test.ts';
import { contractTestCommand } from '../../src/cli/contract-test-command.ts';
import { runLint } from '../../src/cli/lint.ts';
import { lintCommand } from '../../src/cli/lint-command.ts';
import { runRollout } from '../../src/cli/rollout.ts';
import { rolloutCommand } from '../../src/cli/rollout-command.ts';
import { plain } from '../../src/report/terminal.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** How far long work is; what is long depends on what else the machine does. */
const progress = /^netsluice: [a-z ]+ … \d+ of \d+\n/gm;

/** Runs the built program as a user would, in the repository's root. */
export function spawned(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Ended> {
  return started(args, { env, input, cwd: '.' });
}

/** The same in another directory. */
export function spawnedIn(cwd: string, args: readonly string[]): Promise<Ended> {
  return started(args, { env: {}, input: '', cwd });
}

function started(
  args: readonly string[],
  { env, input, cwd }: { readonly env: NodeJS.ProcessEnv; readonly input: string; readonly cwd: string },
): Promise<Ended> {
  if (!existsSync('dist/main.js')) throw new Error('dist/main.js is missing; run `npm run build` first');
  const { PATH = '' } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [resolvePath('dist/main.js'), ...args], {
      env: { PATH, ...env },
      cwd,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    child
      .once('error', reject)
      .once('close', (code) => resolve({ code, out, err: err.replaceAll(progress, '') }));
    child.stdin.end(input);
  });
}

/** The same in this process, which saves starting one; wired as main.ts does. Always the 15th of June 2026. */
export async function netsluice(args: readonly string[]): Promise<Ended> {
  let [code, out, err] = [0, '', ''];
  const printing = {
    write: (file: string | null, text: string): void => {
      if (file === null) out += `${text}\n`;
      else writeFileSync(file, `${text}\n`);
    },
    tell: (line: string): void => {
      err += `netsluice: ${line}\n`;
    },
    paint: plain,
  };
  const output = {
    writeErr: (text: string): void => {
      err += text;
    },
  };
  const test = contractTestCommand((plan) => {
    code = runContractTest(plan, printing);
  });
  const rollout = rolloutCommand(async (plan) => {
    const timing = { now: () => performance.now(), today: () => '2026-06-15' };
    code = await runRollout(plan, printing, timing);
  });
  const lint = lintCommand((plan) => {
    code = runLint(plan, printing, { version: '0.0.0', today: '2026-06-15', now: () => 0, width: null });
  });
  const program = new Command('netsluice');
  for (const command of [test, rollout, lint])
    program.addCommand(command.exitOverride().configureOutput(output));
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = 2;
  }
  return { code, out, err };
}

/** A folder of its own with these files; returns its path. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
