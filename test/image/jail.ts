import { type ChildProcess, spawn } from 'node:child_process';
import type { Image } from './image.ts';

/** How a strict cluster would run it: any uid, group 0, nothing writable. */
const SCRIPT = [
  'mount --bind "$1" "$1"',
  'mount -o remount,bind,ro "$1"',
  'mount --bind "$2" "$1/tmp"',
  'mount -o remount,bind,ro "$1/tmp"',
  'ip link set lo up',
  'shift 2',
  'exec "$@"',
].join(' && ');

/**
 * Starts the entrypoint of the image as uid 12345 on its read-only file system with `files` of this machine mounted
 * read-only at /tmp, in a network of its own that has nothing but loopback. Needs root.
 */
export function startJailed(image: Image, args: readonly string[], files: string): ChildProcess {
  const { Env, Entrypoint, WorkingDir } = image.config;
  const path = Env.find((line) => line.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  const [program = '', ...first] = Entrypoint;
  // chroot changes to "/", so what the working directory would do is done by naming it.
  const command = ['/nodejs/bin/node', ...first.map((file) => `${WorkingDir}/${file}`), ...args];
  if (program !== 'node' || !path.split(':').includes('/nodejs/bin'))
    throw new Error(`no ${program} in ${path}`);
  const chroot = ['chroot', '--userspec=12345:0', image.rootfs, ...command];
  return spawn('unshare', ['--mount', '--net', 'sh', '-c', SCRIPT, 'sh', image.rootfs, files, ...chroot], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.fromEntries(
      [...Env, 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'].map((line) => line.split(/=(.*)/s, 2)),
    ),
  });
}
