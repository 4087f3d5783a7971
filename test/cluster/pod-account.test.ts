import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readBody } from '../../src/cluster/api-client.ts';
import { createClient } from '../../src/cluster/client.ts';
import { accountFolder, accountIn, podTarget } from '../../src/cluster/pod-account.ts';
import { readSurroundings } from '../../src/config.ts';
import { makeAuthority } from '../control-plane/certificates.ts';

jest.mock('@kubernetes/client-node', () => {
  throw new Error('a pod needs no library to read its account');
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netsluice-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const inPod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const options = () => ({ signal: AbortSignal.timeout(20_000), accept: 'application/json' });

describe('where the account of the pod is used', () => {
  const found = (env: Readonly<Record<string, string>>) => accountIn(readSurroundings(env), folder);
  const account = {
    host: '10.0.0.1',
    port: '443',
    get folder() {
      return folder;
    },
  };

  test('is told by the environment and a mounted token', () => {
    expect(found(inPod)).toBe(null);
    writeFileSync(join(folder, 'token'), 't');
    expect(found(inPod)).toEqual({ ...account });
    expect(found({ KUBERNETES_SERVICE_HOST: '10.0.0.1' })).toBe(null);
    expect(found({ KUBERNETES_SERVICE_PORT: '443' })).toBe(null);
  });

  test('a kubeconfig in the home folder goes before it, as it does for every client', () => {
    writeFileSync(join(folder, 'token'), 't');
    const env = { ...inPod, HOME: folder };
    expect(found(env)).toEqual({ ...account });
    mkdirSync(join(folder, '.kube'));
    writeFileSync(join(folder, '.kube', 'config'), '');
    expect(found(env)).toBe(null);
  });

  test('lies where Kubernetes mounts it', () => {
    expect(accountFolder).toBe('/var/run/secrets/kubernetes.io/serviceaccount');
  });
});

describe('the API server as a pod sees it', () => {
  test('is asked over TLS, with addresses of both families', () => {
    const origin = (host: string) => podTarget({ host, port: '6443', folder }).server.origin;
    expect([origin('10.0.0.1'), origin('fd00::1')]).toEqual([
      'https://10.0.0.1:6443',
      'https://[fd00::1]:6443',
    ]);
  });

  test('is shown the token that stands in the file now, and believed only with the authority of the file', async () => {
    const authority = await makeAuthority('cluster');
    const asked: unknown[] = [];
    const pair = await authority.issue({ commonName: 'kube-apiserver', ip: ['127.0.0.1'] });
    const server = https.createServer(pair, (incoming, response) => {
      asked.push([incoming.url, incoming.headers.authorization]);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const account = { host: '127.0.0.1', port, folder };
    const client = await createClient({ kubeconfig: null, context: null, account });
    const ask = async () => readBody((await client.get('/api/v1/pods', { limit: '1' }, options())).body, 10);
    try {
      await expect(ask()).rejects.toThrow(
        /^The credentials of service account of the pod cannot be had: ENOENT: no such file or directory/,
      );
      writeFileSync(join(folder, 'ca.crt'), authority.cert);
      for (const token of ['first', 'second\n']) {
        writeFileSync(join(folder, 'token'), token);
        expect(String(await ask())).toBe('{}');
      }
      expect(asked).toEqual([
        ['/api/v1/pods?limit=1', 'Bearer first'],
        ['/api/v1/pods?limit=1', 'Bearer second'],
      ]);
      writeFileSync(join(folder, 'ca.crt'), (await makeAuthority('other')).cert);
      await expect(ask()).rejects.toThrow(
        `The cluster at https://127.0.0.1:${port} (service account of the pod) cannot be reached: `,
      );
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('is not asked where a kubeconfig or a context is named', async () => {
    const account = { host: '127.0.0.1', port: '1', folder };
    for (const source of [
      { kubeconfig: 'file', context: null },
      { kubeconfig: null, context: 'other' },
    ])
      await expect(createClient({ ...source, account })).rejects.toThrow('a pod needs no library');
  });
});
