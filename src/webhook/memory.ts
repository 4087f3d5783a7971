import { totalmem } from 'node:os';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** From this share of the memory on, new analysis is refused: answers that say so are better than a killed process. */
const FULL = 0.85;

/** Bytes. */
export interface MemoryReading {
  /** What the last full collection left: what became garbage since then counts for nothing. */
  readonly heapUsed: number;
  /** The most the heap may grow to (`--max-old-space-size`). */
  readonly heapMax: number;
  /** What is held beside the heap, bodies that are being read above all. */
  readonly outside: number;
  /** What the container may use in all; null without a limit. */
  readonly containerMax: number | null;
}

/** The share of the memory that is in use, of heap or container, whichever is fuller; 1 is the end. */
export function memoryShare(reading: MemoryReading): number {
  const heap = reading.heapUsed / reading.heapMax;
  const all = reading.heapUsed + reading.outside;
  return reading.containerMax === null ? heap : Math.max(heap, all / reading.containerMax);
}

/** May no new analysis begin? */
export function isMemoryFull(share: number): boolean {
  return share >= FULL;
}

export interface MemoryWatch {
  /** See `memoryShare`. */
  readonly share: () => number;
  readonly stop: () => void;
}

/** "If there is no constraint, or the constraint is unknown, 0 is returned"; without a cgroup limit it is huge. */
function containerMax(): number | null {
  const bytes = process.constrainedMemory();
  return bytes > 0 && bytes < totalmem() ? bytes : null;
}

/** Watches the memory of this process. */
export function watchMemory(): MemoryWatch {
  let heapUsed = 0;
  // The heap may be nine tenths garbage just before V8 collects it; only what a full collection leaves is in use.
  const observer = new PerformanceObserver((list) => {
    const full = list.getEntries().some((entry) => 'detail' in entry && isFullCollection(entry.detail));
    if (full) heapUsed = process.memoryUsage().heapUsed;
  });
  observer.observe({ entryTypes: ['gc'] });
  const limits = { heapMax: getHeapStatistics().heap_size_limit, containerMax: containerMax() };
  return {
    // Asked for each request: `process.memoryUsage` would also ask the kernel how much memory the process has.
    share: () => memoryShare({ ...limits, heapUsed, outside: getHeapStatistics().external_memory }),
    stop: () => observer.disconnect(),
  };
}

function isFullCollection(detail: unknown): boolean {
  const isObject = typeof detail === 'object' && detail !== null;
  return isObject && 'kind' in detail && detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
