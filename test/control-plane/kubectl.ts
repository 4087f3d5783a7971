import { spawn } from 'node:child_process';

/** What a kubectl command printed and its exit code. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one kubectl command with the text as its standard input; resolves whatever its exit code. */
export function runKubectl(
  command: string,
  args: readonly string[],
  home: string,
  stdin: string,
): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    // Its own home, so that neither the user's kuberc and plugins nor another run's cache have a say.
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBERC: 'off', TZ: 'UTC' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    // A kubectl that fails early closes its end; its exit code says so, the broken pipe adds nothing.
    child.stdin.once('error', () => undefined);
    child.stdin.end(stdin);
  });
}

/** The result as it is when the command succeeded; throws what it printed when not. */
export function succeeded(result: KubectlResult, what: string): KubectlResult {
  if (result.code === 0) return result;
  throw new Error(`${what}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
}
