import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeDirectories } from '../diff-directories.mjs';
import { ratioOf } from '../statistics.mjs';

export const title = 'Two directories of manifests, cold';
export const order = 90;
export const quick = true;
export const seconds = 600;
export const about =
  'The whole process of `netsluice diff` over two directories of YAML, one file an object, 20 workloads and 4 policies ' +
  'a namespace, some of which differ; with `NETPOL_ANALYZER` naming its binary, np-guard’s netpol-analyzer compares the ' +
  'same directories, in turn. Time is that of the processor (user and system), which depends least on what else the ' +
  'machine does.';

const perNamespace = 20;
const sizes = [100, 200, 400, 800];
const rounds = 3;
/** Of `netsluice diff` over 800 workloads; README and `bench/diff.mjs` state the same. */
const goals = { seconds: 1, mib: 128 };
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

// A process of Node tells its own cost when it ends; of another program GNU time does.
const tellCost = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stderr.write(\`cost \${userCPUTime / 1e6} \${systemCPUTime / 1e6} \${maxRSS}\\n\`);
});`;

/** Seconds of the processor and peak MiB of a process that ends well. */
function costOf(command, args) {
  const run = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (run.error !== undefined) throw run.error;
  const [, user, system, kib] = /cost ([\d.]+) ([\d.]+) (\d+)/.exec(run.stderr) ?? [];
  if (run.status !== 0 || user === undefined)
    throw new Error(`${command} ended with ${run.status}: ${run.stderr}`);
  return { seconds: Number(user) + Number(system), mib: Number(kib) / 1024 };
}

const own = (before, after) => {
  const importing = ['--import', `data:text/javascript,${encodeURIComponent(tellCost)}`];
  return costOf(process.execPath, [...importing, program, 'diff', before, after, '-o', 'json=/dev/null']);
};
const peerCost = (binary, before, after) =>
  costOf('/usr/bin/time', ['-f', 'cost %U %S %M', binary, 'diff', '--dir1', before, '--dir2', after, '-q']);

const middle = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const shown = (value) => Number(value.toPrecision(3));

/** @param {{ quick: boolean, folder: string, say: (line: string) => void }} context */
export async function run({ quick: small, folder, say }) {
  const binary = process.env.NETPOL_ANALYZER ?? '';
  const rows = [];
  for (const workloads of small ? sizes.slice(0, 1) : sizes) {
    const { before, after } = writeDirectories(folder, {
      namespaces: workloads / perNamespace,
      perNamespace,
    });
    const pairs = Array.from({ length: small ? 1 : rounds }, () => ({
      ours: own(before, after),
      theirs: binary === '' ? null : peerCost(binary, before, after),
    }));
    rmSync(before, { recursive: true });
    rmSync(after, { recursive: true });
    rows.push(...rowsOf(workloads, pairs, small));
    say(`${workloads} workloads: ${rows.at(-2).value} s, ${rows.at(-1).value} MiB`);
  }
  if (binary === '')
    rows.push({ metric: 'netpol-analyzer', unit: '', goalText: 'not run: set NETPOL_ANALYZER' });
  return {
    rows,
    checks: [
      {
        what: 'sizes compared',
        value: rows.filter(({ unit }) => unit === 's').length,
        equals: small ? 1 : sizes.length,
      },
    ],
  };
}

function rowsOf(workloads, pairs, small) {
  const shape = `${workloads} workloads`;
  const isLargest = workloads === sizes.at(-1) && !small;
  return [
    ['time', 's', 'seconds', goals.seconds],
    ['memory at most', 'MiB', 'mib', goals.mib],
  ].map(([metric, unit, key, most]) => {
    const ours = pairs.map((pair) => pair.ours[key]);
    const theirs = pairs.flatMap((pair) => (pair.theirs === null ? [] : [pair.theirs[key]]));
    return {
      ...{ metric, shape, unit, value: shown(middle(ours)), count: pairs.length },
      ...(isLargest ? { goal: { value: most } } : {}),
      ...(theirs.length === 0
        ? {}
        : { peer: { name: 'netpol-analyzer', value: shown(middle(theirs)) }, ratio: ratioOf(ours, theirs) }),
    };
  });
}
