/** Lets one review after the other through, with a turn of the event loop between them. */
export interface Turnstile {
  /**
   * Resolves with true when it is the caller's turn, with false when it had to leave before; null at once when too
   * many wait already.
   */
  readonly enter: () => Waiting | null;
}

export interface Waiting {
  readonly turn: Promise<boolean>;
  /** Gives the place up; without effect once the turn has come. */
  readonly leave: () => void;
}

/**
 * A review holds the event loop until it is done. The turn in between lets health checks, handshakes and watch
 * events through, however many requests wait.
 *
 * @param max how many may wait; requests whose body is still being read do not count, or slow senders would
 * shut everybody else out.
 */
export function makeTurnstile(max: number): Turnstile {
  const waiting = new Set<(mine: boolean) => void>();
  let moving = false;

  function next(): void {
    const [go] = waiting;
    moving = go !== undefined;
    if (go === undefined) return;
    waiting.delete(go);
    go(true);
    setImmediate(next);
  }

  function enter(): Waiting | null {
    if (waiting.size >= max) return null;
    let leave = (): void => undefined;
    const turn = new Promise<boolean>((resolve) => {
      waiting.add(resolve);
      leave = () => {
        if (waiting.delete(resolve)) resolve(false);
      };
      if (moving) return;
      moving = true;
      setImmediate(next);
    });
    return { turn, leave };
  }

  return { enter };
}
