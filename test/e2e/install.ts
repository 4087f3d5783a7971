import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Cluster } from '../control-plane/cluster.ts';
import type { PodImage } from '../control-plane/kubelet-container.ts';
import { ensureImage } from '../image/image.ts';

/** What a program printed and its exit code. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CHART = join(process.cwd(), 'charts', 'netsluice');
export const RELEASE = 'netsluice';
export const NAMESPACE = 'netsluice-system';

/** The image as it was built from the Dockerfile, for the stand-in of the kubelet. */
export async function addOnImage(): Promise<PodImage> {
  const { rootfs, config } = await ensureImage();
  const { Entrypoint: entrypoint, Env: env, User: user, WorkingDir: workingDir } = config;
  return { rootfs, entrypoint, command: [], env, user, workingDir };
}

/** Runs Helm itself as the administrator; resolves whatever its exit code. */
export function helm(cluster: Cluster, args: readonly string[], values?: unknown): Promise<CommandResult> {
  const home = join(dirname(cluster.logs), 'helm');
  const given = values === undefined ? [] : ['--values', '-'];
  const child = spawn(cluster.binaries.helm, [...args, ...given], {
    // A home of its own: no plugin, repository or cache of the user's has a say.
    env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: cluster.kubeconfig, TZ: 'UTC' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.once('error', () => undefined);
  child.stdin.end(values === undefined ? '' : JSON.stringify(values));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** The result as it is when Helm succeeded; throws what it printed when not. */
export function fine(result: CommandResult, what: string): CommandResult {
  if (result.code === 0) return result;
  throw new Error(`${what}: exit code ${result.code}\n${result.stdout}${result.stderr}`);
}

export interface Place {
  readonly release?: string;
  readonly namespace?: string;
}

/** `helm VERB RELEASE CHART`, waiting until all of it is ready. */
export async function deploy(
  cluster: Cluster,
  verb: 'install' | 'upgrade',
  values: unknown,
  { release = RELEASE, namespace = NAMESPACE }: Place = {},
): Promise<CommandResult> {
  const args = [verb, release, CHART, '-n', namespace, '--create-namespace', '--wait', '--timeout', '90s'];
  return fine(
    await helm(
      cluster,
      verb === 'install' ? args : args.filter((arg) => arg !== '--create-namespace'),
      values,
    ),
    `helm ${verb}`,
  );
}
