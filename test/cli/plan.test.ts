import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { runPlan } from '../../src/cli/plan.ts';
import { planCommand } from '../../src/cli/plan-command.ts';
import { encodeSnapshot } from '../../src/cluster/snapshot.ts';
import { plain } from '../../src/report/terminal.ts';
import { shopObjects } from '../review/shop.ts';
import { type Json, namespace, policy, recordOf, workload } from '../support/build.ts';
import { type Ended, folderWith } from './program.ts';
import { schemaProblems } from './schema.ts';

const manifests = (objects: readonly unknown[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

/** Runs the command in this process, as main.ts wires it; always the 15th of June 2026. */
async function plan(...args: readonly string[]): Promise<Ended> {
  let [code, out, err]: [number, string, string] = [0, '', ''];
  const tell = (text: string): void => {
    err += text;
  };
  const command = planCommand(async (asked) => {
    const printing = {
      write: (file: string | null, text: string): void => {
        if (file === null) out += `${text}\n`;
        else writeFileSync(file, `${text}\n`);
      },
      tell: (line: string) => tell(`netsluice: ${line}\n`),
      paint: plain,
    };
    code = await runPlan(asked, printing, { now: () => 0, today: '2026-06-15' });
  });
  const program = new Command('netsluice').addCommand(
    command.exitOverride().configureOutput({ writeErr: tell }),
  );
  try {
    await program.parseAsync(['plan', ...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = 2;
  }
  return { code, out, err };
}

function snapshotOf(objects: readonly Json[], takenAt: string): Uint8Array {
  return encodeSnapshot({
    takenAt,
    version: '0.0.0',
    cluster: null,
    platform: null,
    absent: [],
    redacted: false,
    objects: objects.map(recordOf),
  });
}

const now = new Date().toISOString();
const deny = policy('shop/deny', '{podSelector: {}, policyTypes: [Ingress]}');
const allow = policy(
  'shop/allow',
  '{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 5432}]}]}',
);

/** A folder with the shop as a snapshot, with these policies, and other files. */
function stage(policies: readonly Json[], files: Readonly<Record<string, string>> = {}) {
  const folder = folderWith(files);
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('shop.snapshot'), snapshotOf([...shopObjects(), ...policies], now));
  return at;
}

describe('netsluice plan', () => {
  test('a policy to apply: what it does, what is found, what is decided', async () => {
    const at = stage([deny], { 'allow.yaml': manifests([allow]) });
    const { code, out, err } = await plan(
      '-f',
      at('allow.yaml'),
      '--snapshot',
      at('shop.snapshot'),
      '-o',
      'json',
    );
    const document = JSON.parse(out);
    expect(schemaProblems('diff-v1', document)).toEqual([]);
    expect([code, err, document.headline]).toEqual([0, '', 'opens 1 inside their namespaces']);
    expect(document.changes).toEqual([
      {
        src: 'shop/api[StatefulSet]',
        dst: 'shop/db[StatefulSet]',
        before: { allow: { TCP: [], UDP: [], SCTP: [] } },
        after: { allow: { TCP: ['5432'], UDP: [], SCTP: [] } },
        opened: { TCP: ['5432'], UDP: [], SCTP: [] },
        because: [{ policy: 'shop/allow', direction: 'ingress', clause: 0, effect: 'allows' }],
        witness: { src: 'pod:shop/api-0', dst: 'pod:shop/db-0', protocol: 'TCP', port: 5432 },
      },
    ]);
    expect(document.decision.outcome).toBe('admitted');
    expect(document.decision.findings.length).toBe(document.findings.length);
  });

  test('the whole change counts as one: a deny and its allow block less than the deny alone', async () => {
    const at = stage([], { 'deny.yaml': manifests([deny]), 'both.yaml': manifests([deny, allow]) });
    const headline = async (file: string): Promise<string> =>
      JSON.parse((await plan('-f', at(file), '--snapshot', at('shop.snapshot'), '-o', 'json')).out).headline;
    expect(await headline('deny.yaml')).toBe('isolates 3 workloads (7 pods) for ingress, 3 keep no source');
    expect(await headline('both.yaml')).toBe('isolates 3 workloads (7 pods) for ingress, 2 keep no source');
  });

  test('a policy that is renamed is nothing', async () => {
    const renamed = { ...deny, metadata: { ...(deny['metadata'] as object), name: 'default-deny' } };
    const at = stage([deny], { 'renamed.yaml': manifests([renamed]) });
    const { out } = await plan(
      '-f',
      at('renamed.yaml'),
      '--delete',
      'netpol/shop/deny',
      '--snapshot',
      at('shop.snapshot'),
      '-o',
      'json',
    );
    expect(JSON.parse(out)).toMatchObject({ headline: 'changes no connection', changes: [], isolation: [] });
  });

  test('between trees: what the head lacks is deleted, what both hold is left alone', async () => {
    const at = stage([deny, allow]);
    for (const [tree, objects] of [
      ['base', [deny, allow]],
      ['head', [deny]],
    ] as const) {
      mkdirSync(at(tree));
      writeFileSync(join(at(tree), 'all.yaml'), manifests(objects));
    }
    const args = ['--base', at('base'), '--head', at('head'), '--snapshot', at('shop.snapshot')];
    const { code, out } = await plan(...args, '-o', 'json');
    const document = JSON.parse(out);
    expect([code, document.headline]).toEqual([0, 'blocks 1 connection (shop/api -> shop/db:5432/TCP)']);
    expect(document.changes[0].because).toEqual([
      { policy: 'shop/allow', direction: 'ingress', clause: 0, effect: 'stops-allowing' },
    ]);
    expect((await plan(...args, '--fail-on-change')).code).toBe(1);
    expect(
      (
        await plan(
          '--base',
          at('base'),
          '--head',
          at('base'),
          '--snapshot',
          at('shop.snapshot'),
          '--fail-on-change',
        )
      ).code,
    ).toBe(0);
  });

  test('without a cluster the base is the cluster', async () => {
    const shop = [
      namespace('shop'),
      workload('Deployment', 'shop/web', 1),
      workload('Deployment', 'shop/db', 1),
    ];
    const folder = folderWith({ 'base.yaml': manifests([...shop]), 'head.yaml': manifests([...shop, deny]) });
    const { code, out } = await plan(
      '--base',
      join(folder, 'base.yaml'),
      '--head',
      join(folder, 'head.yaml'),
    );
    expect([code, out.split('\n')[0]]).toEqual([
      0,
      'isolates 2 workloads (2 planned) for ingress, 2 keep no source',
    ]);
  });

  test('each of several clusters is told, and one that is too old ends with 3', async () => {
    const at = stage([deny], { 'allow.yaml': manifests([allow]) });
    writeFileSync(at('old.snapshot'), snapshotOf(shopObjects(), '2020-01-01T00:00:00Z'));
    const both = ['-f', at('allow.yaml'), '--snapshot', at('shop.snapshot'), at('old.snapshot')];
    const { code, out } = await plan(...both, '-o', 'json');
    const document = JSON.parse(out);
    expect([code, schemaProblems('plans-v1', document)]).toEqual([0, []]);
    expect(
      document.clusters.map(({ cluster, headline }: { cluster: string; headline: string }) => [
        cluster,
        headline,
      ]),
    ).toEqual([
      [at('shop.snapshot'), 'opens 1 inside their namespaces'],
      [at('old.snapshot'), 'isolates 1 workload (2 pods) for ingress'],
    ]);
    for (const each of document.clusters) expect(schemaProblems('diff-v1', each)).toEqual([]);
    const strict = await plan(...both, '--max-age', '12h');
    expect(strict.code).toBe(3);
    expect(strict.err).toContain('which is more than --max-age 12h');
    expect(strict.out).toContain('opens 1 inside their namespaces');
  });

  test('findings at the level of the settings file, else at restricted', async () => {
    const open = policy('shop/open', '{podSelector: {}, ingress: [{}]}');
    const at = stage([], {
      'open.yaml': manifests([open]),
      'settings.yaml': 'modes: {enforce: off, warn: baseline, audit: baseline}\n',
    });
    const args = ['-f', at('open.yaml'), '--snapshot', at('shop.snapshot')];
    const strict = await plan(...args);
    expect(strict.code).toBe(1);
    expect(strict.out).toMatch(/^error: NetworkPolicy shop\/open: \[rule-open-to-any-peer\] /m);
    expect(strict.out).toMatch(/^would be rejected: \d error/m);
    const mild = await plan(...args, '--settings', at('settings.yaml'));
    expect([mild.code, /^would be admitted: /m.test(mild.out)]).toEqual([0, true]);
    expect((await plan(...args, '--settings', at('settings.yaml'), '--fail-on', 'warning')).code).toBe(1);
  });

  test('what another policy could cure counts in full', async () => {
    const egress = policy('shop/egress', '{podSelector: {}, policyTypes: [Egress]}');
    const at = stage([], { 'egress.yaml': manifests([egress]) });
    const { out } = await plan('-f', at('egress.yaml'), '--snapshot', at('shop.snapshot'));
    expect(out).toMatch(/^(?:warning|error): NetworkPolicy shop\/egress: \[egress-blocks-dns\] /m);
  });

  test('as Markdown it has the decision below the headline', async () => {
    const at = stage([deny], { 'allow.yaml': manifests([allow]) });
    const { out } = await plan('-f', at('allow.yaml'), '--snapshot', at('shop.snapshot'), '-o', 'markdown');
    expect(out.split('\n').slice(0, 6)).toEqual([
      '<!-- netsluice:diff -->',
      '### NetworkPolicy changes',
      '',
      '**opens 1 inside their namespaces**',
      '',
      expect.stringMatching(/^would be admitted: .*\.$/),
    ]);
  });

  test.each([
    [[], 'nothing to plan: give -f, --delete, or --base and --head.'],
    [['--base', 'a'], '--base needs --head.'],
    [['--head', 'a'], '--head needs --base.'],
    [
      ['-f', 'a', '--base', 'b', '--head', 'c'],
      '-f and --delete name a change, and so do --base and --head: give one of the two.',
    ],
    [
      ['-f', 'a', '--snapshot', 'b', '--cluster', 'c'],
      '--snapshot and --cluster exclude each other: plan for one of them.',
    ],
    [
      ['--delete', 'secret/a/b'],
      '"secret" is no kind that can be planned for; write networkpolicy/NAMESPACE/NAME.',
    ],
    [['--delete', 'netpol/a'], 'write netpol/NAMESPACE/NAME.'],
  ])('wrong usage: %j', async (args, text) => {
    const { code, err } = await plan(...args);
    expect(code).toBe(2);
    expect(err).toContain(text);
  });

  test('a policy to delete that is not there', async () => {
    const at = stage([deny]);
    const { code, err } = await plan(
      '--delete',
      'networkpolicy/shop/dney',
      '--snapshot',
      at('shop.snapshot'),
    );
    expect([code, err]).toEqual([
      2,
      'netsluice: There is no NetworkPolicy shop/dney to delete; did you mean deny?\n',
    ]);
  });

  test('what cannot be read of the change ends with 3, and the rest is planned', async () => {
    const at = stage([deny], { 'allow.yaml': `${manifests([allow])}\n---\nkind: Pod\n  x: 1\n` });
    const { code, out, err } = await plan('-f', at('allow.yaml'), '--snapshot', at('shop.snapshot'));
    expect(code).toBe(3);
    expect(err).toMatch(/not read: .*allow\.yaml:\d+: /);
    expect(out).toContain('opens 1 inside their namespaces');
  });
});
