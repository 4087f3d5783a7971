import { type Contract, contractsOf } from '../review/contract.ts';
import type { ContractState } from '../review/contract-state.ts';
import type { Settings } from '../review/settings.ts';

/** What comes together is judged once; milliseconds. */
const gatherMs = 10_000;
/** A contract is told as broken when it is so for that long: a change in two steps breaks it for a moment only. */
const patienceMs = 30_000;

interface Known {
  readonly state: ContractState;
  readonly brokenSince: number | null;
  readonly told: boolean;
}

/** The last state of every contract of the settings. Pure: time is given. */
export class ContractWatch {
  private readonly tell: (state: ContractState) => void;
  private readonly known = new Map<string, Known>();
  private queue: Contract[] = [];
  private due = Number.POSITIVE_INFINITY;

  constructor(tell: (state: ContractState) => void) {
    this.tell = tell;
  }

  /** The cluster or the settings changed. */
  touch(now: number): void {
    this.due = Math.min(this.due, now + gatherMs);
  }

  /** The next contract to be judged now, or null. */
  take(now: number, settings: Settings): Contract | null {
    if (now >= this.due) {
      this.due = Number.POSITIVE_INFINITY;
      this.queue = [...contractsOf(settings.contracts)];
      const names = new Set(this.queue.map(({ name }) => name));
      for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name);
    }
    return this.queue.shift() ?? null;
  }

  /** Takes what was judged. */
  note(state: ContractState, now: number): void {
    const { name } = state.contract;
    const before = this.known.get(name);
    if (state.state !== 'broken') {
      this.known.set(name, { state, brokenSince: null, told: false });
      return;
    }
    const brokenSince = before?.brokenSince ?? now;
    const lasting = now - brokenSince >= patienceMs;
    if (!lasting) this.due = Math.min(this.due, brokenSince + patienceMs);
    if (lasting && before?.told !== true) this.tell(state);
    this.known.set(name, { state, brokenSince, told: lasting || before?.told === true });
  }

  states(): readonly ContractState[] {
    return [...this.known.values()].map(({ state }) => state);
  }
}
