/** How many steps pass between two looks at the deadline. */
const stepsPerLook = 1024;

/**
 * Bounds one evaluation. Steps are counted, so that tests can assert them; the deadline is asked for every 1,024
 * steps. A spent budget stays spent, and whoever stops because of it says what was left out.
 */
export class Budget {
  readonly stepsMax: number;
  private readonly expired: () => boolean;
  private used = 0;
  private nextLook = 0;
  private over: 'steps' | 'time' | null = null;

  constructor(stepsMax: number, expired: () => boolean) {
    this.stepsMax = stepsMax;
    this.expired = expired;
  }

  /** Takes steps; false once the budget is spent. */
  spend(steps: number): boolean {
    if (this.over !== null) return false;
    this.used += steps;
    if (this.used > this.stepsMax) this.over = 'steps';
    else if (this.used >= this.nextLook) {
      this.nextLook = this.used + stepsPerLook;
      if (this.expired()) this.over = 'time';
    }
    return this.over === null;
  }

  /** Asks for the deadline now, for what takes long without taking steps; false once the budget is spent. */
  look(): boolean {
    if (this.over === null && this.expired()) this.over = 'time';
    return this.over === null;
  }

  get steps(): number {
    return this.used;
  }

  /** What ran out, or null. */
  get spent(): 'steps' | 'time' | null {
    return this.over;
  }
}

/** A budget without bounds, for work that may take as long as it needs. */
export function unbounded(): Budget {
  return new Budget(Number.POSITIVE_INFINITY, () => false);
}
