import { Budget } from '../impact/budget.ts';
import type { WorldEvent } from '../model/objects.ts';
import type { Freshness } from '../model/review.ts';
import { type Facts, factsOf } from '../platform/facts.ts';
import { type ContractState, judgeContracts } from '../review/contract-state.ts';
import { namespacesWithPolicies } from '../review/scan-policy.ts';
import type { Settings } from '../review/settings.ts';
import { type SettledReview, settledReview } from '../review/settled-review.ts';
import type { Rule } from '../rules/rule.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { Agenda } from './agenda.ts';
import { ContractWatch } from './contract-watch.ts';
import { Findings, type Found } from './findings.ts';
import { lookAtNamespace, type Moment, type NamespaceLook } from './namespace-look.ts';
import { Outlooks } from './outlook.ts';
import { Settling } from './settling.ts';
import { touchedBy } from './touched.ts';

/** A turn ends as soon as it took so long; no turn holds the event loop for more than 10 ms. */
const turnMs = 4;
/** What cannot be divided gets so long, and once more so long where that was not enough. */
const undividedMs: readonly number[] = [10, 100];
const stepsMax = 2_000_000;

/** The picture of the cluster, and what else a look at it depends on. */
export interface ScanSource {
  readonly world: () => ClusterWorld;
  /** Another number whenever the world is another one than before. */
  readonly version: () => number;
  /** Has everything been listed? Before that nothing is looked at. */
  readonly ready: () => boolean;
  readonly freshness: () => Freshness;
  readonly settings: () => Settings;
  /** Today in UTC as `YYYY-MM-DD`. */
  readonly today: () => string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What there is to tell of a namespace. */
export interface NamespaceNews {
  readonly namespace: string;
  /** Worth an Event: what is new, and now and then errors that stand still. */
  readonly tell: readonly Found[];
  readonly cured: readonly Found[];
  /** Everything that was told and stands. */
  readonly standing: readonly Found[];
}

/** Where results go. */
export interface ScanOutlet {
  readonly told: (news: NamespaceNews) => void;
  readonly settled: (namespace: string, review: SettledReview) => void;
  readonly contract: (state: ContractState) => void;
  /** What was not looked at, one line each; told after each look. */
  readonly gaps: (namespace: string, lines: readonly string[]) => void;
}

export interface ScanPlan {
  readonly source: ScanSource;
  readonly rules: readonly Rule[];
  readonly ownNamespace: string;
  readonly outlet: ScanOutlet;
}

/**
 * Keeps looking at the policies that are in force, a little with each turn. It reads no clock and writes nothing by
 * itself: time comes from the source, results go to the outlet.
 */
export class Scan {
  readonly findings = new Findings();
  readonly contracts: ContractWatch;
  private readonly plan: ScanPlan;
  private readonly agenda = new Agenda();
  private readonly settling = new Settling();
  private readonly outlooks = new Outlooks();
  /** Namespaces that are yet to be seen for the first time; null before the first pass began. */
  private unseen: Set<string> | null = null;
  private running: { readonly namespace: string; readonly look: Generator<void, NamespaceLook> } | null =
    null;
  private settings: Settings | null = null;
  private today = '';
  private moment: Moment | null = null;
  /** Namespaces whose errors are to be told once more, because everything is looked at. */
  private readonly again = new Set<string>();
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(plan: ScanPlan) {
    this.plan = plan;
    this.contracts = new ContractWatch(plan.outlet.contract);
  }

  /** Everything was looked at once since the start. */
  get isComplete(): boolean {
    return this.unseen?.size === 0;
  }

  /** How many namespaces wait for their turn. */
  get waiting(): number {
    return this.agenda.size + (this.running === null ? 0 : 1);
  }

  /** When the last look at a namespace ended; monotonic milliseconds. */
  get lastLook(): number {
    return this.lookedAt;
  }

  /** To be called before events are applied to the world. */
  noticed(events: readonly WorldEvent[]): void {
    if (this.unseen === null) return;
    const { world: current, now: clock } = this.plan.source;
    const [world, now] = [current(), clock()];
    this.contracts.touch(now);
    for (const event of events) {
      const touched = touchedBy(event, world);
      if (touched === 'all') this.everything(now);
      else for (const namespace of touched) this.touch(namespace, now);
      const policies = policyNamespace(event);
      if (policies !== null) this.settling.changed(policies, () => world.policiesIn(policies), now);
    }
  }

  private touch(namespace: string, now: number): void {
    this.agenda.touch(namespace, now);
    this.outlooks.touch(namespace, now);
  }

  /** Works for about 4 ms; `idle` where nothing is left to do now. */
  turn(): 'idle' | 'more' {
    const { now, ready } = this.plan.source;
    if (!ready()) return 'idle';
    const end = now() + turnMs;
    do {
      if (!this.step()) return 'idle';
    } while (now() < end);
    return 'more';
  }

  /** Tells the errors that stand once more, as a new leader does. */
  tellAgain(): void {
    for (const namespace of this.findings.namespaces()) {
      const standing = this.findings.toldOf(namespace);
      this.plan.outlet.told({ namespace, tell: standing.filter(isError), cured: [], standing });
    }
  }

  private step(): boolean {
    const now = this.plan.source.now();
    const settings = this.plan.source.settings();
    const today = this.plan.source.today();
    const fullPass = this.agenda.isFullPassDue(now);
    // With a day waivers end.
    if (fullPass || this.settings !== settings || this.today !== today) {
      this.settings = settings;
      this.today = today;
      this.contracts.touch(now);
      const names = this.everything(now);
      if (fullPass) for (const name of names) this.again.add(name);
    }
    if (this.running !== null) {
      this.proceed(this.running);
      return true;
    }
    return this.settle(now) || this.judgeContract(now, settings) || this.begin(now);
  }

  private names(): Set<string> {
    const world = this.plan.source.world();
    const names = new Set([...namespacesWithPolicies(world), ...this.findings.namespaces()]);
    for (const { name } of world.namespaces()) names.add(name);
    return names;
  }

  private everything(now: number): ReadonlySet<string> {
    const names = this.names();
    for (const name of names) this.agenda.at(name, now);
    this.unseen ??= new Set(names);
    return names;
  }

  private settle(now: number): boolean {
    const settled = this.settling.take(now);
    if (settled === null) return false;
    const { namespace, before } = settled;
    const { ownNamespace, outlet } = this.plan;
    this.agenda.at(namespace, now);
    const { context } = this.now();
    const result = this.undivided((budget) =>
      settledReview(namespace, before, { ...context, ownNamespace, budget }),
    );
    if (result !== null) outlet.settled(namespace, result);
    return true;
  }

  private judgeContract(now: number, settings: Settings): boolean {
    const contract = this.contracts.take(now, settings);
    if (contract === null) return false;
    const { world } = this.plan.source;
    const [state] = this.undivided((budget) => judgeContracts(world(), [contract], budget));
    if (state !== undefined) this.contracts.note(state, now);
    return true;
  }

  private begin(now: number): boolean {
    const namespace = this.agenda.take(now);
    if (namespace === null) return false;
    const { ownNamespace, source } = this.plan;
    const moment = (): Moment => this.now();
    const look = lookAtNamespace({ namespace, ownNamespace, moment, now: source.now });
    this.running = { namespace, look };
    return true;
  }

  private proceed({ namespace, look }: { namespace: string; look: Generator<void, NamespaceLook> }): void {
    // Whatever a look throws ends it, not the scan.
    this.running = null;
    const { done, value } = look.next();
    if (done !== true) {
      this.running = { namespace, look };
      return;
    }
    const now = this.plan.source.now();
    const sight = this.unseen?.has(namespace) === true ? 'first' : 'later';
    this.unseen?.delete(namespace);
    this.lookedAt = now;
    const next = this.findings.put(namespace, value.looks, now, sight);
    if (next !== null) this.agenda.at(namespace, next);
    const { among, is } = this.outlooks.note(this.plan.source.world(), namespace, now);
    const others = sight === 'first' ? [] : among === 'all' ? [...this.names()] : among;
    for (const name of others.filter(is)) this.agenda.at(name, now);
    this.tell(namespace, value, now, sight);
  }

  private tell(
    namespace: string,
    { looks, gaps }: NamespaceLook,
    now: number,
    sight: 'first' | 'later',
  ): void {
    const { outlet } = this.plan;
    outlet.gaps(namespace, gaps);
    if (this.settling.isUnsettled(namespace)) {
      const inForce = new Set(looks.map(({ policy }) => policy.ref.name));
      const cured = this.findings.cures(namespace, inForce);
      if (cured.length > 0)
        outlet.told({ namespace, tell: [], cured, standing: this.findings.toldOf(namespace) });
      return;
    }
    const { fresh, standing, cured } = this.findings.news(namespace, now);
    const errors = this.again.delete(namespace) ? standing.filter(isError) : [];
    // What was there before we came is nothing new; `tellAgain` says what is an error.
    const tell = sight === 'first' ? [] : [...fresh, ...errors];
    outlet.told({ namespace, tell, cured, standing: this.findings.toldOf(namespace) });
  }

  private now(): Moment {
    const { source, rules } = this.plan;
    const version = source.version();
    const last = this.moment;
    const same = last?.version === version && last.context.settings === this.settings;
    if (last !== null && same && last.context.today === this.today) return last;
    const world = source.world();
    const context = {
      world,
      settings: this.settings ?? source.settings(),
      rules,
      freshness: source.freshness(),
      today: this.today,
    };
    const facts: Facts = factsOf(world);
    this.moment = { version, context, facts };
    return this.moment;
  }

  private undivided<T>(work: (budget: Budget) => T): T {
    const { now } = this.plan.source;
    const attempt = (ms: number): { readonly result: T; readonly late: boolean } => {
      const end = now() + ms;
      const budget = new Budget(stepsMax, () => now() >= end);
      return { result: work(budget), late: budget.spent === 'time' };
    };
    const [short = 0, long = 0] = undividedMs;
    const first = attempt(short);
    return first.late ? attempt(long).result : first.result;
  }
}

function isError({ severity }: Found): boolean {
  return severity === 'error';
}

function policyNamespace(event: WorldEvent): string | null {
  if (event.type === 'delete') return event.kind === 'NetworkPolicy' ? event.namespace : null;
  return event.object.kind === 'NetworkPolicy' ? event.object.namespace : null;
}
