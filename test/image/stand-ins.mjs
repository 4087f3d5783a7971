// Stand-ins for the two bases of the Dockerfile, made of what this machine and the npm registry have, so that the
// image can be built without pulling one: the same paths, the same user and no more tools than the real ones.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NoImage, run } from './buildah.mjs';

const NODE = '24.21.0';
const NPM = '11.19.1';
const PASSWD = [
  'root:x:0:0:root:/root:/sbin/nologin',
  'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
];
const GROUP = ['root:x:0:', 'nonroot:x:65532:'];
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** Changes when a stand-in must be made anew. */
export const version = createHash('sha256')
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .digest('hex')
  .slice(0, 16);

/** Unpacks a package of the npm registry into `folder`. @param {string} name @param {string} folder */
async function fetch(name, folder) {
  mkdirSync(folder, { recursive: true });
  const [packed = ''] = (await run('npm', ['pack', '--silent', '--pack-destination', folder, name]))
    .split('\n')
    .slice(-1);
  await run('tar', [
    '-xzf',
    join(folder, packed),
    '-C',
    folder,
    '--strip-components',
    '1',
    '--no-same-owner',
  ]);
  rmSync(join(folder, packed));
}

/** The shared libraries that programs are linked against. @param {string[]} programs */
function libraries(programs) {
  const { stdout = '' } = spawnSync('ldd', programs, { encoding: 'utf8' });
  if (stdout.includes('not found'))
    throw new NoImage(`Node ${NODE} does not run here, libraries are missing:\n${stdout}`);
  return [...new Set([...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1] ?? ''))];
}

/** @param {string} tree @param {string[]} files of this machine, put at the same paths @param {string[]} programs */
function base(tree, files, programs) {
  for (const file of [...files, ...libraries(programs)]) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    cpSync(file, join(tree, file), { dereference: true });
  }
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc', 'passwd'), `${PASSWD.join('\n')}\n`);
  writeFileSync(join(tree, 'etc', 'group'), `${GROUP.join('\n')}\n`);
  mkdirSync(join(tree, 'tmp'));
  chmodSync(join(tree, 'tmp'), 0o1777); // The mode that mkdir is given is cut by the umask.
  for (const empty of ['root', 'home/nonroot', 'dev', 'proc', 'sys', 'run', 'var']) {
    mkdirSync(join(tree, empty), { recursive: true });
  }
}

/** As distroless/nodejs: Node, its libraries, certificates, users, nothing else. @param {string} node @param {string} tree */
function runtimeTree(node, tree) {
  base(tree, existsSync(CERTIFICATES) ? [CERTIFICATES] : [], [node]);
  cpSync(node, join(tree, 'nodejs', 'bin', 'node'));
}

/** As node:slim, with less: Node, npm, a shell and `env`. @param {string} node @param {string} npm @param {string} tree */
function buildTree(node, npm, tree) {
  base(tree, ['/bin/sh', '/usr/bin/env'], [node, '/bin/sh', '/usr/bin/env']);
  const local = join(tree, 'usr', 'local');
  cpSync(node, join(local, 'bin', 'node'));
  cpSync(npm, join(local, 'lib', 'node_modules', 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
}

/**
 * @param {string} tree @param {string} tag @param {string[]} config lines of the Dockerfile
 * @param {(...args: string[]) => Promise<string>} buildah
 */
async function commit(tree, tag, config, buildah) {
  const file = `${tree}.Dockerfile`;
  writeFileSync(file, ['FROM scratch', 'COPY . /', ...config, ''].join('\n'));
  await buildah(
    'build',
    '--isolation',
    'chroot',
    '--pull-never',
    '--timestamp',
    '0',
    '-f',
    file,
    '-t',
    tag,
    tree,
  );
}

/**
 * Makes both stand-ins if the storage does not have them. Returns their references.
 * @param {string} cache @param {(...args: string[]) => Promise<string>} buildah @param {(text: string) => void} say
 */
export async function ensureStandIns(cache, buildah, say) {
  const references = {
    base: `localhost/netsluice-test/runtime:${version}`,
    buildBase: `localhost/netsluice-test/build:${version}`,
  };
  const have = await buildah('images', '--format', '{{.Name}}:{{.Tag}}');
  if (Object.values(references).every((name) => have.split('\n').includes(name))) return references;
  if (!['x64', 'arm64'].includes(process.arch))
    throw new NoImage(`There is no Node ${NODE} for ${process.arch} to be had.`);
  say(`making stand-ins for the base images from Node ${NODE}, npm ${NPM} and this machine's libraries ...`);
  const work = mkdtempSync(join(cache, 'stand-ins-'));
  try {
    await fetch(`node-linux-${process.arch}@${NODE}`, join(work, 'node'));
    await fetch(`npm@${NPM}`, join(work, 'npm'));
    const node = join(work, 'node', 'bin', 'node');
    runtimeTree(node, join(work, 'runtime'));
    buildTree(node, join(work, 'npm'), join(work, 'build'));
    const config = ['USER 65532:65532', 'WORKDIR /home/nonroot', 'ENTRYPOINT ["/nodejs/bin/node"]'];
    await commit(join(work, 'runtime'), references.base, config, buildah);
    await commit(join(work, 'build'), references.buildBase, ['CMD ["node"]'], buildah);
    return references;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
