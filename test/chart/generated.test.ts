import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ensureBinaries } from '../control-plane/binaries.ts';
import { generatedPart } from '../examples/documents.ts';
import { settingsInValues } from '../support/settings-schema.ts';
import { chart, objectsOf, render } from './helm.ts';
import { plainManifests } from './plain-manifests.ts';
import { readValues, schemaText, valueRows } from './values-file.ts';

const update = process.env['UPDATE'] === '1';

function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name);
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
}

describe('what is made from the chart (UPDATE=1 rewrites it)', () => {
  test('values.schema.json is made from the comments of values.yaml', () => {
    const wanted = schemaText(readValues(`${chart}/values.yaml`), settingsInValues());
    if (update) writeFileSync(`${chart}/values.schema.json`, wanted);
    expect(readFileSync(`${chart}/values.schema.json`, 'utf8')).toBe(wanted);
  });

  test('the values in README.md are those of values.yaml', () => {
    const rows = valueRows(readValues(`${chart}/values.yaml`));
    const cells = [['value', 'default', 'meaning'], ['---', '---', '---'], ...rows];
    const lines = cells.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`);
    const wanted = `\n${lines.join('')}\n`;
    expect(wanted).toBe(generatedPart(`${chart}/README.md`, 'values', wanted));
  });

  test('deploy/ is the chart with its default values, and nothing else', async () => {
    const wanted = await plainManifests();
    if (update) {
      rmSync('deploy', { recursive: true, force: true });
      for (const [path, text] of wanted) {
        mkdirSync(dirname(join('deploy', path)), { recursive: true });
        writeFileSync(join('deploy', path), text);
      }
    }
    const found = new Map(
      filesBelow('deploy').map((path) => [path, readFileSync(join('deploy', path), 'utf8')]),
    );
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
  });
});

test('kubectl apply -k deploy finds every object', async () => {
  const { kubectl } = await ensureBinaries();
  const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', 'deploy'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const names = (objects: ReturnType<typeof objectsOf>) =>
    objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
  const rendered = (await render()).filter(({ metadata }) => !metadata.name.includes('selftest'));
  expect(names(objectsOf(stdout))).toEqual([...names(rendered), 'Namespace netsluice-system'].sort());
});

test('every value that the documentation sets exists', () => {
  const pages = ['README.md', `${chart}/README.md`, ...readdirSync('docs').map((name) => join('docs', name))];
  const text = pages.filter((page) => page.endsWith('.md')).map((page) => readFileSync(page, 'utf8'));
  const set = [...text.join('\n').matchAll(/--set(?:-string|-json|-file)?[ =]"?([A-Za-z.]+)=/g)].map(
    ([, key = '']) => key,
  );
  const known = valueRows(readValues(`${chart}/values.yaml`)).map(([key = '']) => key.replaceAll('`', ''));
  expect(set.length).toBeGreaterThan(5);
  expect(set.filter((key) => !key.startsWith('settings.') && !known.includes(key))).toEqual([]);
});

test('chart, program and image carry one version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const about = parse(readFileSync(`${chart}/Chart.yaml`, 'utf8'));
  expect([about.version, about.appVersion]).toEqual([version, version]);
  expect(parse(about.annotations['artifacthub.io/images'])).toEqual([
    { name: 'netsluice', image: `netsluice:${version}` },
  ]);
});
