// `node bench/diff.mjs`, after `npm run build`: what `netsluice diff` of two directories costs, the whole process, cold.
//
// 800 workloads and 160 policies a side, one YAML file each. Time is that of the processor (user and system), because it
// hardly depends on what else the machine does; the best of a few runs counts. With NETPOL_ANALYZER naming its binary,
// np-guard's netpol-analyzer compares the same two directories, and the ratio is printed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDirectories } from './diff-directories.mjs';

// `--quick` shows that it runs; its figures mean nothing.
const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 5;
const GOAL_SECONDS = 1.0;
const GOAL_MIB = 128;

const say = (line) => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), 'netsluice-bench-'));

// A process of Node tells its own cost when it ends; of another program GNU time does.
const tellCost = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stderr.write(\`cost \${userCPUTime / 1e6} \${systemCPUTime / 1e6} \${maxRSS}\\n\`);
});`;

const telling = ['--import', `data:text/javascript,${encodeURIComponent(tellCost)}`];

/** Processor time in seconds and peak memory in MiB of one process. */
function measured(command, args) {
  const run = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (run.error !== undefined) throw run.error;
  const [, user, system, kib] = /cost ([\d.]+) ([\d.]+) (\d+)/.exec(run.stderr) ?? [];
  return {
    status: run.status,
    seconds: Number(user) + Number(system),
    mib: Number(kib) / 1024,
    stderr: run.stderr,
  };
}

try {
  const { before, after } = writeDirectories(folder, quick ? { namespaces: 4 } : {});
  const program = new URL('../dist/main.js', import.meta.url).pathname;
  const runs = Array.from({ length: ROUNDS }, () =>
    measured(process.execPath, [
      ...telling,
      program,
      'diff',
      before,
      after,
      '--timing',
      '-o',
      `json=${join(folder, 'out.json')}`,
    ]),
  );
  const failed = runs.find(({ status }) => status !== 0);
  if (failed !== undefined) throw new Error(failed.stderr);
  const best = runs.toSorted((a, b) => a.seconds - b.seconds)[0];
  const idle = Math.min(...runs.map(() => measured(process.execPath, [...telling, '-e', '0']).seconds));
  const mib = Math.max(...runs.map((run) => run.mib));
  for (const line of best.stderr.split('\n'))
    if (/ in \d/.test(line)) say(line.replace('netsluice: ', '         '));
  say(
    `diff     ${best.seconds.toFixed(2)} s of the processor at best of ${ROUNDS}, ${mib.toFixed(0)} MiB at most`,
  );
  // On a busy machine everything takes longer, and this tells by how much.
  say(`idle     ${idle.toFixed(2)} s for a process of Node that does nothing`);
  const met = best.seconds <= GOAL_SECONDS && mib <= GOAL_MIB;
  if (!quick)
    say(`goal     at most ${GOAL_SECONDS.toFixed(1)} s and ${GOAL_MIB} MiB: ${met ? 'met' : 'missed'}`);
  const other = process.env.NETPOL_ANALYZER;
  if (other === undefined || other === '')
    say('ratio    name the binary of netpol-analyzer in NETPOL_ANALYZER to compare');
  else {
    const theirs = measured('/usr/bin/time', [
      '-f',
      'cost %U %S %M',
      other,
      'diff',
      '--dir1',
      before,
      '--dir2',
      after,
      '-q',
    ]);
    say(
      `theirs   ${theirs.seconds.toFixed(2)} s of the processor, ${theirs.mib.toFixed(0)} MiB (exit ${theirs.status})`,
    );
    say(
      `ratio    ${(theirs.seconds / best.seconds).toFixed(1)} in time, ${(theirs.mib / mib).toFixed(1)} in memory`,
    );
  }
  say(
    `run on   Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
