import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built program as a user would, in the repository's root. */
export function netsluice(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Ended> {
  if (!existsSync('dist/main.js')) throw new Error('dist/main.js is missing; run `npm run build` first');
  const { PATH = '' } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['dist/main.js', ...args], { env: { PATH, ...env } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    child.once('error', reject).once('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

/** A folder of its own with these files; returns its path. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
