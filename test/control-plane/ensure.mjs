// Finds or builds the programs of the test control plane and prints `{"etcd": "/path", ...}` on stdout.
//
// Why this is plain JavaScript: bubble.mjs needs it before the test runner starts (inside the bubble there is no
// network to fetch Go modules from), Node 20 does not run TypeScript, and Jest's CommonJS cannot load an .mjs.
// So the one implementation lives here; binaries.ts runs this file as a program and reads its answer.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const KWOK = 'sigs.k8s.io/kwok/cmd/kwok@v0.8.0';
const HELM = 'helm.sh/helm/v4/cmd/helm@v4.3.1';
const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  kwok: KWOK,
  helm: HELM,
};
const NAMES = /** @type {(keyof typeof PACKAGES)[]} */ (Object.keys(PACKAGES));
const OLDEST_GO = [1, 26];
const GET_GO =
  'Install Go 1.26 or newer (https://go.dev/doc/install), or set KUBEBUILDER_ASSETS to a folder that holds ' +
  'etcd, kube-apiserver, kube-controller-manager, kubectl, kwok and helm.';
const HEARTBEAT_MS = 2_000;
const STALE_MS = 30_000;
const PROGRESS_MS = 15_000;

/** @param {string} text */
const say = (text) => process.stderr.write(`control plane: ${text}\n`);

/** A problem whose message is the whole story for the reader: no stack trace is shown. */
export class MissingControlPlane extends Error {}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) {
      return false;
    }
    throw error;
  }
}

/** The per-user folder for exactly these versions, built for this machine. */
export function cacheFolder() {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(FOLDER, file)));
  hash.update(`${KWOK} ${process.platform} ${process.arch}`);
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(caches, 'netsluice', 'control-plane', hash.digest('hex').slice(0, 16));
}

/**
 * Helm carries its version in the name of its file, so that a newer one makes nobody build the control plane again.
 * @param {string} name @returns {string} its file in the cache
 */
const cached = (name) => join(cacheFolder(), name === 'helm' ? `helm-${HELM.split('@')[1]}` : name);

/** @returns {Record<string, string>} the path of every program that is there, by name */
function findPrograms() {
  const assets = process.env.KUBEBUILDER_ASSETS;
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of NAMES) {
    const path = [...(assets ? [join(assets, name)] : []), cached(name)].find(isProgram);
    if (path !== undefined) found[name] = path;
  }
  return found;
}

/** @param {Record<string, string>} found */
const missingFrom = (found) => NAMES.filter((name) => found[name] === undefined);

/** @param {string[]} missing */
function checkGo(missing) {
  const list = missing.join(', ');
  // In the temporary folder, because `go` reads the go.mod of the folder it runs in and an old one fails on it.
  const go = spawnSync('go', ['env', 'GOVERSION'], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  });
  if (go.error !== undefined) {
    throw new MissingControlPlane(
      `${list} must be built once with Go, and no "go" was found in PATH. ${GET_GO}`,
    );
  }
  const version = go.stdout.trim();
  const [major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_GO;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    const have = version === '' ? 'an unknown version' : version;
    throw new MissingControlPlane(
      `${list} must be built once with Go, and the "go" in PATH is ${have}. ${GET_GO}`,
    );
  }
}

/** Without these flags the server calls itself v0.0.0 and clients refuse it. @param {keyof typeof PACKAGES} name */
function versionFlags(name) {
  if (name === 'kwok') return '-s -w';
  if (name === 'helm') return `-s -w -X helm.sh/helm/v4/internal/version.version=${HELM.split('@')[1]}`;
  const version = /^\s*k8s\.io\/kubernetes v((\d+)\.(\d+)\.\S+)/m.exec(
    readFileSync(join(FOLDER, 'go.mod'), 'utf8'),
  );
  if (version === null) throw new Error('go.mod of the control plane does not require k8s.io/kubernetes');
  const set = { gitVersion: `v${version[1]}`, gitMajor: version[2], gitMinor: version[3] };
  const flags = Object.entries(set).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`);
  return ['-s', '-w', ...flags].join(' ');
}

/**
 * @param {keyof typeof PACKAGES} name
 * @param {string} staging
 */
async function build(name, staging) {
  const common = ['-trimpath', '-ldflags', versionFlags(name)];
  const byVersion = PACKAGES[name].includes('@');
  const args = byVersion
    ? ['install', ...common, PACKAGES[name]]
    : ['build', ...common, '-o', join(staging, name), PACKAGES[name]];
  // What is installed by version must not see this module, hence the other folder.
  const child = spawn('go', args, {
    cwd: byVersion ? staging : FOLDER,
    env: { ...process.env, CGO_ENABLED: '0', GOBIN: staging, GOTOOLCHAIN: 'local', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-4_000);
  });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) {
    const last = errors.trim().split('\n').slice(-8).join('\n  ');
    throw new MissingControlPlane(
      `Go could not build ${name} (${PACKAGES[name]}): see its last words below; the build needs about 6 GB of ` +
        `disk and, the first time, the network for Go modules.\n  ${last}`,
    );
  }
}

/**
 * @param {(keyof typeof PACKAGES)[]} missing
 * @param {string} folder
 */
async function buildAll(missing, folder) {
  const staging = `${folder}.${randomUUID()}`;
  mkdirSync(staging, { recursive: true });
  try {
    say(
      `building ${missing.join(', ')} once into ${folder}; from nothing all of it takes about eight minutes`,
    );
    for (const [index, name] of missing.entries()) {
      const started = Date.now();
      const seconds = () => Math.round((Date.now() - started) / 1000);
      const label = `${name} (${index + 1} of ${missing.length})`;
      say(`building ${label} ...`);
      const ticker = setInterval(() => say(`still building ${label}, ${seconds()} s`), PROGRESS_MS);
      await build(name, staging).finally(() => clearInterval(ticker));
      mkdirSync(folder, { recursive: true });
      // A rename is atomic: nobody ever sees half a program, not even after a power cut in mid-build.
      renameSync(join(staging, name), cached(name));
      say(`built ${label} in ${seconds()} s`);
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** @param {string} file @returns {number | undefined} milliseconds since the holder's last sign of life */
function lockAge(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Tries to take the lock. A lock is stale by its age, not by its process id, because process ids mean nothing
 * across process namespaces. If two waiters clear the same stale lock at the same instant both may build: that
 * wastes time and harms nothing, since finished programs are renamed into place.
 * @param {string} file
 */
function tryLock(file) {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    if ((lockAge(file) ?? 0) > STALE_MS) {
      say(`the lock ${file} was left behind by a run that ended; taking it over`);
      rmSync(file, { force: true });
    }
    return false;
  }
}

/** @param {string} file @param {() => Promise<void>} work */
async function holdingLock(file, work) {
  const beat = setInterval(() => {
    // A machine that slept may find its lock taken over; both builds are good, see tryLock.
    if (existsSync(file)) utimesSync(file, new Date(), new Date());
  }, HEARTBEAT_MS);
  const release = () => rmSync(file, { force: true });
  const leave = () => process.exit(130);
  process.once('exit', release).once('SIGINT', leave).once('SIGTERM', leave);
  try {
    await work();
  } finally {
    clearInterval(beat);
    release();
    process.off('exit', release).off('SIGINT', leave).off('SIGTERM', leave);
  }
}

/**
 * The path of every program by name; builds what is missing. One sentence in a MissingControlPlane says what
 * cannot be had and how to get it.
 */
export async function ensurePrograms() {
  const folder = cacheFolder();
  const lock = `${folder}.lock`;
  let told = false;
  for (;;) {
    const found = findPrograms();
    const missing = missingFrom(found);
    if (missing.length === 0) return found;
    checkGo(missing);
    mkdirSync(join(folder, '..'), { recursive: true });
    if (tryLock(lock)) {
      // Once more under the lock: the run before us may have just built everything.
      await holdingLock(lock, () => buildAll(missingFrom(findPrograms()), folder));
      continue;
    }
    if (!told) say(`another run is building ${missing.join(', ')}; waiting for it`);
    told = true;
    await delay(500);
  }
}

const started = process.argv[1];
if (started !== undefined && import.meta.url === pathToFileURL(realpathSync(started)).href) {
  try {
    process.stdout.write(`${JSON.stringify(await ensurePrograms())}\n`);
  } catch (error) {
    if (!(error instanceof MissingControlPlane)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
