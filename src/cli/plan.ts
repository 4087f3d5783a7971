import type { ClusterSource } from '../cluster/client.ts';
import type { DocumentProblem } from '../cluster/documents.ts';
import type { Severity } from '../model/finding.ts';
import type { ClusterObject } from '../model/objects.ts';
import { changesAnything } from '../report/diff.ts';
import { reaches } from '../report/lint-report.ts';
import {
  type ClusterPlan,
  counts,
  type PlanDocument,
  planJson,
  planMarkdown,
  planText,
} from '../report/plan.ts';
import { plain } from '../report/terminal.ts';
import { planChange, type Wish, wishesBetween, wishesToApply } from '../review/plan-change.ts';
import { defaultSettings, type Settings } from '../review/settings.ts';
import type { Printing } from './contract-test.ts';
import type { DiffFormat } from './diff.ts';
import type { Output } from './outputs.ts';
import { clustersOf, type OpenedPlanCluster } from './plan-clusters.ts';
import { deletionsOf, type Naming } from './plan-deletions.ts';
import { planDocument } from './plan-document.ts';
import { progressOf } from './progress.ts';
import { readSettings } from './read-inputs.ts';
import { RecordReader } from './record-reader.ts';

/** What is to be done to the clusters. */
export type PlanAsked =
  /** Manifests to apply, and objects to delete. */
  | { readonly kind: 'apply'; readonly files: readonly string[]; readonly deletions: readonly Naming[] }
  /** What leads from one tree to the other; what the second lacks is deleted. */
  | { readonly kind: 'trees'; readonly base: readonly string[]; readonly head: readonly string[] };

/** What `netsluice plan` is asked to do. */
export interface Plan {
  readonly asked: PlanAsked;
  readonly snapshots: readonly string[];
  /** An older snapshot is not planned over; null where any age is good enough. */
  readonly maxAgeMs: number | null;
  /** Manifests that are the cluster. */
  readonly cluster: readonly string[];
  /** A live cluster; null where none is asked for by name. */
  readonly source: ClusterSource;
  readonly live: boolean;
  readonly waitMs: number;
  readonly settings: string | null;
  readonly failOn: Severity;
  readonly failOnChange: boolean;
  readonly outputs: readonly Output<DiffFormat>[];
}

export interface PlanSurroundings {
  readonly now: () => number;
  /** Today in UTC as `YYYY-MM-DD`; waivers expire by it. */
  readonly today: string;
}

type Problem = { readonly problem: string };

/** The change as it is written, for every cluster the same. */
interface Wanted {
  readonly wishes: readonly Wish[];
  readonly deletions: readonly Naming[];
  readonly base: readonly ClusterObject[] | null;
  readonly problems: readonly DocumentProblem[];
}

/**
 * Tells what a change does to clusters, and what the webhook would find.
 *
 * @returns 0; 1 for findings at or above `failOn`, or for any change where `failOnChange` asks for it; 2 where an object
 * to delete does not exist; 3 where something could not be read.
 */
export async function runPlan(
  plan: Plan,
  printing: Printing,
  surroundings: PlanSurroundings,
): Promise<number> {
  const { tell } = printing;
  const settings = plan.settings === null ? defaultSettings : readSettings(plan.settings);
  const wanted = await wantedBy(plan.asked, new RecordReader(progressOf(tell, surroundings.now)));
  if ('problem' in settings) return failed(tell, settings.problem, 3);
  if ('problem' in wanted) return failed(tell, wanted.problem, 3);
  for (const { file, line, message } of wanted.problems)
    tell(`not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  const opened = await clustersOf(plan, settings, wanted.base, tell);
  const clusters = opened.flatMap((cluster) => ('problem' in cluster ? [] : [cluster]));
  const unread = opened.flatMap((cluster) => ('problem' in cluster ? [cluster.problem] : []));
  for (const problem of unread) tell(problem);
  const plans: ClusterPlan[] = [];
  for (const cluster of clusters) {
    const doomed = deletionsOf(wanted.deletions, cluster.world);
    if ('problem' in doomed) return failed(tell, doomed.problem, 2);
    const wishes = [...wanted.wishes, ...doomed];
    const document = documentOf(plan, settings, cluster, { ...wanted, wishes }, surroundings.today);
    plans.push({ cluster: cluster.name, document });
  }
  if (plans.length > 0) print(plans, plan, printing);
  if (unread.length > 0 || plans.some(({ document }) => isGappy(document))) return 3;
  return plans.some(({ document }) => fails(document, plan)) ? 1 : 0;
}

function failed(tell: Printing['tell'], problem: string, code: number): number {
  tell(problem);
  return code;
}

async function wantedBy(asked: PlanAsked, reader: RecordReader): Promise<Wanted | Problem> {
  if (asked.kind === 'apply') {
    const { files, deletions } = asked;
    const read = files.length === 0 ? { records: [], problems: [] } : await reader.read(files);
    if ('problem' in read) return read;
    return { wishes: wishesToApply(read.records), deletions, base: null, problems: read.problems };
  }
  const [base, head] = [await reader.read(asked.base), await reader.read(asked.head)];
  if ('problem' in base) return base;
  if ('problem' in head) return head;
  return {
    wishes: wishesBetween(base.records, head.records),
    deletions: [],
    base: base.records,
    problems: [...base.problems, ...head.problems],
  };
}

function documentOf(
  plan: Plan,
  settings: Settings,
  cluster: OpenedPlanCluster,
  { wishes, problems }: Wanted,
  today: string,
): PlanDocument {
  const change = planChange(wishes, cluster.world);
  // What nobody can judge is in force on both sides, so that nothing is said of the pods it may govern.
  cluster.world.apply(change.ground.map((object) => ({ type: 'put', object })));
  return planDocument({
    change,
    world: cluster.world,
    settings,
    level: plan.settings === null ? 'restricted' : 'settings',
    freshness: cluster.freshness,
    today,
    problems: [...cluster.problems, ...problems],
    partial: cluster.absent.map((kind) => `${kind}, which could not be listed`),
  });
}

function print(plans: readonly ClusterPlan[], { outputs }: Plan, { write, paint }: Printing): void {
  for (const { name, file } of outputs) {
    if (name === 'pretty') write(file, planText(plans, file === null ? paint : plain));
    else write(file, name === 'json' ? planJson(plans) : planMarkdown(plans));
  }
}

function isGappy({ problems, partial }: PlanDocument): boolean {
  return problems.length > 0 || partial !== null;
}

function fails(document: PlanDocument, { failOn, failOnChange }: Plan): boolean {
  const found = document.decision.findings.some(
    (fate) => counts(fate) && fate.severity !== 'off' && reaches(fate.severity, failOn),
  );
  return found || (failOnChange && changesAnything(document));
}
