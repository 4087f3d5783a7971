import type { ReflectorObserver } from '../../src/cluster/reflector.ts';
import type { KindSink } from '../../src/cluster/watch-stream.ts';
import type { ClusterObject } from '../../src/model/objects.ts';

/** Keeps what the reflector says and lets a test wait for it. */
export class Recorder implements KindSink, ReflectorObserver {
  readonly objects = new Map<string, ClusterObject>();
  readonly said: string[] = [];
  #opened = 0;
  #waiters: (() => void)[] = [];

  replace(objects: readonly ClusterObject[]): void {
    this.objects.clear();
    for (const object of objects) this.objects.set(keyOf(object), object);
  }
  put(object: ClusterObject): void {
    this.objects.set(keyOf(object), object);
  }
  remove(namespace: string | null, name: string): void {
    this.objects.delete(`${namespace ?? ''}/${name}`);
  }
  synced(): void {
    this.#say('synced');
  }
  heard(): void {
    this.#wake();
  }
  opened(): void {
    this.#opened += 1;
    this.#wake();
  }
  interrupted(reason: string): void {
    this.#say(reason);
  }
  refused(state: string): void {
    if (this.said.at(-1) !== state) this.#say(state);
    this.#wake();
  }
  names(): readonly string[] {
    return [...this.objects.keys()].sort();
  }
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
  async opens(count: number): Promise<void> {
    await this.until(() => this.#opened >= count);
  }
  async hears(...words: readonly string[]): Promise<void> {
    await this.until(() => this.said.join() === words.join());
  }
  async knows(...names: readonly string[]): Promise<void> {
    await this.until(() => this.names().join() === names.map((name) => `shop/${name}`).join());
  }
  #say(word: string): void {
    this.said.push(word);
    this.#wake();
  }
  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

function keyOf(object: ClusterObject): string {
  return `${'namespace' in object ? object.namespace : ''}/${object.name}`;
}
