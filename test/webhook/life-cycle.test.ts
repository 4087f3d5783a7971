import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeThrowawayAuthority } from '../../src/cli/throwaway-certificate.ts';
import { call, dial, get, newDirectory, reviewOf, seriesOf, until, writePair } from './harness.ts';
import { start, synced, up } from './running.ts';

const oneByOne = () => new Agent({ keepAlive: false, maxCachedSessions: 0 });

async function servedSerial(port: number, ca: string): Promise<string> {
  const socket = await dial({ port, ca });
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

/** Calls one after the other until `done`; every answer must be a 200. */
async function load(
  port: number,
  ca: string,
  agent: Agent,
  done: () => boolean,
): Promise<{ calls: number; closes: number }> {
  const seen = { calls: 0, closes: 0 };
  while (!done()) {
    const answered = await call({ port, ca, agent, body: reviewOf(`call-${seen.calls}`) });
    expect([answered.status, answered.json.response.uid]).toEqual([200, `call-${seen.calls}`]);
    seen.calls++;
    if (answered.headers.connection === 'close') seen.closes++;
  }
  return seen;
}

test('ready needs the data, the certificate seen from outside and no drain; verbose says what is missing', async () => {
  let kinds = [synced, { ...synced, kind: 'nodes', synced: false, note: 'denied' }];
  const webhook = up(
    await start({
      data: { kinds: () => kinds, caughtUp: async () => undefined },
      settingsProblem: () => 'line 3: typo',
    }),
  );
  const { port } = webhook.health;
  expect((await get(port, '/livez')).text).toBe('ok\n');
  const early = await get(port, '/readyz?verbose');
  expect([early.status, early.text]).toEqual([
    503,
    '[+] watch pods ok\n[-] watch nodes failed: denied\n[+] certificate ok\n[+] tls-self-dial ok\n' +
      '[!] settings degraded: line 3: typo\n[+] calls ok\n[+] drain ok\nreadyz failed\n',
  ]);
  expect((await get(port, '/readyz')).status).toBe(503);
  kinds = [synced];
  expect([(await get(port, '/readyz')).text, webhook.ready()]).toEqual(['ok\n', true]);
  const metrics = (await get(port, '/metrics')).text;
  expect(metrics).toContain('netsluice_snapshot_objects{kind="pods"} 3\n');
  expect(metrics).toContain('netsluice_build_info{version="test"} 1\n');
  expect(metrics).toMatch(/netsluice_event_loop_delay_seconds [\d.e-]+\n/);
  expect((await get(port, '/other')).status).toBe(404);
  expect((await get(port, '/livez', 'POST')).status).toBe(405);
});

test('case 36: the look at the own certificate is no failed caller, and probes need no certificate', async () => {
  const authority = await makeThrowawayAuthority('callers');
  const started = await start({ clientAuth: { ca: authority.cert, names: [] } });
  const webhook = up(started);
  expect((await get(webhook.health.port, '/readyz')).status).toBe(200);
  expect(await seriesOf(started.metrics, 'netsluice_tls_client_auth_failures_total')).toBe(0);
});

test('case 77: a certificate that is swapped by its ..data link under load costs no call', async () => {
  const directory = newDirectory();
  const authority = await makeThrowawayAuthority('rotating');
  const publish = async (generation: string): Promise<void> => {
    const pair = await authority.issue({ commonName: 'netsluice', ip: ['127.0.0.1'] });
    mkdirSync(join(directory, generation));
    writePair(join(directory, generation), pair);
    symlinkSync(generation, join(directory, `${generation}-link`));
    renameSync(join(directory, `${generation}-link`), join(directory, '..data'));
  };
  await publish('..one');
  symlinkSync('..data/tls.crt', join(directory, 'tls.crt'));
  symlinkSync('..data/tls.key', join(directory, 'tls.key'));
  const files = { certPath: join(directory, 'tls.crt'), keyPath: join(directory, 'tls.key') };
  const started = await start({ files });
  const webhook = up(started);
  const { port } = webhook.address;
  const before = await servedSerial(port, authority.cert);
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  let swapped = false;
  const loads = [oneByOne(), kept].map((agent) => load(port, authority.cert, agent, () => swapped));
  await publish('..two');
  await until(async () => (await servedSerial(port, authority.cert)) !== before);
  swapped = true;
  const [fresh, reused] = await Promise.all(loads);
  expect(fresh?.calls).toBeGreaterThan(0);
  expect(reused?.calls).toBeGreaterThan(0);
  expect(await seriesOf(started.metrics, 'netsluice_tls_reload_total{result="success"}')).toBe(1);
  await until(() => webhook.ready());
  kept.destroy();
}, 60_000);

test('case 78: half a file, a foreign key and an expired certificate keep the pair in use, and show', async () => {
  const started = await start();
  const webhook = up(started);
  const { port } = webhook.address;
  const serial = await servedSerial(port, started.authority.cert);
  const bad = (count: number) =>
    until(
      async () => (await seriesOf(started.metrics, 'netsluice_tls_reload_total{result="error"}')) === count,
    );
  const next = await started.authority.issue({ commonName: 'netsluice', ip: ['127.0.0.1'] });
  writeFileSync(join(started.directory, 'tls.crt'), next.cert.slice(0, 200));
  await bad(1);
  writeFileSync(join(started.directory, 'tls.crt'), next.cert);
  await bad(2);
  const until_ = new Date(Date.now() - 60_000);
  const old = await started.authority.issue({ commonName: 'x', ip: ['127.0.0.1'], until: until_ });
  writePair(started.directory, old);
  await bad(3);
  expect(await servedSerial(port, started.authority.cert)).toBe(serial);
  const verbose = (await get(webhook.health.port, '/readyz?verbose')).text;
  expect(verbose).toContain(
    `[!] certificate degraded: The certificate ${started.directory}/tls.crt ended at `,
  );
  expect(verbose).toContain('readyz passed');
  writePair(started.directory, next);
  await until(async () => (await servedSerial(port, started.authority.cert)) !== serial);
}, 60_000);

test('case 81: a drain under load closes connections one by one and loses no call', async () => {
  const started = await start();
  const webhook = up(started);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ca = started.authority.cert;
  let over = false;
  const calls = load(webhook.address.port, ca, agent, () => over);
  await call({ port: webhook.address.port, ca, body: reviewOf('first') });
  webhook.signal();
  expect((await get(webhook.health.port, '/readyz')).status).toBe(503);
  expect((await get(webhook.health.port, '/livez')).status).toBe(200);
  await call({ port: webhook.address.port, ca, body: reviewOf('while draining') }).then((answered) =>
    expect(answered.headers.connection).toBe('close'),
  );
  expect(started.exits).toEqual([]);
  over = true;
  const seen = await calls;
  expect(seen.calls).toBeGreaterThan(0);
  agent.destroy();
  await until(() => started.exits.length > 0);
  expect(started.exits).toEqual([0]);
  await expect(call({ port: webhook.address.port, ca, body: reviewOf('late') })).rejects.toThrow(
    'ECONNREFUSED',
  );
}, 60_000);

test('case 82: a second signal ends the process at once, with 1', async () => {
  const started = await start({ drain: { minMs: 60_000, maxMs: 60_000, quietMs: 1000, finishMs: 1000 } });
  const webhook = up(started);
  webhook.signal();
  webhook.signal();
  expect(started.exits).toEqual([1]);
});

test('case 82: SIGTERM before the lists are complete drains all the same and ends with 0', async () => {
  const kinds = [{ ...synced, synced: false }];
  const started = await start({
    data: { kinds: () => kinds, caughtUp: async () => undefined },
    drain: { minMs: 0, maxMs: 5000, quietMs: 0, finishMs: 2000 },
  });
  const webhook = up(started);
  expect((await get(webhook.health.port, '/readyz')).status).toBe(503);
  webhook.signal();
  await until(() => started.exits.length > 0);
  expect(started.exits).toEqual([0]);
});

test('what cannot start says what, where and what to do', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const inUse = await start({ listen: { host: '127.0.0.1', port } });
  expect(inUse.result).toEqual({
    problem: `Cannot listen on 127.0.0.1:${port}: another process uses that port; stop it or choose another port with --listen.`,
  });
  taken.close();

  const directory = newDirectory();
  const files = { certPath: join(directory, 'tls.crt'), keyPath: join(directory, 'tls.key') };
  expect((await start({ files })).result).toEqual({
    problem: `The certificate ${files.certPath} cannot be read: there is no such file. Correct --cert.`,
  });
  const authority = await makeThrowawayAuthority('x');
  const nameless = await authority.issue({ commonName: 'x' });
  writePair(directory, nameless);
  expect((await start({ files })).result).toEqual({
    problem: `The certificate ${files.certPath} names no host. Issue it with a subject alternative name such as <service>.<namespace>.svc; the common name is not looked at.`,
  });
  writeFileSync(files.keyPath, (await authority.issue({ commonName: 'y' })).key);
  expect((await start({ files })).result).toEqual({
    problem: `The key ${files.keyPath} does not belong to the certificate ${files.certPath}. Give --cert and --key of the same pair.`,
  });
  rmSync(directory, { recursive: true });
});
