import { setImmediate as turn } from 'node:timers/promises';
import type { ClusterSource } from '../cluster/client.ts';
import { readManifests } from '../cluster/manifests.ts';
import type { Detected } from '../model/detected.ts';
import type { Level } from '../model/finding.ts';
import type { Profile } from '../model/profile.ts';
import type { Freshness } from '../model/review.ts';
import { type Rollout, rolloutJson, rolloutLines } from '../report/rollout.ts';
import { lookAtRollout, policiesToLookAt, type RolloutLook, type WouldReject } from '../review/rollout.ts';
import type { ScanContext } from '../review/scan-policy.ts';
import { defaultSettings, profileOf, type Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import type { Printing } from './contract-test.ts';
import { detectedAt, detectedIn } from './detected.ts';
import { type Pictured, pictureOnce } from './one-picture.ts';
import { eventsOf, readFreshSnapshot } from './open-snapshot.ts';
import type { Output } from './outputs.ts';
import { readSettings, readTexts } from './read-inputs.ts';
import { isSnapshotFile } from './snapshot-file.ts';

export const rolloutFormats = ['pretty', 'json'] as const;

/** What `netsluice rollout` is asked to do. */
export interface RolloutPlan {
  readonly enforce: Level;
  readonly source: ClusterSource;
  /** A file of `netsluice snapshot`, or manifests, instead of a live cluster; none for a live one. */
  readonly snapshot: readonly string[];
  /** An older snapshot is not asked; null where any age is good enough. */
  readonly maxAgeMs: number | null;
  readonly settings: string | null;
  readonly ownNamespace: string;
  readonly waitMs: number;
  readonly outputs: readonly Output<(typeof rolloutFormats)[number]>[];
}

/** Where time comes from; progress is told for work that takes longer than a second. */
export interface Timing {
  readonly now: () => number;
  /** Today in UTC as `YYYY-MM-DD`. */
  readonly today: () => string;
}

const quietMs = 1000;
const everyMs = 2000;

/**
 * Lists the policies that would be rejected if they were created now.
 *
 * @returns 0 where there is none, 1 where there are some, 3 where the cluster or a part of it could not be read.
 */
export async function runRollout(plan: RolloutPlan, printing: Printing, timing: Timing): Promise<number> {
  const { tell, write, paint } = printing;
  const settings = plan.settings === null ? defaultSettings : readSettings(plan.settings);
  if ('problem' in settings) return unreadable(tell, settings.problem);
  const pictured = await picture(plan, settings, printing);
  if ('problem' in pictured) return unreadable(tell, pictured.problem);
  const { world, freshness, problems } = pictured;
  const context: ScanContext = { world, settings, rules, freshness, today: timing.today() };
  const looks = await lookAtAll(plan, context, printing, timing);
  const rollout = sumUp(plan.enforce, looks, [
    ...problems,
    ...unreadPolicies(world),
    ...absentKinds(freshness),
  ]);
  for (const { name, file } of plan.outputs)
    write(file, name === 'json' ? rolloutJson(rollout) : rolloutLines(rollout, paint));
  if (rollout.gaps.length > 0) return 3;
  return rollout.rejected.length > 0 ? 1 : 0;
}

function unreadable(tell: Printing['tell'], problem: string): number {
  tell(problem);
  return 3;
}

async function picture(
  plan: RolloutPlan,
  settings: Settings,
  { tell }: Printing,
): Promise<Pictured | { readonly problem: string }> {
  const profile = (detected: Detected): Profile => profileOf(settings, detected);
  if (plan.snapshot.length === 0) return pictureOnce(plan.source, profile, { waitMs: plan.waitMs, tell });
  const [only = ''] = plan.snapshot;
  if (plan.snapshot.length === 1 && isSnapshotFile(only)) {
    const saved = readFreshSnapshot(only, plan.maxAgeMs, tell);
    if ('problem' in saved) return saved;
    const freshness = { stale: [], absent: saved.absent };
    const detected = detectedAt(saved);
    const world = worldOf(profile(detected), eventsOf(saved));
    return { world, freshness, problems: [], detected };
  }
  const texts = readTexts(plan.snapshot);
  if ('problem' in texts) return texts;
  const { events, problems, config } = readManifests(texts);
  const detected = detectedIn(events, config);
  return {
    world: worldOf(profile(detected), events),
    detected,
    freshness: { stale: [], absent: [] },
    problems: problems.map(
      ({ file, line, message }) => `${file}${line === undefined ? '' : `:${line}`}: ${message}`,
    ),
  };
}

async function lookAtAll(
  { enforce, ownNamespace }: RolloutPlan,
  context: ScanContext,
  { tell }: Printing,
  { now }: Timing,
): Promise<readonly RolloutLook[]> {
  const policies = policiesToLookAt(context);
  const looks: RolloutLook[] = [];
  const started = now();
  let tellAt = started + quietMs;
  for (const policy of policies) {
    looks.push(lookAtRollout(policy, enforce, context, ownNamespace));
    if (now() < tellAt) continue;
    tellAt = now() + everyMs;
    tell(`looked at ${looks.length} of ${policies.length} policies`);
    // A signal must be able to end it.
    await turn();
  }
  return looks;
}

function sumUp(enforce: Level, looks: readonly RolloutLook[], known: readonly string[]): Rollout {
  const off = (because: 'exempt' | 'off'): number =>
    looks.filter((look) => look.kind === 'not-enforced' && look.because === because).length;
  const notEnforced = { exempt: off('exempt'), off: off('off') };
  const failed = looks.flatMap((look) => (look.kind === 'failed' ? look.rules : []));
  const rejected: readonly WouldReject[] = looks.flatMap((look) =>
    look.kind === 'rejected' ? [look.rejected] : [],
  );
  return {
    enforce,
    rejected,
    policies: looks.length - notEnforced.exempt - notEnforced.off,
    notEnforced,
    gaps: [...known, ...[...new Set(failed)].map((rule) => `rule ${rule} failed`)],
  };
}

function unreadPolicies(world: ClusterWorld): string[] {
  const stored = [...world.records('NetworkPolicy')].filter(({ policy }) => policy === null);
  return stored
    .map(({ namespace, name, problem }) => `NetworkPolicy ${namespace}/${name} cannot be read: ${problem}`)
    .sort();
}

/** Kinds that RBAC denies or the cluster does not have: rules that need them said nothing. */
function absentKinds({ absent }: Freshness): string[] {
  return absent.map((kind) => `${kind} could not be listed; rules that need it rejected nothing`);
}
