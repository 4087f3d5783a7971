import { foreignKinds } from '../model/decode/foreign-policy.ts';
import { get, list, text } from '../model/decode/lenient.ts';
import { type ApiClient, ApiError, expectOk, readBody, StreamError } from './api-client.ts';
import { foreignWatch, type WatchedKind } from './kinds.ts';

const answerMax = 8 * 1024 * 1024;

export interface Discovery {
  readonly kinds: readonly WatchedKind[];
  /** Groups that exist but did not answer, as when an aggregated API is down: nothing is known about them now. */
  readonly unknownGroups: readonly { readonly group: string; readonly message: string }[];
}

/** Asks which policy APIs exist that are not built in. Throws where the list of groups cannot be had. */
export async function discoverForeignKinds(client: ApiClient, signal: AbortSignal): Promise<Discovery> {
  const versions = await servedVersions(client, signal);
  const kinds: WatchedKind[] = [];
  const unknownGroups: { group: string; message: string }[] = [];
  for (const group of new Set(foreignKinds.map((foreign) => foreign.group))) {
    try {
      kinds.push(...(await kindsOfGroup(client, group, versions.get(group) ?? [], signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      const message = error instanceof Error ? error.message : String(error);
      // A group that vanished in between has no kinds.
      if (!(error instanceof ApiError && error.status === 404)) unknownGroups.push({ group, message });
    }
  }
  return { kinds: withoutTwins(kinds), unknownGroups };
}

/** The versions of each group, the preferred one first. */
async function servedVersions(
  client: ApiClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const groups = await getJson(client, '/apis', signal);
  const versions = new Map<string, readonly string[]>();
  for (const group of list(get(groups, 'groups'))) {
    const name = text(get(group, 'name'));
    const preferred = text(get(group, 'preferredVersion', 'version'));
    const all = list(get(group, 'versions')).flatMap((item) => text(get(item, 'version')) ?? []);
    if (name !== null) versions.set(name, [...new Set(preferred === null ? all : [preferred, ...all])]);
  }
  return versions;
}

/** Each kind in the first version that has it: kinds of one group need not share a version. */
async function kindsOfGroup(
  client: ApiClient,
  group: string,
  versions: readonly string[],
  signal: AbortSignal,
): Promise<readonly WatchedKind[]> {
  const found = new Map<string, WatchedKind>();
  for (const version of versions) {
    for (const kind of await kindsOfVersion(client, group, version, signal))
      if (!found.has(kind.resource)) found.set(kind.resource, kind);
  }
  return [...found.values()];
}

async function kindsOfVersion(
  client: ApiClient,
  group: string,
  version: string,
  signal: AbortSignal,
): Promise<readonly WatchedKind[]> {
  const resources = list(get(await getJson(client, `/apis/${group}/${version}`, signal), 'resources'));
  const names = new Set(
    resources
      .filter((resource) => list(get(resource, 'verbs')).includes('watch'))
      .map((resource) => text(get(resource, 'name'))),
  );
  return foreignKinds
    .filter((foreign) => foreign.group === group && names.has(foreign.resource))
    .map((foreign) => foreignWatch(foreign, version));
}

/** Calico's own API server shows the objects of its CRDs a second time. */
function withoutTwins(kinds: readonly WatchedKind[]): readonly WatchedKind[] {
  const stored = new Set(kinds.filter(({ group }) => group === 'crd.projectcalico.org').map(resourceOf));
  return kinds.filter((kind) => kind.group !== 'projectcalico.org' || !stored.has(kind.resource));
}

function resourceOf(kind: WatchedKind): string {
  return kind.resource;
}

async function getJson(client: ApiClient, path: string, signal: AbortSignal): Promise<unknown> {
  const response = await client.get(path, {}, { signal, accept: 'application/json' });
  await expectOk(response, `asking ${path}`);
  const bytes = await readBody(response.body, answerMax);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new StreamError('parse', `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
