import type { AddressRange } from '../model/policy.ts';
import type { Facts } from '../platform/facts.ts';
import { noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { lostCallbacks } from './api-server.ts';
import { unbounded } from './budget.ts';
import { type ChangedEnd, changedEnds } from './changed-ends.ts';
import { type ChangedSegment, changedOutside } from './changed-outside.ts';
import { ChangedPairs } from './changed-pairs.ts';
import type { RowEnd } from './connections.ts';
import { type ConnectionUnit, type Passage, passageOver } from './connections-tally.ts';
import { Evaluation } from './evaluation.ts';
import { type Facet, facetOf } from './facet.ts';
import type { Required } from './grades.ts';
import type { Outcome } from './outcome.ts';
import type { Difference } from './rectangle.ts';
import { type Witness, type WitnessEnd, Witnesses } from './witness.ts';

/** A pair of ends between which something changed. */
export interface ChangedConnection extends Outcome {
  /** `api-server` is the source of the API server's own calls. */
  readonly src: RowEnd;
  readonly dst: RowEnd;
  /** False where one of the ends is a workload that comes or goes. */
  readonly lasts: boolean;
  readonly witness: Witness | null;
}

export interface ChangedConnections {
  readonly ends: readonly ChangedEnd[];
  /** Sorted by source, then destination; addresses come before ids. */
  readonly rows: readonly ChangedConnection[];
  /** True where rows were left out because there are more than `rowsMax`. */
  readonly cut: boolean;
}

/** What the rows of a change are made from. */
export interface ChangeAsked {
  readonly worlds: Overlay;
  readonly difference: Difference;
  /** Of the world before. */
  readonly facts: Facts;
  readonly required: readonly Required[];
  readonly unit: ConnectionUnit;
  readonly rowsMax: number;
}

/** A difference as rows: one for each pair of workloads, or pods, whose allowed ports differ. */
export function changedConnections(asked: ChangeAsked): ChangedConnections {
  const { worlds, difference, facts, required, unit, rowsMax } = asked;
  const ends = changedEnds(worlds, unit);
  const evaluation = new Evaluation(worlds, unbounded());
  const facets = difference.rectangles.map((rectangle) => facetOf(rectangle, worlds, facts, required));
  const pairs = new ChangedPairs(ends, evaluation, rowsMax);
  for (const facet of facets) pairs.add(facet);
  const outside = changedOutside(ends, evaluation, facets);
  const witnesses = new Witnesses(worlds, facts);
  const rows = new Rows(ends, witnesses, unit);
  rows.fromOutside(outside.map(({ ingress }) => ingress));
  const callbacks = calledBy(asked, ends, witnesses);
  let next = 0;
  const leaving = (until: number): void => {
    for (; next < until; next += 1) {
      if (callbacks.place === next) rows.put(callbacks.rows);
      for (const segment of outside[next]?.egress ?? []) rows.toOutside(next, segment);
    }
  };
  for (const { from, to, outcome, facets: own } of pairs.changed()) {
    leaving(from + 1);
    rows.pair(from, to, outcome, own);
  }
  leaving(ends.length);
  if (callbacks.place === ends.length) rows.put(callbacks.rows);
  return { ends, rows: rows.found, cut: pairs.cut };
}

class Rows {
  readonly found: ChangedConnection[] = [];
  private readonly ends: readonly ChangedEnd[];
  private readonly witnesses: Witnesses;
  private readonly places: readonly WitnessEnd[];

  constructor(ends: readonly ChangedEnd[], witnesses: Witnesses, unit: ConnectionUnit) {
    this.ends = ends;
    this.witnesses = witnesses;
    this.places = ends.map(({ id, units }) => ({
      units,
      range: null,
      pod: unit === 'pod' ? id.slice(0, -'[Pod]'.length) : null,
    }));
  }

  pair(from: number, to: number, outcome: Outcome, facets: readonly Facet[]): void {
    this.add(outcome, facets, this.endOf(from), this.endOf(to));
  }

  toOutside(from: number, { range, outcome, facets }: ChangedSegment): void {
    this.add(outcome, facets, this.endOf(from), outsideEnd(range));
  }

  fromOutside(segments: readonly (readonly ChangedSegment[])[]): void {
    const all = segments.flatMap((own, to) => own.map((segment) => ({ segment, to })));
    all.sort((a, b) => byRange(a.segment.range, b.segment.range) || a.to - b.to);
    for (const { segment, to } of all)
      this.add(segment.outcome, segment.facets, outsideEnd(segment.range), this.endOf(to));
  }

  put(rows: readonly ChangedConnection[]): void {
    this.found.push(...rows);
  }

  private add(outcome: Outcome, facets: readonly Facet[], from: PlacedEnd, to: PlacedEnd): void {
    this.found.push({
      ...outcome,
      src: from.id,
      dst: to.id,
      lasts: from.lasts && to.lasts,
      witness: this.witnesses.of(outcome, facets, from.place, to.place),
    });
  }

  private endOf(index: number): PlacedEnd {
    const [end, place] = [this.ends[index], this.places[index]];
    return {
      id: end?.id ?? '',
      lasts: end?.presence === 'both',
      place: place ?? { units: [], range: null, pod: null },
    };
  }
}

interface PlacedEnd {
  readonly id: RowEnd;
  readonly lasts: boolean;
  readonly place: WitnessEnd;
}

function outsideEnd(range: AddressRange): PlacedEnd {
  return { id: range, lasts: true, place: { units: [null], range, pod: null } };
}

function byRange(a: AddressRange, b: AddressRange): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last < b.last ? -1 : a.last > b.last ? 1 : 0;
}

const nothing: Passage = passageOver([]);

/** The calls of the API server that the change cuts off, and before which end they stand. */
function calledBy(
  { worlds, difference, facts }: ChangeAsked,
  ends: readonly ChangedEnd[],
  witnesses: Witnesses,
): { readonly place: number; readonly rows: readonly ChangedConnection[] } {
  const source = 'api-server';
  const lost = new Map<number, PortSet>();
  for (const { units, ports } of lostCallbacks(difference, worlds, facts)) {
    for (const [index, end] of ends.entries()) {
      if (end.presence === 'both' && end.units.some((unit) => units.has(unit)))
        lost.set(index, unionPorts(lost.get(index) ?? noPorts, ports));
    }
  }
  const rows = [...lost]
    .sort(([a], [b]) => a - b)
    .map(([index, ports]): ChangedConnection => {
      const causes = difference.rectangles
        .filter(
          ({ destinations }) =>
            destinations.kind === 'units' && ends[index]?.units.some((unit) => destinations.units.has(unit)),
        )
        .flatMap((rectangle) => rectangle.causes.filter(({ direction }) => direction === 'ingress'));
      return {
        src: source,
        dst: ends[index]?.id ?? '',
        before: { ...nothing, allow: ports },
        after: nothing,
        lost: ports,
        gained: noPorts,
        undecided: noPorts,
        reasons: [],
        grade: 'critical',
        causes: [...new Map(causes.map((cause) => [JSON.stringify(cause), cause])).values()],
        lasts: true,
        witness: witnesses.call(ports, ends[index]?.units ?? []),
      };
    });
  const after = ends.findIndex(({ id }) => id > source);
  return { place: after < 0 ? ends.length : after, rows };
}
