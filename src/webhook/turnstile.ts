/** Lets one review after the other through, with a turn of the event loop between them. */
export interface Turnstile {
  /** Resolves when it is the caller's turn; null at once when too many wait already. */
  readonly enter: () => Promise<void> | null;
}

/**
 * A review holds the event loop until it is done. The turn in between lets health checks, handshakes and watch
 * events through, however many requests wait.
 *
 * @param max how many may wait; requests whose body is still being read do not count, or slow senders would
 * shut everybody else out.
 */
export function makeTurnstile(max: number): Turnstile {
  const waiting: (() => void)[] = [];
  let moving = false;

  function next(): void {
    const go = waiting.shift();
    moving = go !== undefined;
    if (go === undefined) return;
    go();
    setImmediate(next);
  }

  function enter(): Promise<void> | null {
    if (waiting.length >= max) return null;
    return new Promise((resolve) => {
      waiting.push(resolve);
      if (moving) return;
      moving = true;
      setImmediate(next);
    });
  }

  return { enter };
}
