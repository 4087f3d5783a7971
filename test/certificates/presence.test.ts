import { afterEach, expect, test } from '@jest/globals';
import { configurationPath } from '../../src/certificates/configuration.ts';
import { type Presence, watchPresence } from '../../src/certificates/presence.ts';
import { SteppedClock } from '../cluster/stepped-clock.ts';
import { ObjectStore } from '../support/object-store.ts';

const path = configurationPath('netsluice');
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

const running: Presence[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((presence) => presence.stop()));
});

function scene(authority: string | null) {
  const store = new ObjectStore();
  const clock = new SteppedClock();
  const changes: boolean[] = [];
  const log: string[] = [];
  const publish = (...bundles: string[]) =>
    store.put(path, {
      metadata: { name: 'netsluice' },
      webhooks: bundles.map((bundle) => ({
        clientConfig: { caBundle: Buffer.from(bundle).toString('base64') },
      })),
    });
  const start = () => {
    const presence = watchPresence({
      ...{ objects: store, clock, authority: () => authority },
      configuration: 'netsluice',
      log: { info: (message) => log.push(message), warn: (message) => log.push(message) },
      changed: (present) => changes.push(present),
    });
    running.push(presence);
    return presence;
  };
  return { store, clock, changes, log, publish, start };
}

const untrusted = 'the caBundle of netsluice does not hold the authority of the certificate in use';
const absent =
  'The ValidatingWebhookConfiguration netsluice does not exist, so no policy is judged. ' +
  'Install it again; netsluice never makes it.';

test('not ready until every entry holds the authority of what is served; later an edit only degrades', async () => {
  const { clock, changes, publish, start } = scene(pem('A'));
  publish('', pem('A'));
  const presence = start();
  expect(presence.state()).toEqual({ state: 'failed', note: 'not looked at yet' });
  await clock.pass(0);
  expect(presence.state()).toEqual({ state: 'failed', note: untrusted });
  publish(pem('B') + pem('A'), pem('A'));
  await clock.pass(2_000);
  expect(presence.state()).toEqual({ state: 'ok', note: '' });
  publish('', '');
  await clock.pass(10_000);
  expect(presence.state()).toEqual({ state: 'degraded', note: untrusted });
  expect(changes).toEqual([true]);
});

test('case 80: a deleted configuration is told once and is not made again', async () => {
  const { store, clock, changes, log, publish, start } = scene(pem('A'));
  publish(pem('A'));
  const presence = start();
  await clock.pass(0);
  await store.remove(path);
  await clock.pass(60_000);
  expect([presence.state(), changes, log]).toEqual([
    { state: 'degraded', note: absent },
    [true, false],
    [absent],
  ]);
  publish(pem('A'));
  await clock.pass(10_000);
  expect([presence.state().state, changes]).toEqual(['ok', [true, false, true]]);
  expect(store.writes.filter(({ verb }) => verb !== 'remove')).toEqual([]);
});

test('where others keep the caBundle only its presence counts', async () => {
  const { clock, publish, start } = scene(null);
  publish('');
  const presence = start();
  await clock.pass(0);
  expect(presence.state()).toEqual({ state: 'ok', note: '' });
});

test('one that may not be looked at makes nobody unready, and says once what to allow', async () => {
  const { store, clock, log, publish, start } = scene(pem('A'));
  publish('');
  for (let time = 0; time < 3; time += 1) store.refusals.push({ verb: 'read', status: 403 });
  const presence = start();
  await clock.pass(12_000);
  const note =
    'The webhook configuration netsluice cannot be looked at: refused with 403. Allow this service account to get it.';
  expect([presence.state(), log]).toEqual([{ state: 'degraded', note }, [note]]);
  await clock.pass(10_000);
  expect(presence.state()).toEqual({ state: 'failed', note: untrusted });
});
