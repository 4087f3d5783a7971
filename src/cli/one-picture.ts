import { setTimeout as pause } from 'node:timers/promises';
import { type ClusterSource, createClient } from '../cluster/client.ts';
import { systemClock } from '../cluster/clock.ts';
import type { WorldSink } from '../cluster/event-queue.ts';
import { ClusterError } from '../cluster/http-client.ts';
import { type LiveView, startLiveView } from '../cluster/live.ts';
import { askPlatform } from '../cluster/platform-config.ts';
import type { Detected } from '../model/detected.ts';
import { type ClusterObject, recordName, type WorldEvent } from '../model/objects.ts';
import type { Profile } from '../model/profile.ts';
import type { Freshness } from '../model/review.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { detectedLive } from './detected.ts';

/** A cluster as it was at one moment. */
export interface Pictured {
  readonly world: ClusterWorld;
  readonly freshness: Freshness;
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
  /** What was found out about the network plugin. */
  readonly detected: Detected;
}

interface Waiting {
  /** How long to wait for the lists. */
  readonly waitMs: number;
  /** Told what is waited for, when it takes longer than a second. */
  readonly tell: (line: string) => void;
}

const lookEveryMs = 50;
const tellEveryMs = 2000;

/**
 * Lists what the world is made of once, by the live view, and ends it.
 *
 * @param profile What to make of the network plugin that was detected.
 */
export async function pictureOnce(
  source: ClusterSource,
  profile: (detected: Detected) => Profile,
  waiting: Waiting,
): Promise<Pictured | { readonly problem: string }> {
  try {
    const client = await createClient(source);
    // The live view would try again for ever; who asks on a command line wants to know at once.
    const signal = AbortSignal.timeout(waiting.waitMs);
    const answer = await client.get('/version', {}, { signal, accept: 'application/json' });
    for await (const _ of answer.body);
    const asked = askPlatform(client);
    const sink = new Gathered();
    const quiet = () => undefined;
    const live = startLiveView({ client, sink, clock: systemClock, log: { info: quiet, warn: quiet } });
    try {
      const problem = await untilReady(live, waiting);
      if (problem !== null) return problem;
      const freshness = live.freshness();
      const detected = detectedLive(sink.objects(), await asked, freshness.absent);
      const world = worldOf(
        profile(detected),
        sink.objects().map((object) => ({ type: 'put', object })),
      );
      return { world, freshness, problems: [], detected };
    } finally {
      await live.stop();
    }
  } catch (error) {
    if (error instanceof ClusterError) return { problem: error.message };
    throw error;
  }
}

async function untilReady(
  live: LiveView,
  { waitMs, tell }: Waiting,
): Promise<{ readonly problem: string } | null> {
  for (let waited = 0, tellAt = 1000; !live.ready(); waited += lookEveryMs) {
    const missing = live.missing().join('; ');
    const denied = live.stats().filter(({ state }) => state === 'denied');
    // What is denied comes no sooner for being waited for.
    const hopeless =
      denied.length > 0 &&
      live.missing().every((line) => denied.some(({ resource }) => line.startsWith(`${resource}: `)));
    if (hopeless || waited >= waitMs) return { problem: `The cluster cannot be read: ${missing}.` };
    if (waited >= tellAt) {
      tell(`waiting for ${missing}`);
      tellAt += tellEveryMs;
    }
    await pause(lookEveryMs);
  }
  return null;
}

/** Keeps the last record of each object; the world is built once it is known which network plugin enforces it. */
class Gathered implements WorldSink {
  private readonly records = new Map<string, ClusterObject>();

  objects(): readonly ClusterObject[] {
    return [...this.records.values()];
  }

  apply(events: readonly WorldEvent[]): void {
    for (const event of events) {
      if (event.type === 'put')
        this.records.set(keyOf(event.object.kind, recordName(event.object)), event.object);
      else this.records.delete(keyOf(event.kind, event));
    }
  }

  /** Nobody asks before everything is there, so that nothing has to be built aside. */
  *applyAside(events: readonly WorldEvent[]): IterableIterator<void> {
    for (const event of events) {
      this.apply([event]);
      yield;
    }
  }
}

function keyOf(
  kind: string,
  { namespace, name }: { readonly namespace: string | null; readonly name: string },
): string {
  return `${kind} ${namespace ?? ''}/${name}`;
}
