// Takes away from node_modules what no running program reads: type declarations, source maps, documentation,
// packages' own tests, and add-ons for the runtime Bare. Two thirds of the weight of the packages in the image.
// `node trim-modules.mjs FOLDER`, used by the Dockerfile.
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const UNREAD = /\.(?:[cm]?ts|map|md|markdown|bare)$/i;
const LEGAL = /^(?:licen[cs]e|notice|copying|copyright)/i;
const TESTS = new Set(['test', 'tests', '__tests__']);

/** Only the folder beside a package's own package.json: deeper ones may be part of the program. @param {string} path */
function isTestsOfPackage(path) {
  if (!TESTS.has(basename(path))) return false;
  const above = dirname(dirname(path));
  const packages = basename(above).startsWith('@') ? dirname(above) : above;
  return basename(packages) === 'node_modules';
}

/** @param {string} folder */
function trim(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (isTestsOfPackage(path)) rmSync(path, { recursive: true });
      else trim(path);
    } else if (UNREAD.test(entry.name) && !LEGAL.test(entry.name)) {
      rmSync(path);
    }
  }
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node trim-modules.mjs FOLDER');
trim(folder);
