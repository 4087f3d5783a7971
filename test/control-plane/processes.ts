import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its output is appended to NAME.log in this folder. */
  readonly logFolder: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Resolves with what ended it, `exit code 1` or `SIGKILL`, as soon as it has ended. */
  readonly exited: Promise<string>;
  readonly running: () => boolean;
  /** Sends the signal, waits, and sends SIGKILL when it is not gone after `ceilingMs` milliseconds. */
  readonly stop: (signal: NodeJS.Signals, ceilingMs?: number) => Promise<void>;
  /** The last lines of its log, to be shown when something went wrong. */
  readonly lastWords: () => string;
}

/**
 * The kernel kills a child started through this when its parent dies, however that happens. An 'exit' handler
 * would not do: Jest hands tests a copy of `process` whose 'exit' never comes, and SIGKILL asks nobody.
 */
function dieWithParent(command: string, args: readonly string[]): [string, string[]] {
  const wrapper = ['--pdeathsig', 'KILL'];
  const trial = spawnSync('setpriv', [...wrapper, 'true'], { stdio: 'ignore' });
  return trial.status === 0 ? ['setpriv', [...wrapper, command, ...args]] : [command, [...args]];
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts a program in the background. It gets no standard input and only PATH from the caller's environment. */
export function startProcess(options: ProcessOptions): ManagedProcess {
  const log = join(options.logFolder, `${options.name}.log`);
  const output = openSync(log, 'a');
  const [command, args] = dieWithParent(options.command, options.args);
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(output);
  const exited = whenEnded(child);
  children.add(child);
  void exited.then(() => children.delete(child));
  const running = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

  async function stop(signal: NodeJS.Signals, ceilingMs = 10_000): Promise<void> {
    if (!running()) return;
    child.kill(signal);
    const ceiling = setTimeout(() => child.kill('SIGKILL'), ceilingMs);
    await exited;
    clearTimeout(ceiling);
  }

  const lastWords = () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  return { name: options.name, pid: child.pid ?? -1, log, exited, running, stop, lastWords };
}
