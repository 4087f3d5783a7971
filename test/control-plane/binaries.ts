import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Absolute paths of the programs of the test control plane. */
export interface Binaries {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
  readonly kubectl: string;
  readonly kwok: string;
  readonly helm: string;
}

/**
 * The folder test/control-plane of the repository that the process was started in. Looked for from the working
 * directory, because compiled copies of this file lie elsewhere than the files it needs.
 */
export function controlPlaneFolder(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, 'test', 'control-plane');
    if (existsSync(join(candidate, 'ensure.mjs'))) return candidate;
    if (folder === dirname(folder)) {
      throw new Error(
        `no test/control-plane above ${process.cwd()}: start this inside a clone of the repository`,
      );
    }
  }
}

/**
 * Finds the programs in KUBEBUILDER_ASSETS or the per-user cache, or builds them once with Go, with progress on
 * stderr. Rejects with one sentence that says what is missing and how to get it.
 */
export async function ensureBinaries(): Promise<Binaries> {
  const child = spawn(process.execPath, [join(controlPlaneFolder(), 'ensure.mjs')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let answer = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    process.stderr.write(text);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  // The last thing it said is the reason; everything before it was progress.
  if (code !== 0)
    throw new Error(`control plane: ${said.split('control plane: ').at(-1)?.trim() ?? 'no reason given'}`);
  return JSON.parse(answer) as Binaries;
}
