// The processes of the bench: each is told things and answers, one question at a time.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Few of the objects of a large cluster ever go: a young generation of the usual size copies each of them twice. */
export const roomy = ['--max-old-space-size=6000', '--max-semi-space-size=128'];

/** Asks judge.mjs. @param {object} given see checkKept @param {(line: string) => void} tell */
export async function judged(given, tell) {
  const path = fileURLToPath(new URL('./judge.mjs', import.meta.url));
  const child = fork(path, [], { execArgv: roomy, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let found;
  child.on('message', (message) => {
    if (message.line !== undefined) tell(message.line);
    else ({ found } = message);
  });
  child.send(given);
  const [code] = await once(child, 'exit');
  if (found === undefined) throw new Error(`judge.mjs ended with ${code}`);
  return found;
}

/** Starts a module of this folder; resolves when it listens. */
export async function startProcess(file, args, execArgv = []) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  // What it logs goes to the null device, as into a pipe that somebody reads.
  const child = fork(path, args, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${code}`);
  });
  // Seen by whoever waits for an answer.
  ended.catch(() => undefined);
  const heard = async (command) => {
    for (;;) {
      const [message] = await Promise.race([once(child, 'message'), ended]);
      if (message.done === command) return message;
    }
  };
  const { port } = await heard('listen');
  return {
    port,
    ask: (command, more = {}) => {
      const answer = heard(command);
      child.send({ command, ...more });
      return answer;
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
