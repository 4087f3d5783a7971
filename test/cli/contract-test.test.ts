import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderWith, netsluice, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const shop = 'examples/shop';
const contracts = 'examples/contracts.yaml';

/** Payments under a default deny: checkout cannot pay any more. */
const deny = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny, namespace: payments }
spec: { podSelector: {} }
`;

describe('netsluice test', () => {
  test('the contracts of the example hold', async () => {
    expect(await spawned(['test', '-f', shop, '--settings', contracts])).toEqual({
      code: 0,
      err: '',
      out: `holds    order-data-only-from-the-shop  forbid monitoring/* -> data/app=orders-db on 5432/TCP
holds    web-reaches-dns                require shop/app=web -> dns
holds    no-database-from-outside       forbid internet -> data/* on all ports
holds    checkout-takes-payments        require shop/app=checkout -> payments/app=gateway on 8080/TCP
4 contracts: 4 holds
`,
    });
  });

  test('the page shows what the program prints', async () => {
    const page = readFileSync('docs/contracts.md', 'utf8');
    const { out } = await netsluice(['test', '-f', shop, '--settings', contracts]);
    expect(
      out
        .trim()
        .split('\n')
        .filter((line) => !page.includes(`    ${line}\n`)),
    ).toEqual([]);
  });

  test('one that is broken is told with a flow and the policy, and ends with 1', async () => {
    const file = join(folderWith({ 'deny.yaml': deny }), 'deny.yaml');
    const { code, out } = await netsluice(['test', '-f', shop, file, '--settings', contracts]);
    expect([code, ...out.split('\n').slice(3)]).toEqual([
      1,
      'broken   checkout-takes-payments        shop/checkout#1 cannot reach payments/gateway#1 on 8080/TCP (ingress: payments/deny isolates it)',
      '4 contracts: 3 holds, 1 broken',
      '',
    ]);
  });

  test('manifests come from standard input too, and JSON goes to a file beside the text', async () => {
    const folder = folderWith({});
    const json = join(folder, 'result.json');
    const args = ['test', '-f', shop, '-', '--settings', contracts, '-o', 'pretty', '-o', `json=${json}`];
    const { code, out } = await spawned(args, {}, deny);
    expect([code, out.split('\n').at(-2)]).toEqual([1, '4 contracts: 3 holds, 1 broken']);
    const written: unknown = JSON.parse(readFileSync(json, 'utf8'));
    expect(schemaProblems('contract-test-v1', written)).toEqual([]);
    expect(written).toMatchObject({
      schema: 'contract-test/v1',
      summary: { holds: 3, broken: 1, vacuous: 0, unknown: 0 },
      problems: [],
    });
    expect((written as { contracts: unknown[] }).contracts[3]).toEqual({
      name: 'checkout-takes-payments',
      kind: 'require',
      level: 'error',
      state: 'broken',
      broken: 1,
      unknown: 0,
      reasons: [],
      nobody: [],
      witness: {
        src: 'shop/checkout[Deployment]',
        dst: 'payments/gateway[Deployment]',
        srcPod: 'shop/checkout#1',
        dstPod: 'payments/gateway#1',
        protocol: 'TCP',
        port: 8080,
        because: [{ direction: 'ingress', policy: 'payments/deny', clause: null, effect: 'isolates' }],
      },
      text: 'shop/checkout#1 cannot reach payments/gateway#1 on 8080/TCP (ingress: payments/deny isolates it)',
      why: '',
    });
  });

  const settings = (contract: string): string => `contracts:\n  - ${contract}\n`;
  const flow = '{ from: { namespace: typo }, to: { namespace: shop } }';

  test('what is vacuous or unknown fails; a contract of level warning fails only where that is asked', async () => {
    const folder = folderWith({
      'vacuous.yaml': settings(`{ name: a, require: ${flow} }`),
      'mild.yaml': settings(`{ name: a, level: warning, reason: we like it so, require: ${flow} }`),
      'unknown.yaml': settings('{ name: a, forbid: { from: { namespace: a }, to: { namespace: b } } }'),
      'lan.yaml': `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: lan, namespace: b }
spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] }
`,
    });
    const run = (file: string, ...more: string[]) =>
      netsluice(['test', '-f', `${folder}/lan.yaml`, '--settings', `${folder}/${file}`, ...more]);
    const vacuous = 'vacuous  a  nothing matches its from, nor its to\n';
    expect(await run('vacuous.yaml')).toEqual({ code: 1, err: '', out: `${vacuous}1 contract: 1 vacuous\n` });
    const mild = `${vacuous}            we like it so\n1 contract: 1 vacuous\n`;
    expect(await run('mild.yaml')).toEqual({ code: 0, err: '', out: mild });
    expect((await run('mild.yaml', '--fail-on', 'warning')).code).toBe(1);
    const unknown = await run('unknown.yaml');
    expect(unknown).toEqual({
      code: 1,
      err: '',
      out: `unknown  a  any pod in a may reach any pod in b on all ports (egress: no policy isolates it; ingress: b/lan ingress[0] allows it); a pod has no address that an ipBlock could be compared with
1 contract: 1 unknown
`,
    });
  });

  test('what cannot be read is told and ends with 3, after everything else was judged', async () => {
    const folder = folderWith({ 'odd.yaml': 'kind: [\n' });
    const { code, out, err } = await netsluice(['test', '-f', shop, folder, '--settings', contracts]);
    expect([code, out.split('\n').at(-2)]).toEqual([3, '4 contracts: 4 holds']);
    expect(err).toMatch(/^netsluice: not read: .*odd\.yaml:\d+: /);
    const gone = await netsluice(['test', '-f', '/nowhere', '--settings', contracts]);
    expect([gone.code, gone.err]).toEqual([
      3,
      'netsluice: /nowhere cannot be read: there is no such file.\n',
    ]);
    const wrong = folderWith({ 's.yaml': settings('{ name: a, forbids: {} }') });
    const settled = await netsluice(['test', '-f', shop, '--settings', `${wrong}/s.yaml`]);
    expect([settled.code, settled.err]).toEqual([
      3,
      `netsluice: The settings ${wrong}/s.yaml are wrong: unknown key "contracts.0.forbids"; did you mean "forbid"?; contracts.0: must have either forbid or require.\n`,
    ]);
  });

  test('wrong usage ends with 2', async () => {
    expect((await netsluice(['test', '-f', shop])).err).toBe(
      "error: required option '--settings <FILE>' not specified\n",
    );
    expect((await netsluice(['test', '--settings', contracts])).code).toBe(2);
    const none = await netsluice(['test', '-f', shop, '--settings', 'examples/settings.yaml']);
    expect([none.code, none.err]).toEqual([
      2,
      'netsluice: examples/settings.yaml has no contracts; write them under the key contracts.\n',
    ]);
    const twice = await netsluice([
      'test',
      '-f',
      shop,
      '--settings',
      contracts,
      '-o',
      'json',
      '-o',
      'pretty',
    ]);
    expect([twice.code, twice.err]).toEqual([
      2,
      'error: -o: only one format can go to standard output; give the others a file: -o json=FILE.\n',
    ]);
    const odd = await netsluice(['test', '-f', shop, '--settings', contracts, '-o', 'sarif']);
    expect([odd.code, odd.err]).toEqual([
      2,
      'error: -o sarif: it must be pretty or json, with =FILE to write a file.\n',
    ]);
  });
});
