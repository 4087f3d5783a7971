import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { selftest } from '../../src/cli/selftest.ts';
import { parseWarnings } from '../../src/cli/warning-header.ts';
import { createClient } from '../../src/cluster/client.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly policy: { readonly metadata: { readonly name: string }; readonly spec: unknown };
}

interface Told {
  readonly status: number;
  readonly message?: string;
  readonly warnings?: readonly string[];
}

const created: Told = { status: 201 };
const rejected: Told = {
  status: 403,
  message:
    'admission webhook "policies.netsluice.dev" denied the request: [selector-contradiction] app in (a) and app notin (a) ' +
    'never hold together, so it selects no pod; drop one of the requirements\nref 3f9c1a2b',
};

let folder: string;
let server: Server;
let asked: Asked[];
/** What the API server answers about the good and the bad policy; the last entry stays. */
let answers: { good: Told[]; bad: Told[] };

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const policy = JSON.parse(await read(request)) as Asked['policy'];
  asked.push({ method: request.method ?? '', url: request.url ?? '', policy });
  const queue = policy.metadata.name.endsWith('bad') ? answers.bad : answers.good;
  const told = (queue.length > 1 ? queue.shift() : queue[0]) ?? created;
  response.setHeader(
    'warning',
    (told.warnings ?? []).map((line) => `299 - "${line.replaceAll(/["\\]/g, '\\$&')}"`),
  );
  response.writeHead(told.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(told.message === undefined ? {} : { kind: 'Status', message: told.message }));
}

async function run(waitMs = 0): Promise<{ readonly passed: boolean; readonly lines: readonly string[] }> {
  const kubeconfig = join(folder, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'double', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'nobody', user: {} }],
      contexts: [{ name: 'double', context: { cluster: 'double', user: 'nobody' } }],
      'current-context': 'double',
    }),
  );
  const lines: string[] = [];
  let now = 0;
  const passed = await selftest(
    { namespace: 'shop-selftest', waitMs },
    {
      client: await createClient({ kubeconfig, context: null }),
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
      print: (line) => lines.push(line),
    },
  );
  return { passed, lines };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netsluice-selftest-'));
  asked = [];
  answers = { good: [created], bad: [rejected] };
  server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe('netsluice selftest', () => {
  test('passes when the bad policy is rejected by netsluice and the good one admitted; both are dry runs', async () => {
    answers.good = [{ status: 201, warnings: ['[label-only] some "quoted" hint', 'ref 01234567'] }];
    expect(await run()).toEqual({
      passed: true,
      lines: [
        'The bad policy was rejected, as it should be: admission webhook "policies.netsluice.dev" denied the request: ' +
          '[selector-contradiction] app in (a) and app notin (a) never hold together, so it selects no pod; ' +
          'drop one of the requirements; ref 3f9c1a2b',
        'Warning: [label-only] some "quoted" hint',
        'Warning: ref 01234567',
        'The good policy was admitted, as it should be. The API server reaches netsluice.',
      ],
    });
    const url = '/apis/networking.k8s.io/v1/namespaces/shop-selftest/networkpolicies?dryRun=All';
    expect(asked.map(({ method, url: to, policy }) => [method, to, policy.metadata.name])).toEqual([
      ['POST', url, 'netsluice-selftest-bad'],
      ['POST', url, 'netsluice-selftest-good'],
    ]);
  });

  test('fails loudly when the API server did not reach netsluice: nobody said a word', async () => {
    answers.bad = [created];
    const { passed, lines } = await run(3_000);
    expect(passed).toBe(false);
    expect(asked).toHaveLength(4);
    expect(lines).toEqual([
      'FAILED: the bad policy was admitted and netsluice said nothing: the API server did not reach it. Look whether ' +
        'the webhook configuration is there and has a caBundle, whether the Service has ready endpoints, whether a ' +
        'NetworkPolicy keeps the API server out, and, where it cannot reach pods at all, set hostNetwork.enabled.',
    ]);
  });

  test('fails when it only warned, because the namespace asks for a rejection', async () => {
    answers.bad = [{ status: 201, warnings: ['[selector-contradiction] never', 'ref 3f9c1a2b'] }];
    const { passed, lines } = await run();
    expect(passed).toBe(false);
    expect(lines[0]).toContain('FAILED: netsluice warned of the bad policy and did not reject it');
    expect(lines[0]).toContain('It said: [selector-contradiction] never / ref 3f9c1a2b');
  });

  test('is not taken in by warnings or rejections of others', async () => {
    answers.bad = [{ status: 201, warnings: ['policies are reviewed by the security team'] }];
    expect((await run()).lines[0]).toContain('netsluice said nothing');
    const other = 'admission webhook "validate.example.org" denied the request: no; ref 3f9c1a2b';
    answers.bad = [{ status: 403, message: other }];
    expect((await run()).lines).toEqual([
      `FAILED: the API server did not take the bad policy, and it was not netsluice that refused (403): ${other}`,
    ]);
  });

  test('tells apart: a webhook that does not answer, a missing right, a missing namespace', async () => {
    const failed =
      'Internal error occurred: failed calling webhook "policies.netsluice.dev": connect: connection refused';
    answers.bad = [{ status: 500, message: failed }];
    expect((await run()).lines).toEqual([
      `FAILED: the API server did not get an answer from a webhook: ${failed}`,
    ]);
    answers.bad = [{ status: 403, message: 'networkpolicies is forbidden: User "x" cannot create' }];
    expect((await run()).lines[0]).toContain('it was not netsluice that refused (403)');
    answers.bad = [{ status: 404, message: 'namespaces "shop-selftest" not found' }];
    expect((await run()).lines[0]).toContain('(404): namespaces "shop-selftest" not found');
  });

  test('fails when the good policy is rejected', async () => {
    answers.good = [rejected];
    expect((await run()).lines[0]).toContain('FAILED: netsluice rejected the good policy: ');
  });

  test('asks again until the answer is right, as right after an installation', async () => {
    answers.bad = [created, { status: 201, warnings: ['[x] y', 'ref 3f9c1a2b'] }, rejected];
    expect((await run(60_000)).passed).toBe(true);
    expect(asked).toHaveLength(4);
  });

  test('an API server that is not there is one sentence', async () => {
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    const stopped = { address: () => ({ port }) };
    await new Promise((resolve) => server.close(resolve));
    const real = server;
    server = stopped as unknown as Server;
    const { passed, lines } = await run();
    server = real;
    expect(passed).toBe(false);
    expect(lines[0]).toContain(
      `FAILED: The cluster at http://127.0.0.1:${port} (context "double") cannot be reached`,
    );
  });
});

test('Warning headers are read as the API server writes them', () => {
  expect(parseWarnings('299 - "one, with a comma", 299 - "two \\"quoted\\" and \\\\ too"')).toEqual([
    'one, with a comma',
    'two "quoted" and \\ too',
  ]);
  expect(parseWarnings('')).toEqual([]);
  expect(parseWarnings('110 anderson/1.3.37 "Response is stale"')).toEqual([]);
});
