// Processes that a section starts, and what the kernel knows of them.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Runs a module of this folder to its end. */
export async function runToEnd(file, args, execArgv = []) {
  const child = spawn(process.execPath, [...execArgv, pathOf(file), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${file} ended with ${code ?? signal}`);
}

/** Runs a module of this folder and gives the one message that it sends. */
export async function answerOf(file, args, execArgv = []) {
  const { child, message } = await startAndHear(file, args, execArgv);
  if (child.exitCode === null) child.kill();
  return message;
}

/** Starts a module of this folder; resolves with its first message. */
export async function startAndHear(file, args, execArgv = []) {
  const child = fork(pathOf(file), args, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${file} ended with ${code ?? signal}`);
  });
  ended.catch(() => undefined);
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return { child, message };
}

/** What the kernel says of a process's memory, in MiB: at the moment and at most. */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const value = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { rss: value('VmRSS'), peak: value('VmHWM') };
}
