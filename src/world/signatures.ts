import type { Clause, CompiledPolicy, Direction, PortTerm } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import { portsKey, type Unit } from './unit.ts';
import type { Governing } from './world.ts';

/** Units that one list of policies governs alike in one direction. */
export interface Signature {
  readonly governing: Governing;
  /** All members resolve named ports alike where they are the destination. */
  readonly units: BitSet;
}

interface Entry extends Signature {
  readonly key: string;
  readonly open: OpenEntry | null;
}

/** Units whose policies say the same to everybody whom none of their peers matches. */
export interface OpenClass {
  readonly units: BitSet;
}

interface OpenEntry extends OpenClass {
  readonly key: string;
}

/**
 * The governed units of one direction by what governs them. Kept with every unit that comes, goes or is governed
 * otherwise, so that a change looks at the lists of policies that concern it and not at every unit of the cluster.
 */
export class Signatures {
  private readonly direction: Direction;
  private readonly byKey = new Map<string, Entry>();
  private readonly byUnit: (Entry | undefined)[] = [];
  private readonly byPolicy = new Map<CompiledPolicy, Set<Entry>>();
  private readonly openByKey = new Map<string, OpenEntry>();
  private readonly numbers = new WeakMap<CompiledPolicy, number>();
  private numbered = 0;

  constructor(direction: Direction) {
    this.direction = direction;
  }

  /** Files a unit under what governs it; null where nothing does. */
  set(unit: Unit, governing: Governing | null): Signature | null {
    const old = this.byUnit[unit.id];
    const now = governing === null ? null : this.entryFor(unit, governing);
    if (old === now) return now;
    if (now !== null) {
      now.units.add(unit.id);
      now.open?.units.add(unit.id);
      this.byUnit[unit.id] = now;
    }
    if (old !== undefined) this.leave(old, unit.id, now);
    return now;
  }

  remove(id: number): void {
    const old = this.byUnit[id];
    if (old !== undefined) this.leave(old, id, null);
  }

  private leave(old: Entry, id: number, now: Entry | null): void {
    if (now === null) this.byUnit[id] = undefined;
    old.units.delete(id);
    if (old.open !== null && old.open !== now?.open) this.leaveOpen(old.open, id);
    if (!old.units.isEmpty()) return;
    this.byKey.delete(old.key);
    for (const { policy } of old.governing.governors) {
      const entries = this.byPolicy.get(policy);
      entries?.delete(old);
      if (entries?.size === 0) this.byPolicy.delete(policy);
    }
  }

  private leaveOpen(open: OpenEntry, id: number): void {
    open.units.delete(id);
    if (open.units.isEmpty()) this.openByKey.delete(open.key);
  }

  /** Everything that a policy takes part in governing. */
  of(policy: CompiledPolicy): Iterable<Signature> {
    return this.byPolicy.get(policy) ?? [];
  }

  /** Units whose policies say something to those whom none of their peers matches. */
  openClasses(): Iterable<OpenClass> {
    return this.openByKey.values();
  }

  private entryFor(unit: Unit, governing: Governing): Entry {
    const ports = this.direction === 'ingress' ? portsKey(unit.ports) : '';
    const policies = governing.governors.map(({ policy }) => this.numberOf(policy)).join();
    const key = `${governing.isolated} ${governing.doubt} ${policies} ${ports}`;
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const entry = { key, governing, units: new BitSet(), open: this.openFor(governing, ports) };
    this.byKey.set(key, entry);
    for (const { policy } of governing.governors) {
      this.byPolicy.set(policy, (this.byPolicy.get(policy) ?? new Set()).add(entry));
    }
    return entry;
  }

  private openFor(governing: Governing, ports: string): OpenEntry | null {
    const key = openKey(governing, ports);
    if (key === null) return null;
    const known = this.openByKey.get(key) ?? { key, units: new BitSet() };
    this.openByKey.set(key, known);
    return known;
  }

  /** Policies of one name follow each other; each version is another policy. */
  private numberOf(policy: CompiledPolicy): number {
    const known = this.numbers.get(policy) ?? ++this.numbered;
    this.numbers.set(policy, known);
    return known;
  }
}

/**
 * What the governing policies say to those whom no peer of theirs matches, as a text: equal texts, equal answers. Null
 * where they surely refuse them everything.
 */
function openKey({ governors, isolated, doubt }: Governing, ports: string): string | null {
  const open = governors.flatMap(({ clauses, certain, policy }) =>
    clauses.filter(isOpen).map((clause) => `${policy.tier.order} ${certain} ${clauseText(clause)}`),
  );
  if (open.length === 0 && isolated && doubt === null) return null;
  const tiers = governors.map(
    ({ policy, isolates, certain }) => `${policy.tier.order} ${policy.tier.end} ${isolates} ${certain}`,
  );
  const named = governors.some(({ clauses }) => clauses.some((clause) => isOpen(clause) && hasName(clause)));
  return JSON.stringify([isolated, doubt, [...new Set(tiers)], [...new Set(open)], named ? ports : '']);
}

function isOpen({ peers }: Clause): boolean {
  return peers === 'any';
}

function hasName({ ports }: Clause): boolean {
  return ports !== 'any' && ports.some(({ kind }) => kind === 'named');
}

function clauseText({ verdict, ports }: Clause): string {
  return `${verdict} ${ports === 'any' ? 'any' : ports.map(termText).sort().join()}`;
}

function termText(term: PortTerm): string {
  const port = term.kind === 'named' ? `name ${term.name}` : `${term.from}-${term.to}`;
  return `${term.protocol} ${port} ${term.certain}`;
}
