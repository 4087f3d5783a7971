import type { Clause, Direction } from '../model/policy.ts';
import { BitSet } from '../sets/bitset.ts';
import { type Content, type Contents, portsText } from './contents.ts';
import { portsKey, type Unit } from './unit.ts';
import type { Governing } from './world.ts';

/** Units of which the policies that govern them say the same in one direction, whatever these are called. */
export interface Signature {
  /** All members resolve named ports alike where they are the destination and a clause asks for one. */
  readonly units: BitSet;
}

/** Units whose policies say the same to everybody whom none of their peers matches. */
export interface OpenClass {
  readonly units: BitSet;
}

interface OpenEntry extends OpenClass {
  readonly key: string;
}

interface ClassEntry extends Signature {
  readonly key: string;
  readonly contents: readonly Content[];
  readonly open: OpenEntry | null;
}

/** Units that the same policies govern. */
interface Entry {
  readonly key: string;
  /** Theirs is one object. */
  readonly governing: Governing;
  readonly class: ClassEntry;
  units: number;
}

/** Where units with one governing are filed, by what their ports are called if a policy asks for that. */
interface Filed {
  /** Null where no policy asks: then there is one. */
  readonly byPorts: Map<string, Entry> | null;
  only: Entry | null;
}

/**
 * The governed units of one direction by what governs them. Kept with every unit that comes, goes or is governed
 * otherwise, so that a change looks at the lists of policies that concern it and not at every unit of the cluster.
 */
export class Signatures {
  private readonly direction: Direction;
  private readonly contents: Contents;
  private readonly byPolicies = new Map<string, Entry>();
  /** By what their ports are called, as far as a policy asks for that: what governs several units files them alike. */
  private readonly byGoverning = new WeakMap<Governing, Filed>();
  private readonly byContents = new Map<string, ClassEntry>();
  private readonly byUnit: (Entry | undefined)[] = [];
  private readonly byContent = new Map<Content, Set<ClassEntry>>();
  private readonly openByKey = new Map<string, OpenEntry>();

  constructor(direction: Direction, contents: Contents) {
    this.direction = direction;
    this.contents = contents;
  }

  /** Files a unit under what governs it, null where nothing does; returns what units that are governed alike share. */
  set(unit: Unit, governing: Governing | null): Governing | null {
    const old = this.byUnit[unit.id];
    const now = governing === null ? null : this.entryFor(unit, governing);
    if (old === now) return now?.governing ?? null;
    if (now !== null) {
      now.units += 1;
      now.class.units.add(unit.id);
      now.class.open?.units.add(unit.id);
      this.byUnit[unit.id] = now;
    }
    if (old !== undefined) this.leave(old, unit.id, now);
    return now?.governing ?? null;
  }

  remove(id: number): void {
    const old = this.byUnit[id];
    if (old !== undefined) this.leave(old, id, null);
  }

  private leave(old: Entry, id: number, now: Entry | null): void {
    if (now === null) this.byUnit[id] = undefined;
    old.units -= 1;
    if (old.units === 0 && this.byPolicies.get(old.key) === old) this.byPolicies.delete(old.key);
    if (old.class !== now?.class) this.leaveClass(old.class, id);
    const { open } = old.class;
    if (open === null || open === now?.class.open) return;
    open.units.delete(id);
    if (open.units.isEmpty()) this.openByKey.delete(open.key);
  }

  private leaveClass(left: ClassEntry, id: number): void {
    left.units.delete(id);
    if (!left.units.isEmpty()) return;
    this.byContents.delete(left.key);
    for (const content of left.contents) {
      const classes = this.byContent.get(content);
      classes?.delete(left);
      if (classes?.size === 0) this.byContent.delete(content);
    }
  }

  /** Everything that policies of this content take part in governing. */
  of(content: Content): Iterable<Signature> {
    return this.byContent.get(content) ?? [];
  }

  /** Units whose policies say something to those whom none of their peers matches. */
  openClasses(): Iterable<OpenClass> {
    return this.openByKey.values();
  }

  private entryFor(unit: Unit, governing: Governing): Entry {
    const place = this.filedOf(governing);
    const ports = place.byPorts === null ? '' : portsKey(unit.ports);
    const filed = place.byPorts === null ? place.only : place.byPorts.get(ports);
    if (filed != null && this.byPolicies.get(filed.key) === filed) return filed;
    const entry = this.makeEntry(governing, ports);
    if (place.byPorts === null) place.only = entry;
    else place.byPorts.set(ports, entry);
    return entry;
  }

  private filedOf(governing: Governing): Filed {
    const known = this.byGoverning.get(governing);
    if (known !== undefined) return known;
    const asksPorts = this.direction === 'ingress' && namesPorts(governing);
    const made = { byPorts: asksPorts ? new Map<string, Entry>() : null, only: null };
    this.byGoverning.set(governing, made);
    return made;
  }

  private makeEntry(governing: Governing, ports: string): Entry {
    const { isolated, doubt, key: policies } = governing;
    const key = `${isolated} ${doubt} ${policies} ${ports}`;
    const known = this.byPolicies.get(key);
    // Policies of one name follow each other: each version is another policy.
    if (known !== undefined && sameGovernors(known.governing, governing)) return known;
    const entry = { key, governing, class: this.classFor(governing, ports), units: 0 };
    this.byPolicies.set(key, entry);
    return entry;
  }

  private classFor(governing: Governing, ports: string): ClassEntry {
    const { governors, isolated, doubt } = governing;
    const contents = governors.map(({ policy }) => this.contents.of(policy, this.direction));
    const numbers = contents.map(({ number }) => number).sort((a, b) => a - b);
    const key = `${isolated} ${doubt} ${[...new Set(numbers)].join()} ${ports}`;
    const known = this.byContents.get(key);
    if (known !== undefined) return known;
    const entry = { key, contents, units: new BitSet(), open: this.openFor(governing, ports) };
    this.byContents.set(key, entry);
    for (const content of contents)
      this.byContent.set(content, (this.byContent.get(content) ?? new Set()).add(entry));
    return entry;
  }

  private openFor(governing: Governing, ports: string): OpenEntry | null {
    const key = openKey(governing, ports);
    if (key === null) return null;
    const known = this.openByKey.get(key) ?? { key, units: new BitSet() };
    this.openByKey.set(key, known);
    return known;
  }
}

function sameGovernors(a: Governing, b: Governing): boolean {
  return (
    a.governors.length === b.governors.length &&
    a.governors.every(({ policy }, index) => policy === b.governors[index]?.policy)
  );
}

/**
 * What the governing policies say to those whom no peer of theirs matches, as a text: equal texts, equal answers. Null
 * where they surely refuse them everything.
 */
function openKey({ governors, isolated, doubt }: Governing, ports: string): string | null {
  const open = governors.flatMap(({ clauses, certain, policy }) =>
    clauses
      .filter(isOpen)
      .map((clause) => `${policy.tier.order} ${certain} ${clause.verdict} ${portsText(clause.ports)}`),
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

function namesPorts({ governors }: Governing): boolean {
  return governors.some(({ clauses }) => clauses.some(hasName));
}

function hasName({ ports }: Clause): boolean {
  return ports !== 'any' && ports.some(({ kind }) => kind === 'named');
}
