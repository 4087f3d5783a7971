import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ClusterSource } from '../cluster/client.ts';
import type { DocumentProblem } from '../cluster/documents.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Detected } from '../model/detected.ts';
import type { Profile } from '../model/profile.ts';
import type { Freshness } from '../model/review.ts';
import { defaultSettings, profileOf } from '../review/settings.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { detectedAt, detectedIn } from './detected.ts';
import { pictureOnce } from './one-picture.ts';
import { duration, eventsOf, readFreshSnapshot } from './open-snapshot.ts';
import { readSettings } from './read-inputs.ts';
import { readCluster } from './trace-manifests.ts';

/** Where the commands that answer questions about one cluster read it from. */
export interface ClusterInput {
  /** Manifests; none for a live cluster or a snapshot. */
  readonly paths: readonly string[];
  /** Files that `netsluice snapshot` wrote; one at a time is opened. */
  readonly snapshots: readonly string[];
  /** An older snapshot is a problem; null where any age is good enough. */
  readonly maxAgeMs: number | null;
  readonly source: ClusterSource;
  readonly settings: string | null;
  readonly waitMs: number;
}

/** The options as commander gives them. */
export interface InputFlags {
  readonly file?: readonly string[];
  readonly snapshot?: string;
  readonly maxAge?: number;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly settings?: string;
  readonly waitSeconds: number;
}

function wholeSeconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value >= 1 && value <= 3600) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 3600.');
}

/** Gives a command the options by which it finds its cluster. */
export function withInputOptions(command: Command): Command {
  return command
    .option('-f, --file <PATH...>', 'manifests: files, directories, or - for standard input')
    .option('--snapshot <FILE>', 'a cluster that netsluice snapshot saved')
    .option('--max-age <DURATION>', 'a snapshot older than this, such as 12h or 7d, is not asked', duration)
    .addOption(
      new Option('--kubeconfig <FILE>', 'how to reach the cluster, without -f and --snapshot').env(
        'NETSLUICE_KUBECONFIG',
      ),
    )
    .option('--context <NAME>', 'the context of the kubeconfig to use')
    .addOption(
      new Option('--settings <FILE>', 'a settings file; its platform says what the network plugin does').env(
        'NETSLUICE_SETTINGS',
      ),
    )
    .option('--wait-seconds <N>', 'how long to wait for the lists of a live cluster', wholeSeconds, 120);
}

/** What the options ask for, or why they make no sense together. */
export function inputOf(flags: InputFlags): ClusterInput | { readonly problem: string } {
  const { file: paths = [], snapshot, maxAge = null, kubeconfig = null, context = null } = flags;
  if (paths.length > 0 && context !== null)
    return {
      problem: '-f and --context exclude each other: ask about manifests or about a cluster, not both.',
    };
  if (snapshot !== undefined && (paths.length > 0 || context !== null))
    return {
      problem: `--snapshot and ${paths.length > 0 ? '-f' : '--context'} exclude each other: ask about one of them.`,
    };
  return {
    paths,
    snapshots: snapshot === undefined ? [] : [snapshot],
    maxAgeMs: maxAge,
    source: { kubeconfig, context },
    settings: flags.settings ?? null,
    waitMs: flags.waitSeconds * 1000,
  };
}

/** Kinds on which no verdict rests: who may not list them gets whole answers. */
const unasked: ReadonlySet<string> = new Set([
  'Service',
  'EndpointSlice',
  'Ingress',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'CustomResourceDefinition',
  'HTTPRoute',
  'Monitor',
  'RoleBinding',
]);

/** A cluster that was read, as far as it could be. */
export interface OpenedCluster {
  readonly world: ClusterWorld;
  /** Documents that could not be read. */
  readonly problems: readonly DocumentProblem[];
  /** Kinds on which verdicts rest and that a live cluster does not have or does not let us list. */
  readonly absent: readonly string[];
  /** The same with all kinds, as a review asks for it. */
  readonly freshness: Freshness;
  /** What was found out about the network plugin; the settings may say otherwise. */
  readonly detected: Detected;
  /** The snapshot that it was read from, or null. */
  readonly snapshot: Snapshot | null;
}

/**
 * Reads the cluster. What cannot be read in part is told and left out.
 *
 * @param adapt Changes what the settings say of the network plugin.
 */
export async function openCluster(
  { paths, snapshots, maxAgeMs, source, settings: file, waitMs }: ClusterInput,
  tell: (line: string) => void,
  adapt: (profile: Profile) => Profile = (profile) => profile,
): Promise<OpenedCluster | { readonly problem: string }> {
  const settings = file === null ? defaultSettings : readSettings(file);
  if ('problem' in settings) return settings;
  const profile = (detected: Detected): Profile => adapt(profileOf(settings, detected));
  const [saved] = snapshots;
  if (saved !== undefined) return openSnapshot(saved, maxAgeMs, profile, tell);
  if (paths.length === 0) {
    const pictured = await pictureOnce(source, profile, { waitMs, tell });
    return 'problem' in pictured ? pictured : opened(pictured.world, pictured.freshness, pictured.detected);
  }
  const read = readCluster(paths);
  if ('problem' in read) return read;
  for (const { file: name, line, message } of read.problems)
    tell(`not read: ${name}${line === undefined ? '' : `:${line}`}: ${message}`);
  const detected = detectedIn(read.events, read.config);
  return {
    ...opened(worldOf(profile(detected), read.events), fresh, detected),
    problems: read.problems,
  };
}

const fresh: Freshness = { stale: [], absent: [] };

function opened(world: ClusterWorld, freshness: Freshness, detected: Detected): OpenedCluster {
  const absent = freshness.absent.filter((kind) => !unasked.has(kind));
  return { world, problems: [], absent, freshness, detected, snapshot: null };
}

function openSnapshot(
  file: string,
  maxAgeMs: number | null,
  profile: (detected: Detected) => Profile,
  tell: (line: string) => void,
): OpenedCluster | { readonly problem: string } {
  const snapshot = readFreshSnapshot(file, maxAgeMs, tell);
  if ('problem' in snapshot) return snapshot;
  const detected = detectedAt(snapshot);
  const world = worldOf(profile(detected), eventsOf(snapshot));
  return { ...opened(world, { stale: [], absent: snapshot.absent }, detected), snapshot };
}

/** What was not read, as the documents of these commands tell it. */
export function gapsOf({ problems, absent }: OpenedCluster): {
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly message: string }[];
  readonly partial: string | null;
} {
  return {
    problems: problems.map(({ file, line, message }) => ({
      file,
      ...(line === undefined ? {} : { line }),
      message,
    })),
    partial: absent.length === 0 ? null : `${absent.join(', ')} could not be listed`,
  };
}
