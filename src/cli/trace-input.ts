import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ClusterSource } from '../cluster/client.ts';
import type { DocumentProblem } from '../cluster/documents.ts';
import type { Profile } from '../model/profile.ts';
import { defaultSettings, profileOf } from '../review/settings.ts';
import { worldOf } from '../world/build.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { pictureOnce } from './one-picture.ts';
import { readSettings } from './read-inputs.ts';
import { readCluster } from './trace-manifests.ts';

/** Where the commands that answer questions about one cluster read it from. */
export interface ClusterInput {
  /** Manifests; none for a live cluster. */
  readonly paths: readonly string[];
  readonly source: ClusterSource;
  readonly settings: string | null;
  readonly waitMs: number;
}

/** The options as commander gives them. */
export interface InputFlags {
  readonly file?: readonly string[];
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
    .addOption(
      new Option('--kubeconfig <FILE>', 'how to reach the cluster, without -f').env('NETSLUICE_KUBECONFIG'),
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
  const { file: paths = [], kubeconfig = null, context = null, settings = null, waitSeconds } = flags;
  if (paths.length > 0 && context !== null)
    return {
      problem: '-f and --context exclude each other: ask about manifests or about a cluster, not both.',
    };
  return { paths, source: { kubeconfig, context }, settings, waitMs: waitSeconds * 1000 };
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
]);

/** A cluster that was read, as far as it could be. */
export interface OpenedCluster {
  readonly world: ClusterWorld;
  /** Documents that could not be read. */
  readonly problems: readonly DocumentProblem[];
  /** Kinds that a live cluster does not have or does not let us list. */
  readonly absent: readonly string[];
}

/**
 * Reads the cluster. What cannot be read in part is told and left out.
 *
 * @param adapt Changes what the settings say of the network plugin.
 */
export async function openCluster(
  { paths, source, settings: file, waitMs }: ClusterInput,
  tell: (line: string) => void,
  adapt: (profile: Profile) => Profile = (profile) => profile,
): Promise<OpenedCluster | { readonly problem: string }> {
  const settings = file === null ? defaultSettings : readSettings(file);
  if ('problem' in settings) return settings;
  const profile = adapt(profileOf(settings));
  if (paths.length === 0) {
    const pictured = await pictureOnce(source, profile, { waitMs, tell });
    if ('problem' in pictured) return pictured;
    const absent = pictured.freshness.absent.filter((kind) => !unasked.has(kind));
    return { world: pictured.world, problems: [], absent };
  }
  const read = readCluster(paths);
  if ('problem' in read) return read;
  for (const { file: name, line, message } of read.problems)
    tell(`not read: ${name}${line === undefined ? '' : `:${line}`}: ${message}`);
  return { world: worldOf(profile, read.events), problems: read.problems, absent: [] };
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
