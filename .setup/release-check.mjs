// Stands between a tag and a release: `node .setup/release-check.mjs TAG BASE BUILD_BASE`.
// TAG must be `v` and the version that package.json and the chart carry. BASE and BUILD_BASE must be what the
// Dockerfile names, each with the digest that the release workflow resolved: `name:tag@sha256:…`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

/** @param {string} file @param {RegExp} pattern with one group */
function find(file, pattern) {
  const found = pattern.exec(readFileSync(join(root, file), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${file} does not say ${pattern}`);
  return found;
}

/** @param {string} argument of the Dockerfile @param {string} given @returns {string[]} what is wrong */
function problemsOfBase(argument, given) {
  const named = find('Dockerfile', new RegExp(`^ARG ${argument}=(\\S+)$`, 'm'));
  const [name = '', digest] = given.split('@');
  const problems = [];
  if (name !== named) problems.push(`${argument} is ${name || 'empty'}, but the Dockerfile names ${named}.`);
  if (digest === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    problems.push(
      `${argument} has no digest: a release is built on ${named}@sha256:…, resolved when it is made.`,
    );
  } else if (/^sha256:(.)\1+$/.test(digest)) {
    problems.push(`The digest of ${argument} is a placeholder, not one that was resolved.`);
  }
  return problems;
}

/** @param {string} tag @returns {string[]} what is wrong */
function problemsOfTag(tag) {
  const versions = {
    'package.json': find('package.json', /^ {2}"version": "([^"]+)"/m),
    'version of the chart': find('charts/netsluice/Chart.yaml', /^version: "?([^\s"]+)/m),
    'appVersion of the chart': find('charts/netsluice/Chart.yaml', /^appVersion: "?([^\s"]+)/m),
  };
  return Object.entries(versions)
    .filter(([, version]) => tag !== `v${version}`)
    .map(([what, version]) => `The tag is ${tag || 'empty'}, but the ${what} is ${version}.`);
}

const [tag = '', base = '', buildBase = ''] = process.argv.slice(2);
const problems = [
  ...problemsOfTag(tag),
  ...problemsOfBase('BASE', base),
  ...problemsOfBase('BUILD_BASE', buildBase),
];
for (const problem of problems) process.stderr.write(`release: ${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
