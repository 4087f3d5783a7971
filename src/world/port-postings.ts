import type { ContainerPort, Protocol } from '../model/port.ts';
import { BitSet } from '../sets/bitset.ts';

/** The units by what a port's name means on them; those on which it means nothing are in no set. */
export class PortPostings {
  private readonly byName = new Map<string, Map<string, BitSet>>();

  enter(id: number, ports: readonly ContainerPort[]): void {
    for (const [name, meaning] of meaningsOf(ports)) {
      const sets = this.byName.get(name) ?? new Map<string, BitSet>();
      this.byName.set(name, sets);
      const set = sets.get(meaning) ?? new BitSet();
      sets.set(meaning, set);
      set.add(id);
    }
  }

  leave(id: number, ports: readonly ContainerPort[]): void {
    for (const [name, meaning] of meaningsOf(ports)) {
      const sets = this.byName.get(name);
      const set = sets?.get(meaning);
      set?.delete(id);
      if (set?.isEmpty() === true) sets?.delete(meaning);
      if (sets?.size === 0) this.byName.delete(name);
    }
  }

  /** Units within one set resolve the name alike; in an order that does not tell what came first. */
  resolving(name: string, protocol: Protocol): readonly BitSet[] {
    const sets = [...(this.byName.get(`${protocol} ${name}`) ?? [])];
    return sets.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
  }
}

function meaningsOf(ports: readonly ContainerPort[]): Map<string, string> {
  const meanings = new Map<string, string>();
  for (const { name, protocol, number, certain } of ports) {
    if (name === null) continue;
    const key = `${protocol} ${name}`;
    meanings.set(key, `${meanings.get(key) ?? ''},${number} ${certain}`);
  }
  return meanings;
}
