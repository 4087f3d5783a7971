import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { fieldOf } from './kubelet-environment.ts';
import type { KubeletPodObject, ObjectSource, ProjectedSource, Volume } from './kubelet-spec.ts';

interface FileContent {
  readonly bytes: Buffer;
  readonly mode: number;
}
type Files = Map<string, FileContent>;

const DEFAULT_MODE = 0o644;

interface StoredObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

function decoded(kind: 'configmaps' | 'secrets', object: StoredObject): Map<string, Buffer> {
  const plain = kind === 'configmaps' ? 'utf8' : 'base64';
  return new Map([
    ...Object.entries(object.data ?? {}).map(([key, text]) => [key, Buffer.from(text, plain)] as const),
    ...Object.entries(object.binaryData ?? {}).map(
      ([key, text]) => [key, Buffer.from(text, 'base64')] as const,
    ),
  ]);
}

/**
 * A volume of files as the kubelet writes it: a folder per generation and a link `..data` that is swapped in one
 * step. Only what changed makes a new generation.
 */
class FileVolume {
  private readonly folder: string;
  private generation = 0;
  private last = '';

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  write(files: Files): void {
    const key = JSON.stringify(
      [...files].map(([path, { bytes, mode }]) => [path, bytes.toString('base64'), mode]),
    );
    if (key === this.last) return;
    this.last = key;
    const old = join(this.folder, `..${this.generation}`);
    this.generation += 1;
    const now = `..${this.generation}`;
    mkdirSync(join(this.folder, now));
    for (const [path, { bytes, mode }] of files) {
      const file = join(this.folder, now, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      chmodSync(file, mode);
    }
    symlinkSync(now, join(this.folder, '..next'));
    renameSync(join(this.folder, '..next'), join(this.folder, '..data'));
    const tops = new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''));
    for (const top of tops) {
      if (!existsSync(join(this.folder, top))) symlinkSync(join('..data', top), join(this.folder, top));
    }
    for (const name of readdirSync(this.folder)) {
      if (!name.startsWith('..') && !tops.has(name)) rmSync(join(this.folder, name));
    }
    rmSync(old, { recursive: true, force: true });
  }
}

/** The volumes of one pod, kept as the objects are that they are made from. */
export interface PodVolumes {
  /** The folder of each volume, by name. */
  readonly folders: ReadonlyMap<string, string>;
  /** Writes what changed since the last time; rejects when something that is not optional is missing. */
  refresh(): Promise<void>;
}

export function makeVolumes(cluster: Cluster, pod: KubeletPodObject, folder: string): PodVolumes {
  const { namespace } = pod.metadata;
  const written = new Map<string, FileVolume>();
  const folders = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const path = join(folder, volume.name);
    folders.set(volume.name, path);
    if (volume.emptyDir === undefined) written.set(volume.name, new FileVolume(path));
    else mkdirSync(path, { recursive: true });
    // The kubelet makes an emptyDir writable for whoever the container runs as.
    chmodSync(path, volume.emptyDir === undefined ? 0o755 : 0o777);
  }
  const tokens = new Map<string, { readonly token: string; readonly renewAt: number }>();

  async function ofObject(
    kind: 'configmaps' | 'secrets',
    source: ObjectSource,
    defaultMode: number,
  ): Promise<Files> {
    const path = `/api/v1/namespaces/${namespace}/${kind}/${source.secretName ?? source.name}`;
    const answer = await cluster.request('GET', path);
    if (answer.status === 404 && source.optional === true) return new Map();
    if (answer.status !== 200) throw new Error(`a volume needs ${path}: ${answer.status}`);
    const all = decoded(kind, JSON.parse(answer.text) as StoredObject);
    const mode = source.defaultMode ?? defaultMode;
    if (source.items === undefined) return new Map([...all].map(([key, bytes]) => [key, { bytes, mode }]));
    const out: Files = new Map();
    for (const item of source.items) {
      const bytes = all.get(item.key);
      if (bytes !== undefined) out.set(item.path, { bytes, mode: item.mode ?? mode });
      else if (source.optional !== true) throw new Error(`a volume needs the key ${item.key} of ${path}`);
    }
    return out;
  }

  /** Bound to the pod, as the kubelet's are, and renewed when 80 % of its life are over. */
  async function tokenFor(source: NonNullable<ProjectedSource['serviceAccountToken']>): Promise<string> {
    const known = tokens.get(source.path);
    if (known !== undefined && Date.now() < known.renewAt) return known.token;
    const seconds = source.expirationSeconds ?? 3600;
    const { name, uid } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? 'default';
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        expirationSeconds: seconds,
        audiences: source.audience === undefined ? [] : [source.audience],
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const { status } = await cluster.json<{ status: { token: string } }>('POST', path, { body });
    tokens.set(source.path, { token: status.token, renewAt: Date.now() + seconds * 800 });
    return status.token;
  }

  async function ofSource(source: ProjectedSource, mode: number): Promise<Files> {
    if (source.configMap) return ofObject('configmaps', source.configMap, mode);
    if (source.secret) return ofObject('secrets', source.secret, mode);
    if (source.serviceAccountToken) {
      const bytes = Buffer.from(await tokenFor(source.serviceAccountToken));
      return new Map([[source.serviceAccountToken.path, { bytes, mode }]]);
    }
    if (source.downwardAPI) {
      const files: Files = new Map();
      for (const { path, fieldRef } of source.downwardAPI.items ?? []) {
        if (fieldRef === undefined) throw new Error('a volume can hold fields of the pod only');
        files.set(path, { bytes: Buffer.from(fieldOf(pod, fieldRef.fieldPath)), mode });
      }
      return files;
    }
    throw new Error(`the stand-in for the kubelet knows no ${JSON.stringify(source)}`);
  }

  async function filesOf({ configMap, secret, projected }: Volume): Promise<Files> {
    if (configMap) return ofObject('configmaps', configMap, DEFAULT_MODE);
    if (secret) return ofObject('secrets', secret, DEFAULT_MODE);
    const out: Files = new Map();
    for (const source of projected?.sources ?? []) {
      for (const [path, file] of await ofSource(source, projected?.defaultMode ?? DEFAULT_MODE))
        out.set(path, file);
    }
    return out;
  }

  return {
    folders,
    refresh: async () => {
      for (const volume of pod.spec.volumes ?? []) written.get(volume.name)?.write(await filesOf(volume));
    },
  };
}
