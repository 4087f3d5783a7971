import type { AddressBlock, Clause, Peer, PortTerm } from '../model/policy.ts';
import type { Selector } from '../model/selector.ts';
import { wholeFour, wholeSix } from '../sets/addresses.ts';
import { piecesOf } from '../sets/ranges.ts';

/**
 * How to find what may hold a part (see `covers.ts`): one part is filed under texts, and one that it holds asks for one
 * of these at least. Null asks for everything that is there.
 */
export interface Filing<Part> {
  readonly filedUnder: (part: Part) => readonly string[];
  readonly askedBy: (part: Part) => readonly string[] | null;
}

/** Items of a list by what they may hold, in one way or several: the one that finds least is enough. */
export class CoverIndex<Part> {
  private readonly ways: readonly { readonly filing: Filing<Part>; readonly places: Map<string, number[]> }[];
  private readonly all: number[] = [];

  constructor(filings: readonly Filing<Part>[]) {
    this.ways = filings.map((filing) => ({ filing, places: new Map() }));
  }

  /** The next item of the list, which has these parts. */
  add(parts: readonly Part[]): void {
    const place = this.all.length;
    this.all.push(place);
    for (const { filing, places } of this.ways) {
      for (const text of new Set(parts.flatMap(filing.filedUnder))) {
        const known = places.get(text);
        if (known === undefined) places.set(text, [place]);
        else known.push(place);
      }
    }
  }

  /** The places of all items that hold these parts, and of few others; in order. */
  around([first]: readonly Part[]): readonly number[] {
    if (first === undefined) return this.all;
    const found = this.ways.map(({ filing, places }) => {
      const lists = filing.askedBy(first)?.flatMap((text) => [places.get(text) ?? []]) ?? [this.all];
      return { lists, length: lists.reduce((sum, list) => sum + list.length, 0) };
    });
    const [least] = found.sort((a, b) => a.length - b.length);
    return [...new Set(least?.lists.flat() ?? this.all)].sort((a, b) => a - b);
  }
}

/** Selectors by the first thing that they ask for, blocks by where they lie and how large they are. */
export function peerFiling(): Filing<Peer> {
  const sizes = new Set<bigint>();
  return {
    filedUnder: (peer) => {
      if (peer.kind === 'block') return [blockText(peer.block.range.first, sizeIn(peer.block, sizes))];
      const scope = peer.namespaces === 'own' ? ['own'] : firstOf(peer.namespaces);
      return firstOf(peer.pods).flatMap((pods) => ['', ...scope].map((where) => `${pods} in ${where}`));
    },
    askedBy: (peer) => {
      if (peer.kind === 'block') return blocksAround(peer.block, sizes);
      // The own namespace may be meant by any selector, depending on its labels.
      const scope = peer.namespaces === 'own' ? [''] : ['own', ...eachOf(peer.namespaces)];
      return eachOf(peer.pods).flatMap((pods) => scope.map((where) => `${pods} in ${where}`));
    },
  };
}

/** Whatever implies all that a selector asks for implies the first of it. */
function firstOf({ requirements: [first] }: Selector): readonly string[] {
  if (first === undefined) return ['nothing'];
  const { key, operator, values } = first;
  return operator === 'In' ? values.map((value) => `${key}=${value}`) : [key];
}

function eachOf({ requirements }: Selector): readonly string[] {
  const texts = requirements.flatMap(({ key, operator, values }) =>
    operator === 'In' ? [key, `${key}=${values[0]}`] : [key],
  );
  return ['nothing', ...new Set(texts)];
}

function sizeIn({ range: { first, last } }: AddressBlock, sizes: Set<bigint>): bigint {
  const size = last - first + 1n;
  sizes.add(size);
  return size;
}

/** CIDRs of one size lie side by side: one alone holds an address. */
function blocksAround(block: AddressBlock, sizes: ReadonlySet<bigint>): readonly string[] | null {
  const [piece] = piecesOf(block);
  if (piece === undefined) return null;
  const base = block.family === 4 ? wholeFour.first : wholeSix.first;
  return [...sizes].map((size) => blockText(piece.first - ((piece.first - base) % size), size));
}

function blockText(first: bigint, size: bigint): string {
  return `${first} ${size}`;
}

/** Names by themselves, numbers by themselves, and whatever is a range of several numbers. */
export const termFiling: Filing<PortTerm> = {
  filedUnder: (term) => [isWide(term) ? `${term.protocol} several` : termText(term)],
  askedBy: (term) => [`${term.protocol} several`, termText(term)],
};

function isWide(term: PortTerm): boolean {
  return term.kind === 'range' && term.from !== term.to;
}

function termText(term: PortTerm): string {
  return `${term.protocol} ${term.kind === 'range' ? term.from : `name ${term.name}`}`;
}

/** Clauses by their peers and by their ports. */
export function clauseFilings(): readonly Filing<Clause>[] {
  return [listFiling(({ peers }) => peers, peerFiling()), listFiling(({ ports }) => ports, termFiling)];
}

/** A list holds another if it holds its first item; an empty one is held by what holds everything alone. */
function listFiling<Item>(
  listOf: (clause: Clause) => 'any' | readonly Item[],
  { filedUnder, askedBy }: Filing<Item>,
): Filing<Clause> {
  return {
    filedUnder: (clause) => {
      const list = listOf(clause);
      return list === 'any' ? ['any'] : list.flatMap(filedUnder);
    },
    askedBy: (clause) => {
      const list = listOf(clause);
      const [first] = list === 'any' ? [] : list;
      if (first === undefined) return ['any'];
      const texts = askedBy(first);
      return texts === null ? null : ['any', ...texts];
    },
  };
}
