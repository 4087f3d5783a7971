// Builds the image of the Dockerfile with buildah, unpacks it, and prints `{"rootfs": "/path", "config": {...}}` on
// stdout (`--quiet`: nothing). What was built once from the same files is found again in the user's cache, also without any network.
//
// Why this is plain JavaScript: .setup/test.mjs runs it before the test runner starts, because inside the bubble of
// the slow tests there is no registry. image.ts runs this file as a program and reads its answer.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildahIn, checkBuildah, NoImage, run } from './buildah.mjs';
import { ensureStandIns, version as standIns } from './stand-ins.mjs';

const FILE = fileURLToPath(import.meta.url);
export const ROOT = join(dirname(FILE), '..', '..');
const NAME = 'localhost/netsluice-test/image';
const KEPT = 4;
/** Stages that the next build starts from; under these names they outlive the clearing up. */
const STAGES = ['modules', 'program'];
/** An entry of npm's configuration that nothing reads; a test looks for it in the finished image. */
const CANARY = '//canary.invalid/:username';
const PROGRESS_MS = 10_000;

/** @param {string} text */
export const say = (text) => process.stderr.write(`image: ${text}\n`);

export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'netsluice', 'image');
}

/** Every file that can become part of the image. @param {string} root @returns {string[]} */
function inputs(root) {
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  return ['Dockerfile', '.dockerignore', ...allowed].flatMap((path) => {
    const absolute = join(root, path);
    if (!statSync(absolute).isDirectory()) return [path];
    return readdirSync(absolute, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
      .sort();
  });
}

/** @param {string} root */
function contentHash(root) {
  const hash = createHash('sha256').update(`${standIns} ${process.arch}`).update(readFileSync(FILE));
  for (const path of inputs(root)) {
    const content = readFileSync(join(root, path));
    hash.update(`\0${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The image that is there for exactly these files. @param {string} folder */
function find(folder) {
  const file = join(folder, 'image.json');
  if (!existsSync(file)) return undefined;
  utimesSync(folder, new Date(), new Date());
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * npm's own configuration as files to lend to the build: the global one, the user's and the project's, in the order
 * in which later lines win, with the registry and the authorities that npm really uses here.
 * @param {string} folder
 * @returns {Promise<string[]>} arguments for buildah
 */
async function npmSecrets(folder) {
  /** @param {string} key */
  const get = async (key) =>
    (await run('npm', ['config', 'get', key], { cwd: ROOT })).split('\n').at(-1) ?? '';
  const [global, user, registry, authorities] = await Promise.all(
    ['globalconfig', 'userconfig', 'registry', 'cafile'].map(get),
  );
  const lines = [global, user, join(ROOT, '.npmrc')]
    .filter((file) => file !== undefined && existsSync(file))
    .flatMap((file) => readFileSync(file ?? '', 'utf8').split('\n'))
    .filter((line) => !/^\s*(?:cafile|prefix|cache|globalconfig|userconfig)\s*=/.test(line));
  lines.push(`registry=${registry}`, `${CANARY}=lent`);
  const secrets = ['--secret', `id=npmrc,src=${join(folder, 'npmrc')}`];
  const ca = [authorities, process.env.NODE_EXTRA_CA_CERTS].find((file) => file && existsSync(file));
  if (ca !== undefined) {
    lines.push('cafile=/run/secrets/npm-ca');
    secrets.push('--secret', `id=npm-ca,src=${ca}`);
  }
  writeFileSync(join(folder, 'npmrc'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return secrets;
}

/** @param {string} text @param {() => Promise<T>} work @returns {Promise<T>} @template T */
export async function told(text, work) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say(`${text} ...`);
  const ticker = setInterval(() => say(`still ${text}, ${seconds()} s`), PROGRESS_MS);
  const result = await work().finally(() => clearInterval(ticker));
  say(`done ${text} in ${seconds()} s`);
  return result;
}

/**
 * @param {(...args: string[]) => Promise<string>} buildah
 * @param {string} cache
 * @param {string} work a folder for what is lent to the build
 * @param {string} context
 */
export async function buildArguments(buildah, cache, work, context) {
  const { base, buildBase } = await ensureStandIns(cache, buildah, say);
  const secrets = await npmSecrets(work);
  return [
    ...['build', '--isolation', 'chroot', '--pull-never', '--timestamp', '0', ...secrets],
    ...['--build-arg', `BASE=${base}`],
    ...['--build-arg', `BUILD_BASE=${buildBase}`],
    ...['-f', join(context, 'Dockerfile')],
  ];
}

/**
 * Runs `work` on the mounted file system of an image.
 * @param {(...args: string[]) => Promise<string>} buildah @param {string} image
 * @param {(folder: string) => Promise<T>} work @returns {Promise<T>} @template T
 */
export async function mounted(buildah, image, work) {
  const container = await buildah('from', '--pull-never', image);
  try {
    return await work(await buildah('mount', container));
  } finally {
    await buildah('rm', container);
  }
}

/** What a killed run left behind, npm's configuration above all. Called under the lock. @param {string} cache */
function clearRemains(cache) {
  const remains = readdirSync(cache).filter((name) => /^(?:work|stand-ins)-/.test(name));
  for (const name of remains) rmSync(join(cache, name), { recursive: true, force: true });
}

/**
 * Old images and unpacked trees go; what the next build can use again stays.
 * @param {(...args: string[]) => Promise<string>} buildah @param {string} images
 */
async function forgetOld(buildah, images) {
  const old = readdirSync(images)
    .map((name) => ({ name, used: statSync(join(images, name)).mtimeMs }))
    .sort((one, other) => other.used - one.used)
    .slice(KEPT);
  for (const { name } of old) rmSync(join(images, name), { recursive: true, force: true });
  const tags = (await buildah('images', '--format', '{{.Name}}:{{.Tag}}')).split('\n');
  const gone = tags.filter(
    (tag) =>
      old.some(({ name }) => tag === `${NAME}:${name}`) ||
      (/netsluice-test\/(?:runtime|build):/.test(tag) && !tag.endsWith(`:${standIns}`)),
  );
  if (gone.length > 0) await buildah('rmi', ...gone);
  // A build that failed or was killed leaves its container, and that would hold on to its image.
  await buildah('rm', '--all');
  const unnamed = await buildah('images', '--filter', 'dangling=true', '--quiet');
  if (unnamed !== '') await buildah('rmi', ...unnamed.split('\n'));
}

/**
 * @param {string[]} args @param {string} tag @param {string} context
 * @param {(...args: string[]) => Promise<string>} buildah
 */
async function buildStages(args, tag, context, buildah) {
  for (const stage of STAGES) {
    await buildah(...args, '--target', stage, '-t', `${NAME}-${stage}:last`, context);
  }
  await buildah(...args, '-t', tag, context);
}

/** @param {string} work in which the context lies @param {string} folder of the result, called like the hash */
async function build(work, folder) {
  const cache = cacheFolder();
  const context = join(work, 'context');
  const buildah = buildahIn(cache);
  const args = [...(await buildArguments(buildah, cache, work, context)), '--layers'];
  const tag = `${NAME}:${basename(folder)}`;
  await told('building the image with buildah', () => buildStages(args, tag, context, buildah));
  const { OCIv1 } = JSON.parse(await buildah('inspect', '--type', 'image', tag));
  const result = join(work, 'result');
  mkdirSync(result);
  await told('unpacking it', () =>
    mounted(buildah, tag, (from) => run('cp', ['-a', '--reflink=auto', from, join(result, 'rootfs')])),
  );
  const image = { rootfs: join(folder, 'rootfs'), config: OCIv1.config, history: OCIv1.history };
  writeFileSync(join(result, 'image.json'), JSON.stringify(image));
  rmSync(folder, { recursive: true, force: true });
  renameSync(result, folder);
  await forgetOld(buildah, dirname(folder));
}

/**
 * Runs a script of this folder with `--locked`, one at a time: by the kernel's own lock, which nobody leaves behind.
 * @param {string} file @returns {string | undefined} what it wrote to stdout, if it ended well
 */
export function underLock(file) {
  const args = [join(cacheFolder(), 'lock'), process.execPath, file, '--locked'];
  const { status, stdout } = spawnSync('flock', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** The image of the checkout as it is now; builds it if need be. A NoImage says in one sentence why it cannot. */
export async function ensureImage() {
  const images = join(cacheFolder(), 'images');
  const found = find(join(images, contentHash(ROOT)));
  if (found !== undefined) return found;
  checkBuildah();
  mkdirSync(images, { recursive: true });
  const hash = underLock(FILE);
  const built = hash === undefined ? undefined : find(join(images, hash));
  if (built === undefined) throw new NoImage('The image could not be built: see above.');
  return built;
}

/** Builds from a copy, so that what is built is what its hash says, whoever edits meanwhile. Prints the hash. */
async function locked() {
  const cache = cacheFolder();
  clearRemains(cache);
  const work = mkdtempSync(join(cache, 'work-'));
  try {
    const context = join(work, 'context');
    for (const path of inputs(ROOT)) cpSync(join(ROOT, path), join(context, path));
    const hash = contentHash(context);
    // Once more under the lock: the run before us may have just built it.
    if (find(join(cache, 'images', hash)) === undefined) await build(work, join(cache, 'images', hash));
    process.stdout.write(hash);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const started = process.argv[1];
if (started !== undefined && import.meta.url === pathToFileURL(realpathSync(started)).href) {
  try {
    if (process.argv[2] === '--locked') await locked();
    else {
      const image = await ensureImage();
      if (process.argv[2] !== '--quiet') process.stdout.write(`${JSON.stringify(image)}\n`);
    }
  } catch (error) {
    if (!(error instanceof NoImage)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
