// What action.yml runs: lints the manifests of a pull request, compares them with those before it, and writes both as
// the body of one comment. Reads INPUT_* and what GitHub Actions sets; the working directory is the repository.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { orSayWhy, say } from './prepare.mjs';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'main.js');

/** "The comment may hold 65,536 characters"; the rest is left to what is around them. */
const COMMENT_MAX = 65_000;
const EXIT_UNREAD = 3;

/** @param {string} name */
const input = (name) => (process.env[`INPUT_${name}`] ?? '').trim();

/** @param {string} name @returns {string[]} */
const lines = (name) =>
  input(name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Runs netsluice with its output in the log of the job. @param {string[]} args @returns {number} */
function netsluice(args) {
  const { status, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? EXIT_UNREAD;
}

/** @param {string} file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '');

const settings = () => (input('SETTINGS') === '' ? [] : ['--settings', input('SETTINGS')]);

/** @param {string} folder @param {string[]} paths @returns {{ code: number, text: string }} */
function lint(folder, paths) {
  const body = join(folder, 'lint.md');
  const failOn = input('FAIL_ON') || 'error';
  const sarif = input('SARIF');
  const code = netsluice([
    'lint',
    '-f',
    ...paths,
    ...settings(),
    ...(failOn === 'never' ? [] : ['--fail-on', failOn]),
    '-o',
    'github',
    `markdown=${body}`,
    ...(sarif === '' ? [] : [`sarif=${sarif}`]),
  ]);
  return { code: failOn === 'never' && code === 1 ? 0 : code, text: textOf(body) };
}

/**
 * The manifests before the change: given ones, or those of a commit, checked out beside the repository. Paths that did
 * not exist then are empty directories.
 * @param {string} folder @param {string[]} paths @returns {string[] | null}
 */
function before(folder, paths) {
  const given = lines('BASE');
  if (given.length > 0) return given;
  const ref = input('BASE_REF');
  if (ref === '') return null;
  const tree = join(folder, 'base');
  try {
    execFileSync('git', ['worktree', 'add', '--detach', '--quiet', tree, ref], { stdio: 'pipe' });
  } catch {
    throw new Error(
      `the commit ${ref} is not there; let actions/checkout fetch it with \`fetch-depth: 0\`, or set \`base\``,
    );
  }
  return paths.map((path) => {
    const then = join(tree, path);
    if (!existsSync(then)) mkdirSync(then, { recursive: true });
    return then;
  });
}

/** @param {string} folder @param {string[]} heads @returns {{ code: number, text: string }} */
function compare(folder, heads) {
  const bases = before(folder, heads);
  if (bases === null) return { code: 0, text: '' };
  const snapshots = lines('SNAPSHOT');
  const body = join(folder, 'change.md');
  const onChange = input('FAIL_ON_CHANGE') === 'true' ? ['--fail-on-change'] : [];
  const common = [...settings(), ...onChange, '-o', `markdown=${body}`];
  const repeated = (/** @type {string} */ flag, /** @type {string[]} */ values) =>
    values.flatMap((value) => [flag, value]);
  const code =
    snapshots.length > 0 || heads.length > 1
      ? netsluice([
          'plan',
          ...repeated('--base', bases),
          ...repeated('--head', heads),
          ...repeated('--snapshot', snapshots),
          ...common,
        ])
      : netsluice(['diff', bases[0] ?? '.', heads[0] ?? '.', ...common]);
  // Findings are lint's to fail on; this step fails for changes alone.
  return { code: code === 1 && onChange.length === 0 ? 0 : code, text: textOf(body) };
}

/** @param {string} variable @param {string} text */
function append(variable, text) {
  const file = process.env[variable];
  if (file !== undefined && file !== '') appendFileSync(file, `${text}\n`);
}

await orSayWhy(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-action-'));
  const tree = join(folder, 'base');
  try {
    const paths = lines('PATH');
    const linted = lint(folder, paths.length === 0 ? ['.'] : paths);
    const changed = compare(folder, paths.length === 0 ? ['.'] : paths);
    const whole = [changed.text, linted.text].filter((text) => text !== '').join('\n\n');
    const body =
      whole.length <= COMMENT_MAX
        ? whole
        : `${whole.slice(0, COMMENT_MAX)}\n\n… cut; the log of the job has the rest`;
    const comment = input('COMMENT') || 'netsluice-comment.md';
    writeFileSync(comment, `${body}\n`);
    append('GITHUB_STEP_SUMMARY', body);
    // What could not be read makes everything else doubtful.
    process.exitCode = Math.max(linted.code, changed.code);
    append('GITHUB_OUTPUT', `comment=${comment}\nexit-code=${process.exitCode}`);
    say(`the comment's body is in ${comment}`);
  } finally {
    if (existsSync(tree)) spawnSync('git', ['worktree', 'remove', '--force', tree]);
    rmSync(folder, { recursive: true, force: true });
  }
});
