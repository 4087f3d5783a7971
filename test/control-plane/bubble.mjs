// Runs a command in a bubble: a network and process namespace of its own, in which every 10.x address is this
// host, so that a program can listen on the address of the pod it stands for, ports never clash with anything
// outside, and no process outlives the command. `node test/control-plane/bubble.mjs npx jest test/e2e`
//
// Plain JavaScript because it starts the test runner, so nothing is there yet that could translate TypeScript.
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { ensurePrograms, MissingControlPlane } from './ensure.mjs';

// The shell stays process 1 of the bubble (no exec) because it collects orphans, which Node would not.
const INSIDE = [
  'ip link set lo up',
  'ip route add local 10.0.0.0/8 dev lo',
  'ip addr add 10.255.255.1/32 dev lo',
  '{ "$@"; exit $?; }',
].join(' && ');
const NAMESPACES = ['-n', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** @param {string} text */
const say = (text) => process.stderr.write(`bubble: ${text}\n`);

/**
 * The arguments for `unshare` that work here, or why none does. As root without -r: -r maps a single user, so a
 * program inside could not become another one, as the container image's user 65532 must.
 * @returns {{ args: string[] } | { refused: string }}
 */
function findBubble() {
  const attempts = process.getuid?.() === 0 ? [NAMESPACES, ['-r', ...NAMESPACES]] : [['-r', ...NAMESPACES]];
  let refused = '';
  for (const attempt of attempts) {
    const args = [...attempt, 'sh', '-c', INSIDE, 'sh'];
    const trial = spawnSync('unshare', [...args, 'true'], { encoding: 'utf8' });
    if (trial.status === 0) return { args };
    refused = trial.error?.message ?? trial.stderr.trim().split('\n')[0] ?? `exit code ${trial.status}`;
  }
  return { refused };
}

/** @param {string[]} command @param {string} bubble */
function run(command, bubble) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: { ...process.env, NETSLUICE_BUBBLE: bubble },
  });
  // Process 1 of a namespace is deaf to signals it has no handler for. Killing `unshare` ends the whole bubble.
  const end = bubble === 'yes' ? () => child.kill('SIGKILL') : () => child.kill('SIGTERM');
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, end);
  child.once('error', (error) => {
    say(`${program} did not start: ${error.message}`);
    process.exitCode = 127;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.off(name, end);
  });
}

async function main() {
  const command = process.argv.slice(2);
  if (command.length === 0) {
    say('usage: node test/control-plane/bubble.mjs COMMAND [ARGUMENT...]');
    process.exitCode = 2;
    return;
  }
  if (process.env.NETSLUICE_BUBBLE === 'yes') return run(command, 'yes');
  try {
    // Before the door closes: inside there is no network to fetch Go modules from.
    await ensurePrograms();
  } catch (error) {
    if (!(error instanceof MissingControlPlane)) throw error;
    say(error.message);
    process.exitCode = 1;
    return;
  }
  const bubble = findBubble();
  if ('args' in bubble) {
    say('running in a network of its own; every 10.x address is this host');
    return run(['unshare', ...bubble.args, ...command], 'yes');
  }
  say(`no network namespace to be had here (${bubble.refused}); running on loopback addresses only`);
  run(command, 'no');
}

await main();
