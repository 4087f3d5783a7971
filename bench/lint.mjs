// `node bench/lint.mjs`: what `netsluice lint` costs, start to end, on 1,000 policies and 1,000 workloads in 250
// namespaces, one file each. CPU time stands beside wall time, for on a busy machine only that one says anything.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDirectories } from './diff-directories.mjs';

// `--quick` shows that it runs; its figures mean nothing.
const namespaces = process.argv.includes('--quick') ? 3 : 250;
const GOAL_S = 3;

const folder = mkdtempSync(join(tmpdir(), 'netsluice-bench-'));
const { before } = writeDirectories(folder, { namespaces, perNamespace: 4 });
const [wall, cpu] = [performance.now(), process.cpuUsage()];
const { runLint } = await import('../dist/cli/lint.js');
const { lintCommand } = await import('../dist/cli/lint-command.js');
const { plain } = await import('../dist/report/terminal.js');

let report = '';
const printing = {
  write: (_, text) => {
    report = text;
  },
  tell: () => undefined,
  paint: plain,
};
const surroundings = { version: '0.0.0', today: '2026-06-15', now: () => performance.now(), width: null };
const command = lintCommand((plan) => runLint(plan, printing, surroundings));
await command.parseAsync(['-f', before, '-o', 'json', '--no-config'], { from: 'user' });
const seconds = (performance.now() - wall) / 1000;
const { user, system } = process.cpuUsage(cpu);
rmSync(folder, { recursive: true });

const { input, findings } = JSON.parse(report);
const memory = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`);
console.log(
  `lint of ${input.policies} policies, ${input.files} files: ${seconds.toFixed(2)} s, CPU ${((user + system) / 1e6).toFixed(2)} s ` +
    `(goal ${GOAL_S} s), ${memory} MiB, ${findings.length} findings`,
);
