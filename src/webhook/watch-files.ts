import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from './clock.ts';

const SETTLE_MS = 100;
const POLL_MS = 5_000;

/**
 * Calls `look` some time after any of the files may have changed, and every five seconds anyway; the caller compares
 * contents. Directories are watched, never files: the kubelet writes a new directory and swaps the link `..data`,
 * so the file itself sees no event.
 *
 * @returns stops it.
 */
export function watchFiles(
  paths: readonly string[],
  look: () => void,
  clock: Clock,
  warn: (message: string) => void,
): () => void {
  let cancel: (() => void) | null = null;
  // A writer makes several events, and between two of them the files may not fit each other.
  const soon = () => {
    cancel?.();
    cancel = clock.after(SETTLE_MS, look);
  };
  const watchers: FSWatcher[] = [];
  for (const directory of new Set(paths.map((path) => dirname(path)))) {
    const failed = (error: Error) => warn(`${directory} is polled instead of watched: ${error.message}`);
    try {
      const watcher = watch(directory, soon);
      watcher.on('error', failed);
      watcher.unref();
      watchers.push(watcher);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  }
  const stopPolling = clock.every(POLL_MS, look);
  return () => {
    cancel?.();
    stopPolling();
    for (const watcher of watchers) watcher.close();
  };
}
