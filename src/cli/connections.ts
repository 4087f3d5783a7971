import { type ConnectionRow, type Connections, connectionsOf } from '../impact/connections.ts';
import type { ConnectionEnd, ConnectionUnit } from '../impact/connections-tally.ts';
import { type Direction, directions } from '../model/policy.ts';
import {
  type ConnectionsDocument,
  connectionsMarkdown,
  connectionsText,
  type PortLists,
} from '../report/connections.ts';
import { connectionsDot } from '../report/connections-dot.ts';
import { rowsJson } from '../report/rows-json.ts';
import { isEmpty, type PortSet } from '../sets/port-set.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Printing } from './contract-test.ts';
import { type IpBlockPods, withBlocks } from './ip-block-pods.ts';
import type { Output } from './outputs.ts';
import { idOf, portLists } from './port-lists.ts';
import { type ClusterInput, gapsOf, type OpenedCluster, openCluster } from './trace-input.ts';

export const connectionsFormats = ['pretty', 'json', 'markdown', 'dot'] as const;

/** What `netsluice connections` is asked to do. */
export interface ConnectionsPlan {
  readonly input: ClusterInput;
  readonly unit: ConnectionUnit;
  readonly ipBlockPods: IpBlockPods;
  readonly outputs: readonly Output<(typeof connectionsFormats)[number]>[];
}

/** So many rows are about as much as one JSON text can hold. */
const rowsMax = 1_000_000;

/**
 * Lists who may talk to whom.
 *
 * @returns 0, or 3 where something could not be read; what could be read is answered then all the same.
 */
export async function runConnections(
  plan: ConnectionsPlan,
  { write, tell, paint }: Printing,
): Promise<number> {
  const opened = await openCluster(plan.input, tell, (profile) => withBlocks(profile, plan.ipBlockPods));
  if ('problem' in opened) {
    tell(opened.problem);
    return 3;
  }
  const document = documentOf(connectionsOf(opened.world, plan.unit, rowsMax), opened, plan.unit);
  for (const { name, file } of plan.outputs) {
    switch (name) {
      case 'pretty':
        write(file, connectionsText(document, paint));
        break;
      case 'json':
        write(file, rowsJson(document));
        break;
      case 'markdown':
        write(file, connectionsMarkdown(document));
        break;
      case 'dot':
        write(file, connectionsDot(document));
        break;
    }
  }
  return opened.problems.length > 0 || document.partial !== null ? 3 : 0;
}

function documentOf(
  { ends, rows, cut }: Connections,
  opened: OpenedCluster,
  unit: ConnectionUnit,
): ConnectionsDocument {
  const lists = portLists();
  const left = [
    ...(cut ? [`connections after the first ${rowsMax}`] : []),
    ...opened.absent.map((kind) => `${kind}, which could not be listed`),
  ];
  return {
    schema: 'connections/v1',
    workloads: ends.map((end) => workloadOf(opened.world, end, unit)),
    connections: rows
      .filter(({ allow, allowSome }) => !isEmpty(allow) || !isEmpty(allowSome))
      .map(({ src, dst, allow, allowSome }) => ({
        src: idOf(src),
        dst: idOf(dst),
        allow: lists(allow),
        ...(isEmpty(allowSome) ? {} : { allowSome: lists(allowSome) }),
      })),
    undecided: rows.flatMap((row) => undecidedOf(row, lists)),
    problems: gapsOf(opened).problems,
    partial: left.length === 0 ? null : left.join('; '),
  };
}

function undecidedOf(
  { src, dst, undecided }: ConnectionRow,
  lists: (set: PortSet) => PortLists,
): ConnectionsDocument['undecided'] {
  const reasons = [...undecided].sort(([a], [b]) => (a < b ? -1 : 1));
  return reasons.map(([reason, ports]) => ({ src: idOf(src), dst: idOf(dst), ports: lists(ports), reason }));
}

function workloadOf(
  world: ClusterWorld,
  { id, units }: ConnectionEnd,
  unit: ConnectionUnit,
): ConnectionsDocument['workloads'][number] {
  const isolated = (direction: Direction): number =>
    units.filter((each) => world.isolated(direction).has(each.id)).length;
  const [ingress, egress] = directions.map(isolated);
  const all = { ingress: ingress === units.length, egress: egress === units.length };
  const some = { ingress: !all.ingress && ingress !== 0, egress: !all.egress && egress !== 0 };
  return {
    id,
    pods: unit === 'pod' ? 1 : declaredPods(world, units),
    isolated: all,
    ...(some.ingress || some.egress ? { isolatedSome: some } : {}),
  };
}

/** "`pods` is the declared count (0 when scaled to zero)"; where nothing is declared, those that are there. */
function declaredPods(world: ClusterWorld, units: ConnectionEnd['units']): number {
  const [first] = units;
  const record = first === undefined ? undefined : world.workloadRecord(first.workload);
  const running = units.reduce((sum, { members }) => sum + members.size, 0);
  if (record === undefined) return running;
  // Nothing says how many nodes or runs there will be.
  const uncounted = record.kind === 'DaemonSet' || record.kind === 'CronJob';
  return uncounted ? Math.max(1, running) : record.replicas;
}
