import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { configurationPath } from '../../src/certificates/configuration.ts';
import { issueChain } from '../../src/certificates/issue.ts';
import { secretPath, serviceNames } from '../../src/certificates/keeper.ts';
import { standardTimes } from '../../src/certificates/plan.ts';
import { type ServeRooms, serve } from '../../src/cli/serve.ts';
import { readServeConfig } from '../../src/config.ts';
import { defaultSettings, profileOf } from '../../src/review/settings.ts';
import type { RunningWebhook } from '../../src/webhook/start.ts';
import { isProblem, loadPair } from '../../src/webhook/tls.ts';
import { worldOf } from '../../src/world/build.ts';
import { freePort } from '../control-plane/api-server.ts';
import { ObjectStore } from '../support/object-store.ts';
import { admitted, dial, get, newDirectory, until } from './harness.ts';

const names = serviceNames('netsluice', 'netsluice-system');
const secret = secretPath('netsluice-system', 'netsluice-tls');
const configuration = configurationPath('netsluice');

const running: { readonly seen: { readonly exits: number[]; signal: () => void } }[] = [];

afterEach(async () => {
  for (const { seen } of running.splice(0)) {
    if (seen.exits.length > 0) continue;
    seen.signal();
    await until(() => seen.exits.length > 0);
  }
});

function chain(more: object = {}) {
  const { authorityLifeMs, leafLifeMs } = standardTimes;
  return issueChain({ names, now: new Date(), authorityLifeMs, leafLifeMs, ...more });
}

/** A replica as the chart starts it, over a store instead of an API server and with an empty mount. */
async function replica(store: ObjectStore, podName: string) {
  const mount = newDirectory();
  const healthPort = await freePort();
  const read = readServeConfig(
    {
      cert: join(mount, 'tls.crt'),
      key: join(mount, 'tls.key'),
      listen: '127.0.0.1:0',
      healthListen: `127.0.0.1:${healthPort}`,
      logLevel: 'error',
      drainMinSeconds: '0',
      drainMaxSeconds: '0',
      ownNamespace: 'netsluice-system',
      ...{ podName, service: 'netsluice', certSecret: 'netsluice-tls' },
      ...{ webhookConfiguration: 'netsluice', lease: 'netsluice', events: 'on' },
    },
    {},
  );
  if ('problem' in read) throw new Error(read.problem);
  const seen = { printed: [] as string[], exits: [] as number[], gone: 0, signal: (): void => undefined };
  const rooms: ServeRooms<string> = {
    version: 'test',
    defaultSettings: '',
    decodeSettings: () => ({ settings: '' }),
    openPicture: async () => ({
      kinds: () => [{ kind: 'pods', synced: true, degraded: false, note: '', objects: 0, ageSeconds: 0 }],
      caughtUp: async () => undefined,
      review: () => admitted,
      sight: {
        client: null,
        world: () => worldOf(profileOf(defaultSettings)),
        version: () => 0,
        ready: () => true,
        freshness: () => ({ stale: [], absent: [] }),
        watch: () => undefined,
      },
      stop: () => undefined,
    }),
    openObjects: async () => store,
    startScan: () => ({
      answered: (_, review) => review,
      configurationGone: () => {
        seen.gone += 1;
      },
      checks: () => [],
      stop: async () => undefined,
    }),
    printError: (line) => seen.printed.push(line),
    onSignal: (run) => {
      seen.signal = run;
    },
    exit: (code) => seen.exits.push(code),
  };
  const started = serve(read.config, rooms);
  const up = async (): Promise<RunningWebhook> => {
    const webhook = await started;
    if (typeof webhook === 'number') throw new Error(seen.printed.join());
    running.push({ seen });
    return webhook;
  };
  return { mount, healthPort, started, up, seen };
}

function cluster(): ObjectStore {
  const store = new ObjectStore();
  store.put(secret, { metadata: { name: 'netsluice-tls' } });
  store.put(configuration, { metadata: { name: 'netsluice' }, webhooks: [{ name: 'p', clientConfig: {} }] });
  return store;
}

const textOf = (store: ObjectStore, key: string): string => {
  const data = store.object(secret)?.['data'] as Record<string, string> | undefined;
  return Buffer.from(data?.[key] ?? '', 'base64').toString();
};

/** What the kubelet does with a Secret: a new folder, and a link that is swapped. */
function mountSecret(store: ObjectStore, mount: string, generation: string): void {
  mkdirSync(join(mount, `..${generation}`));
  for (const key of ['tls.crt', 'tls.key', 'ca.crt']) {
    writeFileSync(join(mount, `..${generation}`, key), textOf(store, key));
    if (generation === 'one') symlinkSync(join('..data', key), join(mount, key));
  }
  symlinkSync(`..${generation}`, join(mount, 'next'));
  renameSync(join(mount, 'next'), join(mount, '..data'));
}

describe('a replica whose mount is still empty', () => {
  test('serves the pair that the leader has just made, and says that it is not ready before', async () => {
    const store = cluster();
    for (let time = 0; time < 2; time += 1) store.refusals.push({ verb: 'create', status: 500 });
    const first = await replica(store, 'a');
    await until(async () => {
      const early = await get(first.healthPort, '/readyz?verbose').catch(() => null);
      return (
        early?.status === 503 &&
        early.text.includes('[-] certificate failed: waiting for the certificate: nobody has made it yet\n')
      );
    });
    expect((await get(first.healthPort, '/livez')).status).toBe(200);
    const webhook = await first.up();
    await until(() => webhook.ready());
    const socket = await dial({
      port: webhook.address.port,
      ca: textOf(store, 'ca.crt'),
      servername: 'netsluice.netsluice-system.svc',
    });
    socket.destroy();
    const verbose = (await get(first.healthPort, '/readyz?verbose')).text;
    expect(verbose).toContain('[+] lead ok: this replica leads\n[+] webhook-configuration ok\n');
    const metrics = (await get(first.healthPort, '/metrics')).text;
    expect(metrics).toContain('netsluice_leader 1\n');
    expect(metrics).toContain('netsluice_webhook_configuration_present 1\n');
    expect(metrics).toMatch(/netsluice_cert_expiry_timestamp_seconds\{which="ca"\} \d+/);
    expect(metrics).toMatch(/netsluice_cert_expiry_timestamp_seconds\{which="leaf"\} \d+/);

    const second = await replica(store, 'b');
    const other = await second.up();
    await until(() => other.ready());
    expect((await get(second.healthPort, '/metrics')).text).toContain('netsluice_leader 0\n');

    // The kubelet comes at last; then it swaps in a pair that is none, which changes nothing but the counters.
    mountSecret(store, first.mount, 'one');
    const object = store.object(secret) as unknown as { data: Record<string, string> };
    store.put(secret, {
      ...object,
      data: { ...object.data, 'tls.key': Buffer.from((await chain()).key).toString('base64') },
    });
    mountSecret(store, first.mount, 'two');
    await until(async () =>
      (await get(first.healthPort, '/metrics')).text.includes('tls_reload_total{result="error"} 1\n'),
    );
    expect(webhook.ready()).toBe(true);
    second.seen.signal();
    await until(() => second.seen.exits.length > 0);
    expect(second.seen.exits).toEqual([0]);
    first.seen.signal();
    await until(() => first.seen.exits.length > 0);
    expect(
      store.object('/apis/coordination.k8s.io/v1/namespaces/netsluice-system/leases/netsluice'),
    ).toMatchObject({
      spec: { holderIdentity: '' },
    });
  }, 60_000);

  test('case 80: a configuration that is deleted shows and is told once; that it came after the pod is no news', async () => {
    const store = cluster();
    const found = store.object(configuration) as object;
    await store.remove(configuration);
    const early = await replica(store, 'a');
    const webhook = await early.up();
    const shows = async (value: number) =>
      (await get(early.healthPort, '/metrics')).text.includes(
        `netsluice_webhook_configuration_present ${value}\n`,
      );
    await until(() => shows(0));
    store.put(configuration, found);
    await until(() => shows(1));
    await until(() => webhook.ready());
    expect(early.seen.gone).toBe(0);
    await store.remove(configuration);
    await until(() => shows(0));
    expect([early.seen.gone, webhook.ready()]).toEqual([1, true]);
    expect((await get(early.healthPort, '/readyz?verbose')).text).toContain(
      '[!] webhook-configuration degraded: The ValidatingWebhookConfiguration netsluice does not exist, so no policy is judged. ',
    );
  }, 60_000);

  test('case 82: a signal before there is a certificate ends it cleanly', async () => {
    const store = cluster();
    await store.remove(secret);
    const waiting = await replica(store, 'a');
    await until(async () => (await get(waiting.healthPort, '/readyz').catch(() => null))?.status === 503);
    waiting.seen.signal();
    expect(await waiting.started).toBe(0);
    expect([waiting.seen.printed, waiting.seen.exits]).toEqual([[], []]);
    await expect(get(waiting.healthPort, '/livez')).rejects.toThrow('ECONNREFUSED');
  }, 60_000);
});

describe('case 78: a pair on disk is taken only if', () => {
  const host = 'netsluice.netsluice-system.svc';

  async function written(more: object = {}) {
    const mount = newDirectory();
    const made = await chain(more);
    const files = {
      certPath: join(mount, 'tls.crt'),
      keyPath: join(mount, 'tls.key'),
      caPath: join(mount, 'ca.crt'),
      host,
    };
    writeFileSync(files.certPath, made.leaf);
    writeFileSync(files.keyPath, made.key);
    writeFileSync(files.caPath, made.authority);
    return { files, made };
  }

  test('its authority signed it and it names the host; then the end of both is known', async () => {
    const { files, made } = await written();
    const pair = loadPair(files, new Date());
    if (isProblem(pair)) throw new Error(pair.problem);
    const days = (until_: Date | undefined) =>
      Math.round(((until_?.getTime() ?? 0) - Date.now()) / 86_400_000);
    expect([days(pair.expires), days(pair.authority?.expires), pair.authority?.pem]).toEqual([
      90,
      730,
      made.authority,
    ]);
  });

  test('the authority beside it is the one that signed it', async () => {
    const { files } = await written();
    writeFileSync(files.caPath, (await chain()).authority);
    expect(loadPair(files, new Date())).toEqual({
      problem: `The certificate ${files.certPath} was not signed by the authority ${files.caPath}. Give the three files of one issue.`,
    });
    writeFileSync(files.caPath, 'nothing');
    expect(loadPair(files, new Date())).toEqual({
      problem: `The authority ${files.caPath} is not a PEM certificate. Issue the certificate again.`,
    });
    rmSync(files.caPath);
    expect(loadPair(files, new Date())).toEqual({
      problem: `The authority ${files.caPath} cannot be read: there is no such file. Correct --cert.`,
    });
  });

  test('the authority has not ended', async () => {
    const { files } = await written({ authorityLifeMs: -60_000 });
    expect(loadPair(files, new Date())).toEqual({
      problem: expect.stringMatching(/^The authority \S+ca\.crt ended at \S+Z\. Renew it\.$/),
    });
  });

  test('it names what the API server calls', async () => {
    const { files } = await written({ names: serviceNames('netsluice', 'elsewhere') });
    expect(loadPair(files, new Date())).toEqual({
      problem: `The certificate ${files.certPath} does not name ${host}, which the API server calls. Issue it for that name, or correct --service.`,
    });
  });
});
