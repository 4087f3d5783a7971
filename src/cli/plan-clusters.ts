import type { DocumentProblem } from '../cluster/documents.ts';
import { impliedNamespaces } from '../cluster/implied-namespaces.ts';
import { nothingAsked } from '../model/detected.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { Freshness } from '../model/review.ts';
import { profileOf, type Settings } from '../review/settings.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { detectedIn } from './detected.ts';
import type { Plan } from './plan.ts';
import { type ClusterInput, openCluster } from './trace-input.ts';

/** A cluster that a change is planned for. */
export interface OpenedPlanCluster {
  readonly name: string;
  readonly world: ClusterWorld;
  readonly freshness: Freshness;
  readonly problems: readonly DocumentProblem[];
  /** Kinds on which verdicts rest and that could not be listed. */
  readonly absent: readonly string[];
}

type Problem = { readonly problem: string };

/** Opens every cluster that is asked for; where none is, and the change is between trees, the first tree is it. */
export async function clustersOf(
  plan: Plan,
  settings: Settings,
  base: readonly ClusterObject[] | null,
  tell: (line: string) => void,
): Promise<readonly (OpenedPlanCluster | Problem)[]> {
  const { snapshots, cluster, source, maxAgeMs, waitMs, settings: file } = plan;
  const input: ClusterInput = { paths: [], snapshots: [], maxAgeMs, source, settings: file, waitMs };
  const open = async (name: string, asked: Partial<ClusterInput>): Promise<OpenedPlanCluster | Problem> => {
    const opened = await openCluster({ ...input, ...asked }, tell);
    return 'problem' in opened ? opened : { name, ...opened };
  };
  if (snapshots.length > 0) {
    const opened: (OpenedPlanCluster | Problem)[] = [];
    for (const snapshot of snapshots) opened.push(await open(snapshot, { snapshots: [snapshot] }));
    return opened;
  }
  if (cluster.length > 0) return [await open(cluster.join(' '), { paths: cluster })];
  if (plan.live || base === null) return [await open(source.context ?? 'the current context', {})];
  return [baseCluster(base, settings)];
}

function baseCluster(base: readonly ClusterObject[], settings: Settings): OpenedPlanCluster {
  const events = [...base, ...impliedNamespaces(base)].map((object) => ({ type: 'put' as const, object }));
  return {
    name: 'the base',
    world: worldOf(profileOf(settings, detectedIn(events, nothingAsked)), events),
    freshness: { stale: [], absent: [] },
    problems: [],
    absent: [],
  };
}
