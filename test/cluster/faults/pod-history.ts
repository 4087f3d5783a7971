import type { Chance } from './chance.ts';

export interface StoredPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
    /** `write` numbers every write, so that no two states of an object are alike. */
    readonly labels: { readonly write: string };
  };
}

export interface Entry {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly pod: StoredPod;
}

interface State {
  readonly version: number;
  readonly pods: ReadonlyMap<string, StoredPod>;
}

const namesMax = 110;
const fewest = 40;
const remembered = 200;

/** What a cluster went through: every state it was in can be told from every other by one number. */
export class PodHistory {
  version = 1000;
  /** Events up to here are forgotten. */
  compacted = 0;
  writes = 0;
  digest = 0;
  readonly pods = new Map<string, StoredPod>();
  readonly log: Entry[] = [];
  /** When the cluster was last in a state with that digest, as a count of states. */
  readonly visited = new Map<number, number>([[0, 0]]);
  #states: State[] = [];
  #count = 0;
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
    while (this.pods.size < 2 * fewest) this.change();
  }

  /** One object comes, changes or goes. */
  change(): Entry {
    const name = `pod-${this.#chance.below(namesMax)}`;
    const known = this.pods.get(name);
    this.version += 1 + this.#chance.below(3);
    if (known !== undefined && this.pods.size > fewest && this.#chance.happens(0.4)) {
      this.pods.delete(name);
      this.digest -= weightOf(known);
      return this.#enter({ type: 'DELETED', version: this.version, pod: at(known, this.version) });
    }
    this.writes += 1;
    const metadata = { name, namespace: 'shop', labels: { write: String(this.writes) } };
    const pod = { metadata: { ...metadata, resourceVersion: String(this.version) } };
    this.pods.set(name, pod);
    this.digest += weightOf(pod) - (known === undefined ? 0 : weightOf(known));
    return this.#enter({ type: known === undefined ? 'ADDED' : 'MODIFIED', version: this.version, pod });
  }

  compact(): void {
    this.compacted = this.version;
    this.log.length = 0;
  }

  /** etcd is restored from a backup: an older state, and an older version. What came after never happened. */
  restore(): void {
    const back = 20 + this.#chance.below(100);
    const state = this.#states.at(-Math.min(back, this.#states.length));
    if (state === undefined) return;
    this.#states = this.#states.filter(({ version }) => version <= state.version);
    this.pods.clear();
    for (const [name, pod] of state.pods) this.pods.set(name, pod);
    this.version = state.version;
    this.digest = digestOf(this.pods.values());
    this.compact();
    this.#visit();
  }

  #enter(entry: Entry): Entry {
    this.log.push(entry);
    this.#states.push({ version: this.version, pods: new Map(this.pods) });
    if (this.#states.length > remembered) this.#states.shift();
    this.#visit();
    return entry;
  }

  #visit(): void {
    this.#count += 1;
    this.visited.set(this.digest, this.#count);
  }
}

/** A number that only this set of objects in these states has. */
export function digestOf(pods: Iterable<StoredPod>): number {
  let digest = 0;
  for (const pod of pods) digest += weightOf(pod);
  return digest;
}

export function weightOf({ metadata }: StoredPod): number {
  return weightOfWrite(Number(metadata.labels.write));
}

/** Spread over 40 bits, so that sums of them do not meet by chance. */
export function weightOfWrite(write: number): number {
  const high = Math.imul(write ^ 0x5bd1e995, 0x9e3779b1) >>> 24;
  const low = Math.imul(write + 0x7f4a7c15, 0x85ebca6b) >>> 0;
  return high * 2 ** 32 + (low ^ (low >>> 13)) + 2 ** 31;
}

function at(pod: StoredPod, version: number): StoredPod {
  return { metadata: { ...pod.metadata, resourceVersion: String(version) } };
}
