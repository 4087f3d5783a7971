/** Lets one review after the other through, with a turn of the event loop between them. */
export interface Turnstile {
  /** Null at once when too many wait already. */
  readonly enter: () => Waiting | null;
}

export interface Waiting {
  /** Resolves when it is the caller's turn. */
  readonly turn: Promise<void>;
  /** Goes before all who are not in a hurry; without effect once the turn has come. */
  readonly hurry: () => void;
}

/**
 * A review holds the event loop until it is done. The turn in between lets health checks, handshakes and watch
 * events through, however many requests wait.
 *
 * @param max how many may wait; requests whose body is still being read do not count, or slow senders would
 * shut everybody else out.
 */
export function makeTurnstile(max: number): Turnstile {
  const patient = new Set<() => void>();
  const hurried = new Set<() => void>();
  let moving = false;

  function next(): void {
    const line = hurried.size > 0 ? hurried : patient;
    const [go] = line;
    moving = go !== undefined;
    if (go === undefined) return;
    line.delete(go);
    go();
    setImmediate(next);
  }

  function enter(): Waiting | null {
    if (patient.size + hurried.size >= max) return null;
    let hurry = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      const go = (): void => resolve();
      patient.add(go);
      hurry = () => {
        if (patient.delete(go)) hurried.add(go);
      };
      if (moving) return;
      moving = true;
      setImmediate(next);
    });
    return { turn, hurry };
  }

  return { enter };
}
