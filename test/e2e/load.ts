import type { Cluster } from '../control-plane/cluster.ts';

const WORKERS = 6;
/** Hang ceilings: a load that reaches one of them fails its test. */
const CALLS_MAX = 50_000;
const TIME_MAX_MS = 90_000;
/** So many answers before the disturbance, and so many after it. */
const CALLS_AROUND = 150;

/** What a disturbance may ask of the load. */
export interface Load {
  /** Resolves after so many more answers. */
  answers(count: number): Promise<void>;
  /** Adds workers, so that the API server needs new connections. */
  grow(workers: number): void;
}

/** Sends writes in turn, all the time, over connections that are kept, until the disturbance is over. */
export async function underLoad(
  cluster: Cluster,
  path: string,
  bodies: readonly unknown[],
  disturb: (load: Load) => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const answers = new Map<string, number>();
  const deadline = Date.now() + TIME_MAX_MS;
  let sent = 0;
  let answered = 0;
  let over = false;

  async function work(): Promise<void> {
    while (!over) {
      if (sent >= CALLS_MAX || Date.now() > deadline) throw new Error(`the load did not end: ${sent} calls`);
      const body = bodies[sent % bodies.length];
      sent += 1;
      const { status, text } = await cluster.request('POST', `${path}?dryRun=All`, { body });
      const { message } = JSON.parse(text) as { readonly message?: string };
      const answer = `${status} ${message ?? ''}`.trim().replace(/\bref [0-9a-f]{8}\b/, 'ref ########');
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      answered += 1;
    }
  }

  const more = async (count: number) => {
    const goal = answered + count;
    await cluster.waitFor(() => answered >= goal, `${count} more answers`);
  };
  const workers: Promise<void>[] = [];
  const grow = (count: number) => void workers.push(...Array.from({ length: count }, work));
  grow(WORKERS);
  try {
    await more(CALLS_AROUND);
    await disturb({ answers: more, grow });
    await more(CALLS_AROUND);
  } finally {
    over = true;
    await Promise.all(workers);
  }
  return answers;
}
