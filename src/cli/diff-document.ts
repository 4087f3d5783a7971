import { unbounded } from '../impact/budget.ts';
import { type ChangedConnections, changedConnections } from '../impact/changed-connections.ts';
import type { ConnectionUnit, Passage } from '../impact/connections-tally.ts';
import type { Required } from '../impact/grades.ts';
import type { Impact } from '../impact/impact.ts';
import { lasting } from '../impact/lasting.ts';
import type { Cause, Difference, IsolationFlip } from '../impact/rectangle.ts';
import { summarize } from '../impact/summarize.ts';
import type { Facts } from '../platform/facts.ts';
import type { PortLists } from '../report/connections.ts';
import type { BecauseLine, ChangeLine, DiffDocument, IsolationLine, PassageLine } from '../report/diff.ts';
import { headline } from '../review/headline.ts';
import { isEmpty, noPorts, type PortSet, unionPorts } from '../sets/port-set.ts';
import type { Overlay } from '../world/overlay.ts';
import { weightOf } from '../world/unit.ts';
import { connectionsIn } from './diff-summary.ts';
import { idOf, portLists } from './port-lists.ts';

/** So many rows are about as much as one JSON text can hold. */
const rowsMax = 1_000_000;

/** A change that was worked out, and what to tell beside it. */
export interface WorkedOut {
  readonly worlds: Overlay;
  readonly difference: Difference;
  /** Of the world before. */
  readonly facts: Facts;
  readonly required: readonly Required[];
  readonly unit: ConnectionUnit;
  readonly problems: DiffDocument['problems'];
  readonly partial: readonly string[];
}

/** The difference as `diff/v1`. */
export function diffDocument(asked: WorkedOut): DiffDocument {
  const { worlds, difference, facts, required, problems } = asked;
  const found = changedConnections({ ...asked, rowsMax });
  const impact = summarize(lasting(difference, worlds), worlds, facts, unbounded(), required);
  const isolation = isolationOf(difference.flips, worlds);
  const left = [
    ...(found.cut ? [`connections after the first ${rowsMax} pairs`] : []),
    ...(difference.partial === null ? [] : ['a part of the pods: the budget ran out']),
    ...asked.partial,
  ];
  const ids = (presence: 'added' | 'removed'): string[] =>
    found.ends.filter((end) => end.presence === presence).map(({ id }) => id);
  const workloads = { added: ids('added'), removed: ids('removed') };
  const summary = { ...connectionsIn(found.rows, workloads), ...flipsIn(isolation) };
  return {
    schema: 'diff/v1',
    headline: headlineOf(impact, workloads, summary),
    summary,
    ...rowsOf(found),
    isolation,
    workloads,
    problems,
    partial: left.length === 0 ? null : left.join('; '),
  };
}

function rowsOf({ rows }: ChangedConnections): Pick<DiffDocument, 'changes' | 'undecided'> {
  const lists = portLists();
  const passages = new Map<Passage, PassageLine>();
  const causes = new Map<readonly Cause[], readonly BecauseLine[]>();
  const passage = (found: Passage): PassageLine => keep(passages, found, () => passageLine(found, lists));
  const because = (found: readonly Cause[]) => keep(causes, found, () => found.map(becauseLine));
  const changes = rows
    .filter(({ lost, gained }) => !isEmpty(lost) || !isEmpty(gained))
    .map(
      (row): ChangeLine => ({
        src: idOf(row.src),
        dst: idOf(row.dst),
        before: passage(row.before),
        after: passage(row.after),
        ...(isEmpty(row.lost) ? {} : { blocked: lists(row.lost) }),
        ...(isEmpty(row.gained) ? {} : { opened: lists(row.gained) }),
        ...(row.grade === null ? {} : { grade: row.grade }),
        because: because(row.causes),
        witness: row.witness,
      }),
    );
  const undecided = rows
    .filter((row) => !isEmpty(row.undecided))
    .flatMap((row) =>
      row.reasons.map((reason) => ({
        src: idOf(row.src),
        dst: idOf(row.dst),
        before: passage(row.before),
        after: passage(row.after),
        reason,
      })),
    );
  return { changes, undecided };
}

function keep<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = make();
  known.set(key, value);
  return value;
}

function passageLine(
  { allow, allowSome, undecided }: Passage,
  lists: (set: PortSet) => PortLists,
): PassageLine {
  const unknown = [...undecided.values()].reduce(unionPorts, noPorts);
  return {
    allow: lists(allow),
    ...(isEmpty(allowSome) ? {} : { allowSome: lists(allowSome) }),
    ...(isEmpty(unknown) ? {} : { unknown: lists(unknown) }),
  };
}

function becauseLine({ policy, direction, clause, effect }: Cause): BecauseLine {
  return { policy: `${policy.namespace}/${policy.name}`, direction, clause, effect };
}

/** By workload; it keeps somebody as soon as one of its pods does. */
function isolationOf(flips: readonly IsolationFlip[], { after }: Overlay): readonly IsolationLine[] {
  const lines = new Map<string, IsolationLine>();
  for (const { unit: id, direction, effect, keepsNone } of flips) {
    const unit = after.unit(id);
    if (unit === undefined) continue;
    const key = `${unit.workload.id} ${direction} ${effect}`;
    const known = lines.get(key);
    lines.set(key, {
      id: unit.workload.id,
      direction,
      effect,
      pods: (known?.pods ?? 0) + weightOf(unit) - unit.planned,
      planned: (known?.planned ?? 0) + unit.planned,
      keepsNone: keepsNone && (known?.keepsNone ?? true),
    });
  }
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}

function flipsIn(lines: readonly IsolationLine[]): Pick<DiffDocument['summary'], 'isolated' | 'freed'> {
  const count = (effect: IsolationLine['effect'], direction: IsolationLine['direction']): number =>
    lines.filter((line) => line.effect === effect && line.direction === direction).length;
  const ways = (effect: IsolationLine['effect']) => ({
    ingress: count(effect, 'ingress'),
    egress: count(effect, 'egress'),
  });
  return { isolated: ways('isolated'), freed: ways('freed') };
}

/** The headline of an answer at admission, and what comes and goes with workloads. */
function headlineOf(
  impact: Impact,
  { added, removed }: DiffDocument['workloads'],
  summary: DiffDocument['summary'],
): string {
  const counted = (count: number): string => `${count} ${count === 1 ? 'workload' : 'workloads'}`;
  const parts = [
    headline(impact, 'their namespaces', () => true, ''),
    added.length === 0 ? '' : `adds ${counted(added.length)} with ${summary.added} connections`,
    removed.length === 0 ? '' : `removes ${counted(removed.length)} with ${summary.removed} connections`,
  ].filter((part) => part !== '');
  if (parts.length > 0) return parts.join('; ');
  const { blocked, opened, undecided } = summary;
  const changed = blocked.critical + blocked.withdrawn + blocked.implied + opened + undecided;
  if (changed === 0) return 'changes no connection';
  return `changes ${changed} ${changed === 1 ? 'connection' : 'connections'}`;
}
