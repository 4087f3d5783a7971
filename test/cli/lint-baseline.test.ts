import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { baselineSchema } from '../../src/cli/baseline.ts';
import { jsonText } from '../chart/values-file.ts';
import { folderWith, netsluice } from './program.ts';
import { schemaProblems } from './schema.ts';

/** A policy that opens a clause of each direction to everybody, and one port that no server takes. */
const policy = (name: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  namespace: shop
spec:
  podSelector: { matchLabels: { app: ${name} } }
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: {}
      ports:
        - port: "80"
    - ports:
        - port: 443
`;

interface Tried {
  readonly code: number | null;
  readonly err: string;
  readonly found: {
    readonly findings: { rule: string; known: boolean; object: { name: string }; line: number }[];
    readonly baseline: { gone: { rule: string; object: string }[]; unseen: number } | null;
    readonly summary: Record<string, number>;
  };
}

/** A folder with two such policies and the baseline of what is found in them. */
async function started(): Promise<{
  folder: string;
  file: string;
  lint: (...args: string[]) => Promise<Tried>;
}> {
  const folder = folderWith({ 'a.yaml': policy('web'), 'b.yaml': policy('db') });
  const file = join(folder, 'known');
  const lint = async (...args: string[]): Promise<Tried> => {
    const { code, out, err } = await netsluice([
      'lint',
      '-f',
      folder,
      '-o',
      'json',
      '--fail-on',
      'info',
      ...args,
    ]);
    return { code, err: err.replaceAll(`${folder}/`, ''), found: JSON.parse(out) };
  };
  const { code, err } = await lint('--write-baseline', file, '--reason', 'they move in May');
  expect([code, err]).toEqual([0, 'netsluice: wrote known: 4 findings, 4 of them new; 0 gone\n']);
  return { folder, file, lint };
}

const loud = ({ found }: Tried): string[] =>
  found.findings.flatMap(({ rule, known, object, line }) =>
    known ? [] : [`${object.name} ${rule} ${line}`],
  );

const gone = ({ found }: Tried): string[] =>
  (found.baseline?.gone ?? []).map(({ rule, object }) => `${object} ${rule}`);

const published = 'docs/schemas/baseline-v1.json';

test(`${published} is made from the code (UPDATE=1 rewrites it)`, () => {
  const schema: unknown = z.toJSONSchema(baselineSchema, { target: 'draft-7' });
  const wanted = `${jsonText(JSON.parse(JSON.stringify(schema)))}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(published, wanted);
  expect(readFileSync(published, 'utf8')).toBe(wanted);
});

describe('a baseline', () => {
  test('holds one entry for each finding, with a reason and a day, and neither line nor file', async () => {
    const { file } = await started();
    const text = readFileSync(file, 'utf8');
    expect(text.split('\n')[0]).toBe(
      '# Findings that are known and do not count. netsluice lint --write-baseline writes it anew and keeps every reason.',
    );
    const { schema, findings } = parse(text) as { schema: string; findings: Record<string, string>[] };
    expect(schema).toBe('baseline/v1');
    expect(schemaProblems('baseline-v1', parse(text))).toEqual([]);
    expect(findings.map(({ object, rule }) => `${object} ${rule}`)).toEqual([
      'NetworkPolicy shop/db api-rejects',
      'NetworkPolicy shop/db rule-open-to-any-peer',
      'NetworkPolicy shop/web api-rejects',
      'NetworkPolicy shop/web rule-open-to-any-peer',
    ]);
    expect(findings[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      rule: 'api-rejects',
      object: 'NetworkPolicy shop/db',
      says: 'kube-apiserver rejects it: spec.ingress[0].ports[0].port: Invalid value: "80": must contain at least one letter (a-z)',
      reason: 'they move in May',
      since: '2026-06-15',
    });
  });

  test('what it holds does not count', async () => {
    const { lint, file } = await started();
    const held = await lint('--baseline', file, '--strict-baseline');
    expect([held.code, held.err, loud(held), held.found.baseline?.gone]).toEqual([0, '', [], []]);
    expect(held.found.summary).toEqual({ error: 0, warning: 0, info: 0, waived: 0, known: 4 });
  });

  test('survives that lines, clauses and files move', async () => {
    const { folder, file, lint } = await started();
    const text = policy('web').replace(
      '  ingress:\n',
      '  ingress:\n    - { from: [{ podSelector: { matchLabels: { a: b } } }], ports: [{ port: 1 }] }\n',
    );
    mkdirSync(join(folder, 'moved'));
    writeFileSync(join(folder, 'a.yaml'), `# a line more\n\n${text}`);
    renameSync(join(folder, 'b.yaml'), join(folder, 'moved/c.yaml'));
    const held = await lint('--baseline', file);
    expect([held.code, loud(held), gone(held)]).toEqual([0, [], []]);
  });

  test('a finding that is new counts, although another one of its rule and file has gone', async () => {
    const { folder, file, lint } = await started();
    // One clause is closed and another one opened, in one policy; the number of findings stays.
    const text = policy('web')
      .replace('    - ports:\n        - port: 443\n', '')
      .concat('  egress: []\n')
      .replace('- port: "80"', '- port: "81"');
    writeFileSync(join(folder, 'a.yaml'), text);
    const held = await lint('--baseline', file);
    expect(held.code).toBe(1);
    expect(loud(held)).toEqual(expect.arrayContaining(['web api-rejects 13']));
    expect(gone(held)).toEqual([
      'NetworkPolicy shop/web api-rejects',
      'NetworkPolicy shop/web rule-open-to-any-peer',
    ]);
  });

  test('one entry excuses one finding, also where two are equal', async () => {
    const { folder, file, lint } = await started();
    writeFileSync(join(folder, 'again.yaml'), policy('web'));
    const held = await lint('--baseline', file);
    const twice = loud(held).filter((line) => !line.includes('duplicate'));
    expect([held.code, twice]).toEqual([1, ['web api-rejects 13', 'web rule-open-to-any-peer 14']]);
    await lint('--baseline', file, '--write-baseline', file);
    expect((await lint('--baseline', file)).code).toBe(0);
    // Taken away again, the entries of its findings are told as gone.
    writeFileSync(join(folder, 'again.yaml'), '');
    expect(gone(await lint('--baseline', file))).toEqual(
      expect.arrayContaining([
        'NetworkPolicy shop/web api-rejects',
        'NetworkPolicy shop/web rule-open-to-any-peer',
      ]),
    );
  });

  test('what is gone is told and, where it must be strict, fails', async () => {
    const { folder, file, lint } = await started();
    writeFileSync(join(folder, 'a.yaml'), policy('web').replace('"80"', '80'));
    const held = await lint('--baseline', file);
    expect([held.code, held.err]).toEqual([
      0,
      'netsluice: gone from known: api-rejects: kube-apiserver rejects it: spec.ingress[0].ports[0].port: Invalid value: "80": must contain at least one letter (a-z) (NetworkPolicy shop/web)\n' +
        'netsluice: drop what is gone from known, or write it anew with --write-baseline\n',
    ]);
    expect((await lint('--baseline', file, '--strict-baseline')).code).toBe(1);
    const anew = await lint('--baseline', file, '--write-baseline', file);
    expect(anew.err).toBe('netsluice: wrote known: 3 findings, 0 of them new; 1 gone\n');
    expect((await lint('--baseline', file, '--strict-baseline')).code).toBe(0);
  });

  test('an object that was not given is not gone, unless everything was', async () => {
    const { folder, file } = await started();
    const run = async (...args: string[]) => {
      const { code, out } = await netsluice([
        'lint',
        '-f',
        join(folder, 'a.yaml'),
        '--baseline',
        file,
        '-o',
        'json',
        ...args,
      ]);
      return [code, JSON.parse(out).baseline];
    };
    expect(await run('--strict-baseline')).toEqual([0, { file, gone: [], unseen: 2 }]);
    const [code, state] = await run('--strict-baseline', '--complete');
    expect([code, state.gone.length, state.unseen]).toEqual([1, 2, 0]);
    // Nor does writing it anew drop what was not looked at.
    await run('--write-baseline', file);
    expect(await run('--strict-baseline')).toEqual([0, { file, gone: [], unseen: 2 }]);
  });

  test('reasons and days stay when it is written anew', async () => {
    const { file, folder, lint } = await started();
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replaceAll('2026-06-15', '2025-01-01').replace('they move in May', 'see 12'),
    );
    writeFileSync(join(folder, 'c.yaml'), policy('new'));
    await lint('--write-baseline', file, '--reason', 'late');
    const { findings } = parse(readFileSync(file, 'utf8')) as {
      findings: { reason: string; since: string }[];
    };
    expect(findings.map(({ reason, since }) => `${since} ${reason}`)).toEqual([
      '2025-01-01 see 12',
      '2025-01-01 they move in May',
      '2026-06-15 late',
      '2026-06-15 late',
      '2025-01-01 they move in May',
      '2025-01-01 they move in May',
    ]);
  });

  test('one that cannot be read is a problem, and says why', async () => {
    const folder = folderWith({
      'a.yaml': policy('web'),
      'bad.yaml': 'schema: baseline/v1\nfindings: [{ id: x }]\n',
      'odd.yaml': 'schema: [',
      'reason.yaml':
        'schema: baseline/v1\nfindings: [{ id: 0123456789ab, rule: a, object: b, says: c, reason: "", since: 2026-01-01 }]\n',
    });
    const run = async (name: string) => {
      const { code, err } = await netsluice([
        'lint',
        '-f',
        join(folder, 'a.yaml'),
        '--baseline',
        join(folder, name),
      ]);
      return [code, err.replaceAll(`${folder}/`, '')];
    };
    expect(await run('gone.yaml')).toEqual([
      3,
      'netsluice: The baseline gone.yaml cannot be read: there is no such file.\n',
    ]);
    expect(await run('bad.yaml')).toEqual([
      3,
      'netsluice: The baseline bad.yaml is wrong: findings.0.id: must be twelve hexadecimal digits.\n',
    ]);
    expect(await run('reason.yaml')).toEqual([
      3,
      'netsluice: The baseline reason.yaml is wrong: findings.0.reason: must not be empty.\n',
    ]);
    expect((await run('odd.yaml'))[1]).toMatch(
      /^netsluice: The baseline odd.yaml cannot be read: Flow sequence /,
    );
  });
});
