/**
 * Completes package-lock.json after a dependency change: platform builds that are optional dependencies and that the
 * machine's registry did not offer get entries of their own, derived from their names, because `npm ci` refuses a lock
 * file that lacks them. They carry no integrity hash; run `npm install` against a full registry to add one.
 *
 *     node .setup/complete-lock.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'openbsd',
  'netbsd',
  'sunos',
  'aix',
  'win32',
];
const processors = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el'];

/** os, cpu and libc as the last parts of a platform package's name tell them. */
function platformOf(name) {
  const parts = name.split('-');
  const os = systems.find((system) => parts.some((part) => part.endsWith(system)));
  const cpu = processors.find((processor) => parts.includes(processor));
  const last = parts.at(-1) ?? '';
  const libc = last.startsWith('musl') ? ['musl'] : last.startsWith('gnu') ? ['glibc'] : null;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc }) };
}

/** The places where npm looks for a dependency of the package at `path`, nearest first. */
function* places(path, name) {
  yield `${path}/node_modules/${name}`;
  let folder = path;
  while (folder.includes('/node_modules/')) {
    folder = folder.slice(0, folder.lastIndexOf('/node_modules/'));
    yield `${folder}/node_modules/${name}`;
  }
  yield `node_modules/${name}`;
}

const lock = JSON.parse(readFileSync(file, 'utf8'));
let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if ([...places(path, name)].some((place) => place in lock.packages)) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(entry.dev && { dev: true }),
      optional: true,
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} entries added\n`);
