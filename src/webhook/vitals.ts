import type { Clock } from './clock.ts';
import { type LastCall, makeLastCall } from './last-call.ts';
import { watchLoop } from './loop-watch.ts';
import { isMemoryFull, watchMemory } from './memory.ts';
import type { Metrics } from './metrics.ts';

/** How this process itself fares. */
export interface Vitals {
  /** Is there too little memory left to begin anything? */
  readonly memoryFull: () => boolean;
  /** Why this process should be ended; null while it lives. */
  readonly deadly: () => string | null;
  readonly lastCall: LastCall;
  readonly stop: () => void;
}

/** Watches memory, event loop and calls. */
export function watchVitals(clock: Clock, metrics: Metrics): Vitals {
  const [memory, loop] = [watchMemory(), watchLoop(clock)];
  metrics.watchMemory(memory.share);
  return {
    memoryFull: () => isMemoryFull(memory.share()),
    deadly: loop.problem,
    lastCall: makeLastCall(clock, metrics.admissionSeen),
    stop: () => {
      memory.stop();
      loop.stop();
    },
  };
}
