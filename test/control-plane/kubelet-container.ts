import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './api-request.ts';
import type { Container, KubeletPodObject, SecurityContext } from './kubelet-spec.ts';
import { type ManagedProcess, startProcess } from './processes.ts';

/** An unpacked image and what its configuration says. */
export interface PodImage {
  readonly rootfs: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  /** `UID:GID`, or empty for root. */
  readonly user: string;
  readonly workingDir: string;
}

export interface ContainerPlan {
  readonly pod: KubeletPodObject;
  readonly container: Container;
  readonly image: PodImage;
  readonly command: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** Folder of each volume, by name. */
  readonly volumes: ReadonlyMap<string, string>;
  /** A folder of this container's own, for its script and its mounts. */
  readonly folder: string;
  readonly logFolder: string;
  /** What makes a command run in the pod's network. */
  readonly enter: readonly string[];
}

export interface RunningContainer {
  readonly log: string;
  /** What ended it, `exit code 1` or `SIGKILL`. */
  readonly exited: Promise<string>;
  readonly running: () => boolean;
  /** To the program itself, which is process 1 of its own process namespace, as in a container. */
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly lastWords: () => string;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Who the program runs as: what the container says, else what the pod says, else the image. */
function identity({ pod, container, image }: ContainerPlan): { readonly uid: number; readonly gid: number } {
  const said: SecurityContext = { ...pod.spec.securityContext, ...container.securityContext };
  const [user = '0', group = '0'] = image.user === '' ? [] : image.user.split(':');
  const uid = said.runAsUser ?? Number(user);
  // "If runAsGroup is unset", the group of the image's user counts, and 0 for a user the image does not know.
  const gid = said.runAsGroup ?? (said.runAsUser === undefined ? Number(group) : 0);
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(`the image's user is ${image.user}: runAsNonRoot asks for numbers`);
  }
  if (said.runAsNonRoot === true && uid === 0) {
    throw new Error('container has runAsNonRoot and image will run as root');
  }
  return { uid, gid };
}

/**
 * Where a path of the container lies under `root`, links followed inside it: /var/run is a link to /run in most
 * images, and a runtime that followed it outside would mount over this machine's.
 */
function inside(rootfs: string, path: string): string {
  let done = '/';
  const left = path.split('/').filter((part) => part !== '' && part !== '.');
  for (let links = 0; left.length > 0; ) {
    const next = join(done, left.shift() ?? '');
    const target = linkTarget(join(rootfs, next));
    if (target === undefined) {
      done = next;
      continue;
    }
    links += 1;
    if (links > 40) throw new Error(`${path} of the image leads in a circle`);
    if (target.startsWith('/')) done = '/';
    left.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'));
  }
  return done;
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

function mounts({ pod, container, volumes, image }: ContainerPlan, root: string): string[] {
  const lines: string[] = [];
  for (const { name, mountPath, readOnly } of container.volumeMounts ?? []) {
    const from = volumes.get(name);
    if (from === undefined)
      throw new Error(`${container.name} mounts ${name}, and the pod has no such volume`);
    const to = quoted(join(root, inside(image.rootfs, mountPath)));
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    lines.push(`mkdir -p ${to}`, `mount --bind ${quoted(from)} ${to}`);
    // ConfigMaps, Secrets and projected volumes are read-only whatever the mount says.
    if (readOnly === true || volume?.emptyDir === undefined) lines.push(`mount -o remount,bind,ro ${to}`);
  }
  return lines;
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];

/**
 * What a container runtime does: the image's files under a writable layer for mount points, the volumes on top, its
 * own /proc and a small /dev, everything else read-only if asked, then the program as the user it shall be.
 */
function script(plan: ContainerPlan, hosts: string): string {
  const { image, container } = plan;
  const layer = join(plan.folder, 'layer');
  const root = join(layer, 'root');
  const { uid, gid } = identity(plan);
  const environment = [...plan.environment].map(([name, value]) => quoted(`${name}=${value}`));
  const overlay = `lowerdir=${image.rootfs},upperdir=${layer}/upper,workdir=${layer}/work`;
  const become = [
    ...['-R', root, '-w', container.workingDir ?? image.workingDir],
    // Where a bubble maps a single user (it is not root's), nobody can become another one.
    ...(mayBecomeOthers() ? ['-S', String(uid), '-G', String(gid)] : []),
    ...plan.command,
  ].map(quoted);
  return [
    'set -e',
    `mount -t tmpfs -o mode=0755 tmpfs ${quoted(layer)}`,
    `mkdir ${['upper', 'work', 'root'].map((name) => quoted(join(layer, name))).join(' ')}`,
    `mount -t overlay -o ${quoted(overlay)} overlay ${quoted(root)}`,
    `mkdir -p ${['proc', 'dev', 'etc'].map((name) => quoted(join(root, name))).join(' ')}`,
    `mount -t proc proc ${quoted(join(root, 'proc'))}`,
    `mount -t tmpfs -o mode=0755 tmpfs ${quoted(join(root, 'dev'))}`,
    ...DEVICES.map((name) => {
      const to = quoted(join(root, 'dev', name));
      return `touch ${to} && mount --bind /dev/${name} ${to}`;
    }),
    // There is no cluster DNS behind this address: whatever works here works while DNS is down.
    `rm -f ${quoted(join(root, 'etc/resolv.conf'))} ${quoted(join(root, 'etc/hosts'))}`,
    `echo 'nameserver 10.96.0.10' > ${quoted(join(root, 'etc/resolv.conf'))}`,
    `printf %s ${quoted(hosts)} > ${quoted(join(root, 'etc/hosts'))}`,
    ...mounts(plan, root),
    ...(container.securityContext?.readOnlyRootFilesystem === true
      ? [`mount -o remount,bind,ro ${quoted(root)}`]
      : []),
    // Looked for here: from now on PATH is the image's.
    'setpriv=$(command -v setpriv) unshare=$(command -v unshare)',
    `exec env -i ${environment.join(' ')} "$setpriv" --no-new-privs "$unshare" ${become.join(' ')}`,
    '',
  ].join('\n');
}

function mayBecomeOthers(): boolean {
  // "0 0 4294967295" where all users are mapped, "0 1000 1" in a bubble of an ordinary user.
  return readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).at(-1) !== '1';
}

/** The first process inside, as this process sees it. */
function firstInside(pid: number): number | undefined {
  const file = `/proc/${pid}/task/${pid}/children`;
  const [child] = existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ') : [];
  return child === undefined || child === '' ? undefined : Number(child);
}

/** Starts the container; resolves when its process is there, before the program has got anywhere. */
export async function startContainer(plan: ContainerPlan): Promise<RunningContainer> {
  const { pod } = plan;
  mkdirSync(join(plan.folder, 'layer'), { recursive: true });
  const hosts = `127.0.0.1 localhost\n::1 localhost\n${pod.status.podIP} ${pod.metadata.name}\n`;
  const file = join(plan.folder, 'start.sh');
  writeFileSync(file, script(plan, hosts));
  const own = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    file,
  ];
  const [command = '', ...args] = [...plan.enter, ...own];
  const process_: ManagedProcess = startProcess({
    name: pod.metadata.name,
    command,
    args,
    logFolder: plan.logFolder,
  });
  const child = await waitFor(
    () => (process_.running() ? firstInside(process_.pid) : -1),
    `the container of ${pod.metadata.name}`,
  );
  let killed = false;
  return {
    log: process_.log,
    // `unshare` tells nobody which signal ended its child.
    exited: process_.exited.then((how) => (killed ? 'SIGKILL' : how)),
    running: process_.running,
    lastWords: process_.lastWords,
    signal: (signal) => {
      if (!process_.running() || child <= 0) return;
      killed ||= signal === 'SIGKILL';
      process.kill(child, signal);
    },
  };
}
