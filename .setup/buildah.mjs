// Buildah builds the container image in the tests. As root on Debian or Ubuntu it is installed when it is missing;
// elsewhere nothing is installed behind anybody's back, and the tests that need it say what to do.
import { spawnSync } from 'node:child_process';
import { runQuietly, say } from './prepare.mjs';

const INSTALL = [
  'DEBIAN_FRONTEND=noninteractive',
  'apt-get',
  'install',
  '-y',
  '--no-install-recommends',
  'buildah',
];

/** @param {string} program */
const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Never throws: the tests that miss buildah tell how to get it. */
export async function installBuildah() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || has('buildah') || !has('apt-get')) return;
  say('the tests of the container image need buildah; installing it with apt-get');
  try {
    // The lists of packages are old or not there at all in many a container.
    await runQuietly('asking for the lists of packages', 'apt-get', ['update']);
    await runQuietly('installing buildah', 'env', INSTALL);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
