/** `npm run soak`, as it is called from a shell: outside of the test runner the same comparison takes half the time. */
import { spawnSync } from 'node:child_process';

export interface SoakRun {
  readonly status: number | null;
  readonly stderr: string;
  readonly lines: readonly string[];
}

export function soak(args: readonly string[], environment: Readonly<Record<string, string>> = {}): SoakRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['.setup/soak.mjs', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return { status, stderr, lines: stdout.trimEnd().split('\n') };
}

/** How often something was met, by its name. */
export function counted({ lines }: SoakRun): ReadonlyMap<string, number> {
  return new Map(
    lines.flatMap((line) => {
      const [, count, name] = /^ *(\d+) {2}(.+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(count)]];
    }),
  );
}
