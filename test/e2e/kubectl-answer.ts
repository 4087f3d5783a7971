import { expect } from '@jest/globals';
import type { KubectlResult } from '../control-plane/kubectl.ts';

/** The one thing in an answer that no test can know: the first characters of the request's uid. */
const REF = /\bref [0-9a-f]{8}\b/g;

/** What kubectl printed, with every ref made the same. */
export function masked({ code, stdout, stderr }: KubectlResult): KubectlResult {
  return { code, stdout, stderr: stderr.replaceAll(REF, 'ref ########') };
}

/** The lines kubectl prints for warnings, with the ref line that ends every answer that says something. */
export function warnings(...lines: readonly string[]): string {
  return lines.length === 0 ? '' : [...lines, 'ref ########'].map((line) => `Warning: ${line}\n`).join('');
}

/** What kubectl prints for a rejection: the verb it used, and netsluice's lines. */
export function rejection(doing: string, ...lines: readonly string[]): string {
  const text = [...lines, 'ref ########'].join('\n');
  const when = doing === '' ? '' : `error when ${doing} "STDIN": `;
  return `Error from server (Forbidden): ${when}admission webhook "validate.netsluice.dev" denied the request: ${text}\n`;
}

/** Compares everything kubectl printed, and its exit code: 1 if it said Error, else 0. */
export function expectAnswer(result: KubectlResult, stdout: string, stderr: string): void {
  const code = stderr.includes('Error from server') ? 1 : 0;
  expect(masked(result)).toEqual({ code, stdout, stderr });
}
