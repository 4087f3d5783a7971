// Buildah builds the container image in the tests. As root on Debian or Ubuntu it is installed when it is missing;
// elsewhere nothing is installed behind anybody's back, and the tests that need it say what to do.
import { spawnSync } from 'node:child_process';
import { runQuietly, say } from './prepare.mjs';

/** @param {string} program */
const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

export async function installBuildah() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || has('buildah') || !has('apt-get')) return;
  say('the tests of the container image need buildah; installing it with apt-get');
  const install = [
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'install',
    '-y',
    '--no-install-recommends',
    'buildah',
  ];
  try {
    await runQuietly('installing buildah', 'env', install);
  } catch {
    // Most often the lists of packages are old or not there at all.
    await runQuietly('asking for the lists of packages', 'apt-get', ['update']);
    await runQuietly('installing buildah', 'env', install);
  }
}
