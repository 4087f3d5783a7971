// Installs the image's packages a second time, from nothing, and prints `{"first": {...}, "second": {...}}` on
// stdout: every file of both with its type, mode, owner, time and content. They must be the same. The second
// installation is done once per lock file and remembered.
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildahIn, NoImage } from './buildah.mjs';
import {
  buildArguments,
  cacheFolder,
  ensureImage,
  mounted,
  ROOT,
  say,
  told,
  underLock,
} from './ensure-image.mjs';
import { version as standIns } from './stand-ins.mjs';

const FILE = fileURLToPath(import.meta.url);
const NAME = 'localhost/netsluice-test/modules:second';
const INPUTS = ['Dockerfile', 'package.json', 'package-lock.json', '.setup/trim-modules.mjs'];

/** @param {string} folder @param {string} [under] @returns {Record<string, string>} */
function list(folder, under = '') {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of readdirSync(join(folder, under)).sort()) {
    const path = join(under, name);
    const { mode, uid, gid, mtimeMs } = lstatSync(join(folder, path));
    const is = (mode & 0o170000) >> 12;
    const facts = `${mode.toString(8)} ${uid}:${gid} ${mtimeMs}`;
    if (is === 0o04) Object.assign(found, { [path]: facts }, list(folder, path));
    else if (is === 0o12) found[path] = `${facts} -> ${readlinkSync(join(folder, path))}`;
    else
      found[path] = `${facts} ${createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex')}`;
  }
  return found;
}

function answerFile() {
  const hash = createHash('sha256').update(standIns);
  for (const path of INPUTS) hash.update(readFileSync(join(ROOT, path)));
  return join(cacheFolder(), 'second', `${hash.digest('hex').slice(0, 16)}.json`);
}

async function locked() {
  const cache = cacheFolder();
  const buildah = buildahIn(cache);
  const work = mkdtempSync(join(cache, 'work-'));
  try {
    const args = await buildArguments(buildah, cache, work, ROOT);
    await told('installing the packages of the image a second time', () =>
      buildah(...args, '--no-cache', '--target', 'modules', '-t', NAME, ROOT),
    );
    const second = await mounted(buildah, NAME, async (folder) => list(join(folder, 'app', 'node_modules')));
    await buildah('rmi', NAME);
    mkdirSync(dirname(answerFile()), { recursive: true });
    writeFileSync(answerFile(), JSON.stringify(second));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function compare() {
  const { rootfs } = await ensureImage();
  if (!existsSync(answerFile()) && underLock(FILE) === undefined)
    throw new NoImage('The second build failed: see above.');
  const first = list(join(rootfs, 'app', 'node_modules'));
  process.stdout.write(JSON.stringify({ first, second: JSON.parse(readFileSync(answerFile(), 'utf8')) }));
}

try {
  await (process.argv[2] === '--locked' ? locked() : compare());
} catch (error) {
  if (!(error instanceof NoImage)) throw error;
  say(error.message);
  process.exitCode = 1;
}
