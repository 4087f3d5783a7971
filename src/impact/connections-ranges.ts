import type { AddressRange, Ternary } from '../model/policy.ts';
import { familyOf } from '../sets/addresses.ts';
import type { World } from '../world/world.ts';
import { clouded, type GovernedClass } from './connections-classes.ts';
import { coverage, coveredAtoms, externalAtoms } from './internet.ts';
import { decide, type Entry, type PortReading } from './side.ts';

/** Addresses for which one thing holds. */
export interface Segment<Value> {
  readonly range: AddressRange;
  readonly value: Value;
}

/** What is said of one atom; equal keys mean the same is said. Null where there is nothing to say. */
export type Judge<Value> = (
  readings: readonly PortReading[],
) => { readonly key: string; readonly value: Value } | null;

/**
 * What the classes allow towards addresses that nobody in the cluster owns, as maximal ranges in order. Nobody outside
 * owns the addresses of pods and nodes, so that ranges go on across them.
 */
export function externalSegments<Value>(
  world: World,
  classes: readonly GovernedClass[],
  judge: Judge<Value>,
): readonly Segment<Value>[] {
  const open = classes.filter(({ foreign }) => !foreign);
  const clauses = [...new Set(open.flatMap(({ side }) => side.entries.map(({ clause }) => clause)))];
  const atoms = externalAtoms(world, clauses);
  const covered = new Map(clauses.map((clause) => [clause, coveredAtoms(clause, atoms)]));
  const segments: (Segment<Value> & { readonly key: string; readonly index: number })[] = [];
  for (const [index, range] of atoms.entries()) {
    const match = ({ clause }: Entry): Ternary => coverage[covered.get(clause)?.[index] ?? 0] ?? 'no';
    const said = judge(classes.map((each) => readingOf(world, each, match)));
    if (said === null) continue;
    const last = segments.at(-1);
    const joins = last?.key === said.key && last.index === index - 1 && sameFamily(last.range, range);
    if (!joins) segments.push({ range, ...said, index });
    else
      segments[segments.length - 1] = {
        ...last,
        range: { first: last.range.first, last: range.last },
        index,
      };
  }
  return segments;
}

/** "Destination is not a pod": a named port resolves to nothing there. */
function readingOf(
  world: World,
  { foreign, side, first }: GovernedClass,
  match: (entry: Entry) => Ternary,
): PortReading {
  if (foreign) return clouded;
  return decide(side, match, side.direction === 'ingress' ? (world.unit(first)?.ports ?? []) : []);
}

function sameFamily(a: AddressRange, b: AddressRange): boolean {
  return familyOf(a.first) === familyOf(b.first);
}
