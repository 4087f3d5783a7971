import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a container runtime would be told by the image, in the words of the OCI image configuration. */
export interface ImageConfig {
  /** `uid:gid` */
  readonly User: string;
  /** `NAME=value` each */
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts?: Readonly<Record<string, unknown>>;
  readonly Healthcheck?: unknown;
}

export interface Image {
  /** Absolute path of the unpacked file system; shared with other runs, so only ever read it. */
  readonly rootfs: string;
  readonly config: ImageConfig;
  /** One entry per instruction of the Dockerfile and of its base. */
  readonly history: readonly { readonly created_by?: string }[];
}

/** The repository that the process was started in: compiled copies of this file lie elsewhere. */
export function repository(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'test', 'image', 'ensure-image.mjs'))) return folder;
    if (folder === dirname(folder))
      throw new Error(`no test/image above ${process.cwd()}: start this in a clone`);
  }
}

/**
 * The image of the checkout as it is now, built with buildah unless it is in the user's cache already. A build needs
 * root, and the network where package.json or the lock file changed. Rejects with one sentence that says what is
 * missing and how to get it.
 */
export async function ensureImage(): Promise<Image> {
  const script = join(repository(), 'test', 'image', 'ensure-image.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
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
  if (code !== 0) throw new Error(`image: ${said.split('image: ').at(-1)?.trim() ?? 'no reason given'}`);
  return JSON.parse(answer) as Image;
}
