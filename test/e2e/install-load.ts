import type { Cluster } from '../control-plane/cluster.ts';

/** So many calls a second are sent, whatever becomes of the earlier ones ... */
const RATE = 75;
/** ... unless so many wait for their answers: a machine that cannot keep up must not be buried. */
const OPEN_MAX = 40;
const TICK_MS = 10;
/** Hang ceiling: a load that lasts longer fails its test. */
const TIME_MAX_MS = 120_000;
/** So many answers before the disturbance, and so many after it. */
const CALLS_AROUND = 100;

export interface LoadAnswer {
  /** Its place in the order in which the calls were sent. */
  readonly call: number;
  /** Status and message, see withoutChance. */
  readonly text: string;
}

export interface PacedLoad {
  /** Resolves after so many more answers. */
  answers(count: number): Promise<void>;
  /** Calls that were sent so far. */
  sent(): number;
}

export interface LoadResult {
  readonly answers: readonly LoadAnswer[];
  readonly perSecond: number;
  /** How often each answer came. */
  readonly counts: ReadonlyMap<string, number>;
}

/** The ref, and the line that says that time ran out: it does on a busy machine, and the call was answered all the same. */
function withoutChance(text: string): string {
  return text.replace(/\bref [0-9a-f]{8}\b/, 'ref ########').replace(/^\[partial\] .*\n/m, '');
}

/**
 * Creates the objects in turn, all of them dry runs, at a steady rate until the disturbance is over. A caller that
 * waits for each answer would send least when things go worst; this one does not wait.
 */
export async function pacedLoad(
  cluster: Cluster,
  path: string,
  bodies: readonly unknown[],
  disturb: (load: PacedLoad) => Promise<void>,
): Promise<LoadResult> {
  const answers: LoadAnswer[] = [];
  const open = new Set<Promise<void>>();
  const started = performance.now();
  let sent = 0;

  async function call(number: number): Promise<void> {
    const body = bodies[number % bodies.length];
    const text = await cluster.request('POST', `${path}?dryRun=All`, { body }).then(
      (answer) =>
        `${answer.status} ${(JSON.parse(answer.text) as { message?: string }).message ?? ''}`.trim(),
      (error: unknown) => `no answer: ${String(error)}`,
    );
    answers.push({ call: number, text: withoutChance(text) });
  }

  const ticker = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * RATE;
    for (; sent < due && open.size < OPEN_MAX; sent += 1) {
      const one = call(sent).finally(() => open.delete(one));
      open.add(one);
    }
  }, TICK_MS);
  const more = async (count: number) => {
    const goal = answers.length + count;
    await cluster.waitFor(() => answers.length >= goal, `${count} more answers`, TIME_MAX_MS);
  };
  try {
    await more(CALLS_AROUND);
    await disturb({ answers: more, sent: () => sent });
    await more(CALLS_AROUND);
  } finally {
    clearInterval(ticker);
    await Promise.all(open);
  }
  const counts = new Map<string, number>();
  for (const { text } of answers) counts.set(text, (counts.get(text) ?? 0) + 1);
  return { answers, counts, perSecond: answers.length / ((performance.now() - started) / 1000) };
}
