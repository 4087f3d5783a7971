import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { configSchema, readConfig } from '../../src/cli/config-file.ts';
import { configName, findConfig } from '../../src/cli/config-place.ts';
import { jsonText } from '../chart/values-file.ts';
import { folderWith, netsluice, spawnedIn } from './program.ts';

const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{ ports: [{ port: 443 }] }] }
`;

const published = 'docs/schemas/config.json';

test(`${published} is made from the code (UPDATE=1 rewrites it)`, () => {
  const wanted = `${jsonText(JSON.parse(JSON.stringify(z.toJSONSchema(configSchema, { target: 'draft-7' }))))}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(published, wanted);
  expect(readFileSync(published, 'utf8')).toBe(wanted);
});

describe('where it is found', () => {
  test('here or above, up to the repository and no further', () => {
    const outer = folderWith({ [configName]: '' });
    const repository = join(outer, 'repository');
    const deep = join(repository, 'k8s/prod');
    mkdirSync(deep, { recursive: true });
    expect(findConfig(deep)).toBe(join(outer, configName));
    mkdirSync(join(repository, '.git'));
    expect(findConfig(deep)).toBeNull();
    writeFileSync(join(repository, configName), '');
    expect(findConfig(deep)).toBe(join(repository, configName));
    mkdirSync(join(deep, configName));
    expect(findConfig(deep)).toBe(join(repository, configName));
  });

  test('the program finds it from where it is run; --no-config and --config choose otherwise', async () => {
    const folder = folderWith({
      'web.yaml': policy,
      [configName]: 'failOn: warning\n',
      'other.yaml': 'failOn: error\n',
    });
    mkdirSync(join(folder, '.git'));
    mkdirSync(join(folder, 'below'));
    const run = async (...args: string[]) => {
      const { code, err } = await spawnedIn(join(folder, 'below'), [
        'lint',
        '-f',
        '../web.yaml',
        '-o',
        'compact',
        ...args,
      ]);
      return [code, err];
    };
    expect(await run()).toEqual([1, '']);
    expect(await run('--no-config')).toEqual([0, '']);
    expect(await run('--config', '../other.yaml')).toEqual([0, '']);
    // What the command line says counts for more.
    expect(await run('--fail-on', 'error')).toEqual([0, '']);
    expect(await run('--config', '../gone.yaml')).toEqual([
      2,
      'error: The config file ../gone.yaml cannot be read: there is no such file.\n',
    ]);
  });
});

test.each([
  ['plan', '--base', '.', '--head', '.'],
  ['diff', '.', '.'],
])('%s reads it too', async (...args) => {
  const folder = folderWith({ 'web.yaml': policy, [configName]: 'settings: gone.yaml\n' });
  mkdirSync(join(folder, '.git'));
  const { code, err } = await spawnedIn(folder, args);
  expect([code, err]).toEqual([
    3,
    `netsluice: The settings ${join(realpathSync(folder), 'gone.yaml')} cannot be read: there is no such file.\n`,
  ]);
  expect((await spawnedIn(folder, [...args, '--no-config'])).code).toBe(0);
});

describe('what it says', () => {
  test('holds for options that are not given; paths are from its own place on', async () => {
    const folder = folderWith({
      'web.yaml': policy,
      'config.yaml':
        'settings: sub/settings.yaml\nbaseline: sub/known.yaml\ncomplete: true\nnamespace: shop\ndocs: https://docs.test/{rule}\nkubeVersion: "1.35"\n',
    });
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub/settings.yaml'), 'rules: { rule-open-to-any-peer: info }\n');
    writeFileSync(join(folder, 'sub/known.yaml'), 'schema: baseline/v1\nfindings: []\n');
    const run = async (...args: string[]) => {
      const { code, out, err } = await netsluice([
        'lint',
        '-f',
        join(folder, 'web.yaml'),
        '--config',
        join(folder, 'config.yaml'),
        ...args,
      ]);
      return { code, out, err };
    };
    const { code, out, err } = await run('-o', 'json');
    const found = JSON.parse(out);
    expect([code, err, found.skipped, found.baseline.file]).toEqual([
      0,
      '',
      [],
      join(folder, 'sub/known.yaml'),
    ]);
    const open = found.findings.find(({ rule }: { rule: string }) => rule === 'rule-open-to-any-peer');
    expect([open.severity, open.object.namespace]).toEqual(['info', 'shop']);
    expect((await run()).out).toContain('= more: https://docs.test/rule-open-to-any-peer\n');
  });

  test.each([
    ['failon: error', 'unknown key "failon"; did you mean "failOn"?'],
    [
      'complet: true\nbasline: a',
      'unknown key "complet"; did you mean "complete"?; unknown key "basline"; did you mean "baseline"?',
    ],
    ['failOn: never', 'failOn: must be error, warning or info.'],
    ['kubeVersion: 1.34', 'kubeVersion: must be a text such as "1.34".'],
    ['kubeVersion: "34"', 'kubeVersion: must be a version such as "1.34".'],
    ['docs: docs/rules', 'docs: must be an address such as https://docs.example/rules/{rule}.'],
    ['- a', 'the file: Invalid input: expected object, received array.'],
  ])('%j is wrong', async (text, problem) => {
    const folder = folderWith({ 'c.yaml': text, 'web.yaml': policy });
    const file = join(folder, 'c.yaml');
    const { code, err } = await netsluice(['lint', '-f', folder, '--config', file]);
    expect([code, err]).toEqual([2, `error: The config file ${file} is wrong: ${problem}\n`]);
  });

  test('no YAML, a key twice, nothing at all', () => {
    const folder = folderWith({
      'a.yaml': 'a: [',
      'b.yaml': 'failOn: error\nfailOn: info\n',
      'c.yaml': '# nothing\n',
    });
    expect(readConfig(join(folder, 'a.yaml'))).toEqual({
      problem: expect.stringMatching(/^The config file .*a\.yaml cannot be read: Flow sequence .*\.$/),
    });
    expect(readConfig(join(folder, 'b.yaml'))).toEqual({
      problem: expect.stringMatching(/cannot be read: Map keys must be unique at line 2, column 1\.$/),
    });
    expect(readConfig(join(folder, 'c.yaml'))).toEqual({ config: {} });
  });
});
