/** From the first touch of a namespace until its turn: what comes together is looked at once. Milliseconds. */
const gatherMs = 20_000;
/** Everything is looked at again after so long, whatever events told. */
const fullPassMs = 6 * 60 * 60 * 1000;

/** Which namespaces are to be looked at, and when. Pure: time is given. */
export class Agenda {
  private readonly due = new Map<string, number>();
  private nextFullPass = Number.NEGATIVE_INFINITY;

  /** Something happened in the namespace; its turn comes within 20 s, sooner if it was due already. */
  touch(namespace: string, now: number): void {
    this.at(namespace, now + gatherMs);
  }

  /** Its turn comes at this time at the latest. */
  at(namespace: string, time: number): void {
    this.due.set(namespace, Math.min(time, this.due.get(namespace) ?? Number.POSITIVE_INFINITY));
  }

  /** Everything is due now; true once every six hours, the first time at once. */
  isFullPassDue(now: number): boolean {
    if (now < this.nextFullPass) return false;
    this.nextFullPass = now + fullPassMs;
    return true;
  }

  /** The namespace that is due longest, or null; it is off the agenda then. */
  take(now: number): string | null {
    let chosen: string | null = null;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [namespace, time] of this.due) {
      if (time > now || time > earliest || (time === earliest && chosen !== null && chosen < namespace))
        continue;
      chosen = namespace;
      earliest = time;
    }
    if (chosen !== null) this.due.delete(chosen);
    return chosen;
  }

  /** How many namespaces wait for their turn. */
  get size(): number {
    return this.due.size;
  }
}
