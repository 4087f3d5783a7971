import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type ServeRooms, serve } from '../../src/cli/serve.ts';
import { makeThrowawayAuthority } from '../../src/cli/throwaway-certificate.ts';
import { readServeConfig } from '../../src/config.ts';
import { admitted, call, get, newDirectory, reviewOf, until, writePair } from './harness.ts';

function rooms(more: Partial<ServeRooms<string>> = {}) {
  const seen = {
    printed: [] as string[],
    exits: [] as number[],
    stopped: 0,
    signal: (): void => undefined,
  };
  const given: ServeRooms<string> = {
    version: 'test',
    defaultSettings: 'default',
    decodeSettings: () => ({ problem: 'unknown key "modez"; did you mean "modes"?' }),
    openPicture: async () => ({
      kinds: () => [{ kind: 'pods', synced: true, note: '', objects: 0, degraded: false, ageSeconds: 0 }],
      caughtUp: async () => undefined,
      review: () => admitted,
      stop: () => {
        seen.stopped++;
      },
    }),
    openObjects: () => Promise.reject(new Error('nobody asked for that')),
    printError: (line) => seen.printed.push(line),
    onSignal: (run) => {
      seen.signal = run;
    },
    exit: (code) => seen.exits.push(code),
    ...more,
  };
  return { given, seen };
}

async function setUp(flags: Record<string, string> = {}) {
  const directory = newDirectory();
  const authority = await makeThrowawayAuthority('serve');
  const files = writePair(directory, await authority.issue({ commonName: 'x', ip: ['127.0.0.1'] }));
  const read = readServeConfig(
    {
      cert: files.certPath,
      key: files.keyPath,
      listen: '127.0.0.1:0',
      healthListen: '127.0.0.1:0',
      logLevel: 'error',
      drainMinSeconds: '0',
      drainMaxSeconds: '0',
      ...flags,
    },
    {},
  );
  if ('problem' in read) throw new Error(read.problem);
  return { directory, authority, config: read.config };
}

test('serves until a signal, then drains, stops everything and exits with 0', async () => {
  const { config, authority } = await setUp();
  const { given, seen } = rooms();
  const started = await serve(config, given);
  if (typeof started === 'number') throw new Error(seen.printed.join());
  const answered = await call({ port: started.address.port, ca: authority.cert, body: reviewOf('u') });
  expect(answered.json.response.uid).toBe('u');
  seen.signal();
  await until(() => seen.exits.length > 0);
  expect([seen.exits, seen.stopped, seen.printed]).toEqual([[0], 1, []]);
});

test('case 95: a promise that is rejected behind a rule is counted, and the process goes on', async () => {
  const { config, authority } = await setUp();
  let stray: (thrown: unknown) => void = () => undefined;
  const { given, seen } = rooms({
    onStray: (run) => {
      stray = run;
    },
  });
  const started = await serve(config, given);
  if (typeof started === 'number') throw new Error(seen.printed.join());
  stray(new Error('lost'));
  const metrics = (await get(started.health.port, '/metrics')).text;
  expect(metrics).toContain('netsluice_stray_errors_total 1\n');
  const answered = await call({ port: started.address.port, ca: authority.cert, body: reviewOf('after') });
  expect(answered.json.response.uid).toBe('after');
  await started.stop();
  expect(seen.exits).toEqual([]);
});

test('a wrong certificate path ends with 3 before the cluster is asked', async () => {
  const { config } = await setUp({ cert: '/nowhere/tls.crt' });
  const { given, seen } = rooms({ openPicture: () => Promise.reject(new Error('asked too early')) });
  expect(await serve(config, given)).toBe(3);
  expect(seen.printed).toEqual([
    'The certificate /nowhere/tls.crt cannot be read: there is no such file. Correct --cert.',
  ]);
});

test('a settings file with a typo ends with 3 and names the key', async () => {
  const path = join(newDirectory(), 'settings.yaml');
  writeFileSync(path, 'modez: {}');
  const { config } = await setUp({ settings: path });
  const { given, seen } = rooms();
  expect(await serve(config, given)).toBe(3);
  expect(seen.printed).toEqual([
    `The settings file ${path} is not valid: unknown key "modez"; did you mean "modes"? Correct it there.`,
  ]);
});

test('a client authority without a certificate, and no cluster, end with 3', async () => {
  const path = join(newDirectory(), 'ca.crt');
  writeFileSync(path, 'nothing');
  const empty = await setUp({ clientCa: path });
  const first = rooms();
  expect(await serve(empty.config, first.given)).toBe(3);
  expect(first.seen.printed).toEqual([
    `The client authority ${path} holds no PEM certificate. Correct --client-ca.`,
  ]);
  const { config } = await setUp();
  const second = rooms({ openPicture: async () => ({ problem: 'no cluster' }) });
  expect(await serve(config, second.given)).toBe(3);
  expect(second.seen.printed).toEqual(['no cluster']);
});
