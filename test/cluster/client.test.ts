import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readBody } from '../../src/cluster/api-client.ts';
import { createClient } from '../../src/cluster/client.ts';
import { type Authority, makeAuthority } from '../control-plane/certificates.ts';

interface Seen {
  readonly url: string;
  readonly authorization: string | null;
  readonly port: number;
}

let authority: Authority;
let folder: string;
let server: https.Server;
let seen: Seen[];
let answer: (message: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  authority = await makeAuthority('test');
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netsluice-client-'));
  seen = [];
  answer = (_message, response) => response.end('{}');
  server = https.createServer(
    await authority.issue({ commonName: 'api', ip: ['127.0.0.1'] }),
    (message, response) => {
      const authorization = message.headers.authorization ?? null;
      seen.push({ url: message.url ?? '', authorization, port: message.socket.remotePort ?? 0 });
      answer(message, response);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function address(): string {
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function kubeconfig(
  change: { readonly server?: string; readonly user?: object; readonly ca?: string } = {},
): string {
  const ca = Buffer.from(change.ca ?? authority.cert).toString('base64');
  const file = join(folder, 'config');
  const config = {
    clusters: [
      {
        name: 'c',
        cluster: { server: change.server ?? `${address()}/prefix/`, 'certificate-authority-data': ca },
      },
    ],
    users: [{ name: 'u', user: change.user ?? { token: 'secret' } }],
    contexts: [
      { name: 'kind', context: { cluster: 'c', user: 'u' } },
      { name: 'other', context: { cluster: 'c', user: 'u' } },
    ],
    'current-context': 'kind',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const open = (file: string, context: string | null = null) => createClient({ kubeconfig: file, context });
const options = () => ({ signal: new AbortController().signal, accept: 'application/json' });

describe('requests', () => {
  test('carry the token, the path under the server and the query, over one kept connection', async () => {
    const client = await open(kubeconfig());
    for (const name of ['a', 'b']) {
      const response = await client.get('/api/v1/pods', { limit: name }, options());
      expect(response.status).toBe(200);
      expect((await readBody(response.body, 100)).toString()).toBe('{}');
    }
    expect(seen.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['/prefix/api/v1/pods?limit=a', 'Bearer secret'],
      ['/prefix/api/v1/pods?limit=b', 'Bearer secret'],
    ]);
    expect(seen[0]?.port).toBe(seen[1]?.port);
  });

  test('fetch the token again from an exec plugin', async () => {
    const script = join(folder, 'plugin.sh');
    const token = join(folder, 'token');
    const status =
      '{"kind":"ExecCredential","status":{"token":"%s","expirationTimestamp":"2000-01-01T00:00:00Z"}}';
    writeFileSync(script, `#!/bin/sh\nprintf '${status}' "$(cat ${token})"\n`, { mode: 0o700 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' };
    const client = await open(kubeconfig({ user: { exec } }));
    for (const name of ['first', 'second']) {
      writeFileSync(token, name);
      await readBody((await client.get('/x', {}, options())).body, 100);
    }
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  test('end with an error when the signal aborts, before and after the headers', async () => {
    const client = await open(kubeconfig());
    const early = new AbortController();
    answer = () => early.abort();
    await expect(client.get('/x', {}, { ...options(), signal: early.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const late = new AbortController();
    answer = (_message, response) => response.write('x');
    const { body } = await client.get('/x', {}, { ...options(), signal: late.signal });
    late.abort();
    await expect(readBody(body, 100)).rejects.toThrow('aborted');
  });

  test('return refusals as they are', async () => {
    answer = (_message, response) => response.writeHead(429, { 'Retry-After': '3' }).end();
    const response = await (await open(kubeconfig())).get('/x', {}, options());
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3']);
  });
});

describe('what is wrong is said in a sentence', () => {
  test('nobody answers', async () => {
    const client = await open(kubeconfig({ server: 'https://127.0.0.1:1' }));
    await expect(client.get('/x', {}, options())).rejects.toThrow(
      'The cluster at https://127.0.0.1:1 (context "kind") cannot be reached: connect ECONNREFUSED 127.0.0.1:1. ' +
        'Check that it runs and that "kubectl --context kind version" works.',
    );
  });

  test('the certificate is of another authority', async () => {
    const client = await open(kubeconfig({ ca: (await makeAuthority('other')).cert }));
    await expect(client.get('/x', {}, options())).rejects.toThrow(
      /^The cluster at https:\/\/127\.0\.0\.1:\d+ \(context "kind"\) cannot be reached: .*certificate/,
    );
  });

  test('there is no such file', async () => {
    const file = join(folder, 'none');
    await expect(open(file)).rejects.toThrow(`The kubeconfig ${file} cannot be read: ENOENT`);
  });

  test('the file is no kubeconfig', async () => {
    const file = join(folder, 'config');
    writeFileSync(file, 'clusters: {');
    await expect(open(file)).rejects.toThrow(`The kubeconfig ${file} cannot be read: `);
  });

  test('there is no such context', async () => {
    await expect(open(kubeconfig(), 'prod')).rejects.toThrow(
      'There is no context "prod" in the kubeconfig; it has kind, other.',
    );
    await (await open(kubeconfig(), 'other')).get('/x', {}, options());
    expect(seen.length).toBe(1);
  });

  test('the current context names no cluster', async () => {
    const file = join(folder, 'config');
    writeFileSync(file, '{"clusters":[],"users":[],"contexts":[],"current-context":""}');
    await expect(open(file)).rejects.toThrow('No cluster is configured: ');
  });

  test('the credentials cannot be had', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'missing') };
    const client = await open(kubeconfig({ user: { exec } }));
    await expect(client.get('/x', {}, options())).rejects.toThrow(
      'The credentials of context "kind" cannot be had: ',
    );
  });
});
