// The whole test command: installs, builds, lints, checks types, runs every test and counts.
// `node .setup/test.mjs` runs all, `fast` what needs Node alone, `e2e` what needs the real control plane.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installBuildah } from './buildah.mjs';
import { orSayWhy, prepare, root, say } from './prepare.mjs';

const SLOW = ['test/control-plane', 'test/chart', 'test/e2e'];

// Of these, the ones with Helm, in two parts that take about as long as the rest.
const ADD_ON = ['test/(chart|e2e/(add-on-load|new-user))', 'test/e2e/add-on-(install|outages)'];

// Outside the bubble of the slow tests, where the registry is: what is built here is found again inside.
const IMAGE = 'test/image';

const jest = join('node_modules', 'jest', 'bin', 'jest.js');
const biome = join('node_modules', '@biomejs', 'biome', 'bin', 'biome');
const tsc = join('node_modules', 'typescript', 'bin', 'tsc');

/** @param {string[]} args @returns {Promise<number>} the exit code */
function node(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });
}

const total = { passed: 0, failed: 0 };

/** A step that passes or fails as a whole. @param {string} name @param {string[]} args */
async function step(name, args) {
  say(name);
  if ((await node(args)) === 0) total.passed += 1;
  else total.failed += 1;
}

/** @param {string} name @param {string[]} before @param {string[]} args */
async function suite(name, before, args) {
  say(name);
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-test-'));
  const file = join(folder, 'results.json');
  try {
    const code = await node([...before, jest, ...args, '--json', '--outputFile', file]);
    const results = read(file);
    const broken = results?.numRuntimeErrorTestSuites ?? 0;
    total.passed += results?.numPassedTests ?? 0;
    // A run that ends badly without a failed test still counts: a file that does not load, a runner that died.
    const failed = (results?.numFailedTests ?? 0) + broken + (results?.numPendingTests ?? 0);
    total.failed += code === 0 ? failed : Math.max(1, failed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // Jest ended before it could write: counted as a failure by its exit code.
  }
}

const [part = 'all'] = process.argv.slice(2);

await orSayWhy(async () => {
  await prepare();
  if (part !== 'e2e') {
    await step('lint', [biome, 'check', '--error-on-warnings', '.']);
    await step('types', [tsc, '--noEmit']);
    await suite(
      'tests that need Node alone',
      [],
      ['--maxWorkers=100%', '--testPathIgnorePatterns', IMAGE, ...SLOW],
    );
  }
  if (part !== 'fast') {
    await installBuildah();
    await step('the container image', [join(IMAGE, 'ensure-image.mjs'), '--quiet']);
    await suite('tests of the container image', [], ['-i', IMAGE]);
    const bubble = [join('test', 'control-plane', 'bubble.mjs'), process.execPath];
    // Mostly they wait, for pods and for drains; each in a bubble of its own, they know nothing of each other.
    const others = ['--testPathIgnorePatterns', ...ADD_ON, '--testPathPatterns', ...SLOW];
    await Promise.all([
      ...ADD_ON.map((pattern) =>
        suite('tests of the add-on on the real control plane', bubble, ['-i', pattern]),
      ),
      suite('tests against the real control plane', bubble, ['-i', ...others]),
    ]);
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  if (total.failed > 0) process.exitCode = 1;
});
