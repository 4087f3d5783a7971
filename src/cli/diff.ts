import { impliedNamespaces } from '../cluster/implied-namespaces.ts';
import { unbounded } from '../impact/budget.ts';
import type { ConnectionUnit } from '../impact/connections-tally.ts';
import { difference } from '../impact/difference.ts';
import type { Required } from '../impact/grades.ts';
import type { Change } from '../model/change.ts';
import { type Detected, nothingAsked } from '../model/detected.ts';
import type { ClusterObject } from '../model/objects.ts';
import { type Profile, profiles, unknownProfile } from '../model/profile.ts';
import { factsOf } from '../platform/facts.ts';
import { changesAnything, type DiffDocument } from '../report/diff.ts';
import { diffMarkdown } from '../report/diff-markdown.ts';
import { diffJson, diffText } from '../report/diff-text.ts';
import { plain } from '../report/terminal.ts';
import { worldOf } from '../world/build.ts';
import { changeBetween } from '../world/change-between.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { overlay } from '../world/overlay.ts';
import type { Printing } from './contract-test.ts';
import { detectedAt, detectedIn } from './detected.ts';
import { diffDocument } from './diff-document.ts';
import { type IpBlockPods, withBlocks } from './ip-block-pods.ts';
import type { Output } from './outputs.ts';
import { progressOf } from './progress.ts';
import { RecordReader, type RecordsRead } from './record-reader.ts';

export type DiffFormat = 'pretty' | 'json' | 'markdown';

/** What `netsluice diff` is asked to do. */
export interface DiffPlan {
  readonly before: string;
  readonly after: string;
  readonly settings: string | null;
  readonly unit: ConnectionUnit;
  readonly ipBlockPods: IpBlockPods;
  readonly failOnChange: boolean;
  /** Are the times that it took to be told? */
  readonly timing: boolean;
  readonly outputs: readonly Output<DiffFormat>[];
}

export interface DiffSurroundings {
  /** Milliseconds from any moment on. */
  readonly now: () => number;
}

type Problem = { readonly problem: string };

/**
 * Lists what is different between two states of a cluster.
 *
 * @returns 0; 1 where something changed and `failOnChange` asks for it; 3 where something could not be read, and what
 * could be is compared then all the same.
 */
export async function runDiff(
  plan: DiffPlan,
  printing: Printing,
  { now }: DiffSurroundings,
): Promise<number> {
  const { tell } = printing;
  const started = now();
  const reader = new RecordReader(progressOf(tell, now));
  const [before, after] = [await reader.read([plan.before]), await reader.read([plan.after])];
  const ground = await groundOf(plan, before);
  for (const problem of problemsIn([before, after, ground])) tell(problem);
  if ('problem' in before || 'problem' in after || 'problem' in ground) return 3;
  const read = now();
  const document = documentOf(plan, before, after, ground);
  const compared = now();
  printDiff(document, plan.outputs, printing);
  if (plan.timing) {
    const files = before.files + after.files;
    tell(`read ${files} files, ${reader.parsed} of them different, in ${seconds(started, read)}`);
    tell(`compared in ${seconds(read, compared)}, printed in ${seconds(compared, now())}`);
  }
  if (document.problems.length > 0 || document.partial !== null) return 3;
  return plan.failOnChange && changesAnything(document) ? 1 : 0;
}

/** Each once: what the state before is good for rests on reading it. */
function problemsIn(read: readonly (object | Problem)[]): ReadonlySet<string> {
  return new Set(read.flatMap((each) => ('problem' in each ? [each.problem] : [])));
}

function printDiff(
  document: DiffDocument,
  outputs: DiffPlan['outputs'],
  { tell, write, paint }: Printing,
): void {
  for (const { file, line, message } of document.problems)
    tell(`not read: ${file}${line === undefined ? '' : `:${line}`}: ${message}`);
  for (const { name, file } of outputs) {
    if (name === 'pretty') write(file, diffText(document, file === null ? paint : plain));
    else write(file, name === 'json' ? diffJson(document) : diffMarkdown(document));
  }
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(3)} s`;
}

/** What verdicts and grades rest on beside the objects. */
interface Ground {
  readonly profile: Profile;
  readonly requiredIn: (world: ClusterWorld, change: Change) => readonly Required[];
  /** The label keys that contracts ask for. */
  readonly keys: ReadonlySet<string>;
}

/** Of the settings file where there is one; what the network plugin is, the state before tells. */
async function groundOf(plan: DiffPlan, before: RecordsRead | Problem): Promise<Ground | Problem> {
  if ('problem' in before) return before;
  const detected = pluginOf(before);
  if (plan.settings === null) {
    const profile = { ...(profiles.get(detected.profile) ?? unknownProfile), ...detected.answers };
    return { profile: withBlocks(profile, plan.ipBlockPods), requiredIn: () => [], keys: new Set() };
  }
  // Loaded late: most comparisons do without the schema of the settings.
  const [{ readSettings }, { profileOf }, { contractsOf }, { requiredBy }, { keysOfContracts }] =
    await Promise.all([
      import('./read-inputs.ts'),
      import('../review/settings.ts'),
      import('../review/contract.ts'),
      import('../review/contract-findings.ts'),
      import('../review/contract-ends.ts'),
    ]);
  const settings = readSettings(plan.settings);
  if ('problem' in settings) return settings;
  const contracts = contractsOf(settings.contracts);
  return {
    profile: withBlocks(profileOf(settings, detected), plan.ipBlockPods),
    requiredIn: (world, laid) => requiredBy({ world, laid, contracts })(world),
    keys: keysOfContracts(contracts),
  };
}

function pluginOf({ snapshot, records }: RecordsRead): Detected {
  if (snapshot !== null) return detectedAt(snapshot);
  return detectedIn(
    records.map((object) => ({ type: 'put', object })),
    nothingAsked,
  );
}

function documentOf(
  { unit }: DiffPlan,
  before: RecordsRead,
  after: RecordsRead,
  { profile, requiredIn, keys }: Ground,
): DiffDocument {
  const { base, change } = changeBetween(stated(before), stated(after), profile);
  const world = worldOf(profile, base);
  const worlds = overlay(world, change, keys);
  return diffDocument({
    worlds,
    difference: difference(worlds, change, unbounded()),
    facts: factsOf(worlds.before),
    required: requiredIn(world, change),
    unit,
    problems: [...before.problems, ...after.problems].map(({ file, line, message }) => ({
      file,
      ...(line === undefined ? {} : { line }),
      message,
    })),
    partial: [...new Set([before, after].flatMap(gapsIn))],
  });
}

function stated({ records, snapshot }: RecordsRead): readonly ClusterObject[] {
  return snapshot === null ? [...records, ...impliedNamespaces(records)] : records;
}

/** Kinds on which verdicts rest and that the taker of a snapshot could not list. */
function gapsIn({ snapshot }: RecordsRead): string[] {
  const absent = (snapshot?.absent ?? []).filter((kind) =>
    ['Pod', 'Namespace', 'NetworkPolicy', 'Node'].includes(kind),
  );
  return absent.map((kind) => `${kind}, which could not be listed`);
}
