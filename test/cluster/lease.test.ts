import { afterEach, describe, expect, test } from '@jest/globals';
import type { ApiObjects } from '../../src/cluster/api-objects.ts';
import type { Leadership } from '../../src/cluster/leadership.ts';
import { alone, startLease } from '../../src/cluster/lease.ts';
import { ObjectStore } from '../support/object-store.ts';
import { SteppedClock } from './stepped-clock.ts';

const collection = '/apis/coordination.k8s.io/v1/namespaces/netsluice-system/leases';
const path = `${collection}/netsluice`;

interface Replica {
  readonly lead: Leadership;
  readonly log: string[];
}

const running: Leadership[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((lead) => lead.stop()));
});

function scene() {
  const store = new ObjectStore();
  const clock = new SteppedClock();
  let wall = Date.parse('2026-03-01T12:00:00Z');
  const started = clock.now();
  const replica = (identity: string, objects: ApiObjects = store): Replica => {
    const log: string[] = [];
    const lead = startLease({
      ...{ objects, identity, clock },
      namespace: 'netsluice-system',
      name: 'netsluice',
      wall: () => new Date(wall + clock.now() - started),
      log: { info: (message) => log.push(message), warn: (message) => log.push(message) },
    });
    running.push(lead);
    return { lead, log };
  };
  const setWall = (text: string) => {
    wall = Date.parse(text) - (clock.now() - started);
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it.
  const spec = (): any => store.object(path)?.['spec'];
  return { store, clock, replica, spec, setWall };
}

/** A store that stands behind a wire that can break, before or after the store has written. */
function wire(store: ObjectStore) {
  const state = { cut: false, answerLost: false };
  const through = async <T>(run: () => Promise<T>): Promise<T> => {
    if (state.cut) throw new Error('connect ECONNREFUSED');
    return run();
  };
  const objects: ApiObjects = {
    read: (each) => through(() => store.read(each)),
    create: (each, object) => through(() => store.create(each, object)),
    replace: (each, object) =>
      through(async () => {
        const stored = await store.replace(each, object);
        if (state.answerLost) throw new Error('socket hang up');
        return stored;
      }),
    merge: (each, patch) => through(() => store.merge(each, patch)),
    apply: (each, object) => through(() => store.apply(each, object)),
    remove: (each) => through(() => store.remove(each)),
  };
  return { objects, state };
}

describe('the Lease', () => {
  test('is created where there is none, and renewed every 5 s', async () => {
    const { store, clock, replica, spec } = scene();
    const { lead, log } = replica('a');
    expect(lead.leading()).toBe(false);
    await clock.pass(0);
    expect(lead.leading()).toBe(true);
    expect(store.object(path)).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'netsluice-system', name: 'netsluice', resourceVersion: '1' },
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        acquireTime: '2026-03-01T12:00:00.000000Z',
        renewTime: '2026-03-01T12:00:00.000000Z',
        leaseTransitions: 0,
      },
    });
    await clock.pass(20_000);
    expect(store.writes.map(({ verb }) => verb)).toEqual([
      'create',
      'replace',
      'replace',
      'replace',
      'replace',
    ]);
    expect(spec()).toMatchObject({
      acquireTime: '2026-03-01T12:00:00.000000Z',
      renewTime: '2026-03-01T12:00:20.000000Z',
      leaseTransitions: 0,
    });
    expect(log).toEqual(['this replica leads now']);
  });

  test('keeps what others wrote into it, such as labels of the chart', async () => {
    const { store, clock, replica } = scene();
    store.put(path, { kind: 'Lease', metadata: { name: 'netsluice', labels: { app: 'x' } } });
    const { lead } = replica('a');
    await clock.pass(0);
    expect(lead.leading()).toBe(true);
    expect(store.object(path)).toMatchObject({
      metadata: { labels: { app: 'x' } },
      spec: { holderIdentity: 'a' },
    });
  });

  test('has one holder; one that stops gives it back, and the next need not wait 15 s', async () => {
    const { clock, replica, spec } = scene();
    const a = replica('a');
    await clock.pass(0);
    const b = replica('b');
    await clock.pass(60_000);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([true, false]);
    await a.lead.stop();
    expect([a.lead.leading(), spec().holderIdentity]).toEqual([false, '']);
    await clock.pass(2_000);
    expect(b.lead.leading()).toBe(true);
    expect(spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  test('case 82: that of a killed replica is taken 15 s after its last renewal was seen, not before', async () => {
    const { store, clock, replica } = scene();
    store.put(path, {
      metadata: { name: 'netsluice' },
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2026-03-01T11:59:59.000000Z' },
    });
    const { lead } = replica('b');
    await clock.pass(13_900);
    expect(lead.leading()).toBe(false);
    await clock.pass(2_100);
    expect(lead.leading()).toBe(true);
  });

  test.each(['1999-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z'])(
    'case 72: whatever the clock of the holder says (%s), only that its time changes counts',
    async (renewTime) => {
      const { store, clock, replica } = scene();
      const held = (more: string) =>
        store.put(path, {
          metadata: { name: 'netsluice' },
          spec: { holderIdentity: 'odd', renewTime: renewTime.replace('.000000', `.00000${more}`) },
        });
      const { lead } = replica('b');
      for (let round = 0; round < 6; round += 1) {
        held(String(round));
        await clock.pass(10_000);
        expect(lead.leading()).toBe(false);
      }
      await clock.pass(10_000);
      expect(lead.leading()).toBe(true);
    },
  );

  test('case 72: a jump of the own wall clock costs no lead', async () => {
    const { clock, replica, spec, setWall } = scene();
    const a = replica('a');
    await clock.pass(0);
    const b = replica('b');
    setWall('2031-01-01T00:00:00Z');
    await clock.pass(30_000);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([true, false]);
    expect(spec().renewTime).toBe('2031-01-01T00:00:30.000000Z');
  });

  test('a holder that is cut off stops leading by itself 10 s after its last renewal began; another takes over later', async () => {
    const { store, clock, replica } = scene();
    const { objects, state } = wire(store);
    const a = replica('a', objects);
    await clock.pass(0);
    const b = replica('b');
    await clock.pass(0);
    state.cut = true;
    await clock.pass(9_999);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([true, false]);
    await clock.pass(1);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([false, false]);
    await clock.pass(6_000);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([false, true]);
    state.cut = false;
    await clock.pass(30_000);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([false, true]);
    expect(a.log).toEqual([
      'this replica leads now',
      'The Lease netsluice-system/netsluice cannot be used, so nobody may lead: connect ECONNREFUSED.',
      'this replica leads no more',
      'the Lease can be used again',
    ]);
  });

  test('a renewal whose answer was lost is no loss of the lead', async () => {
    const { store, clock, replica, spec } = scene();
    const { objects, state } = wire(store);
    const a = replica('a', objects);
    await clock.pass(0);
    state.answerLost = true;
    await clock.pass(5_000);
    state.answerLost = false;
    await clock.pass(4_000);
    expect([a.lead.leading(), spec().leaseTransitions]).toEqual([true, 0]);
    await clock.pass(30_000);
    expect(a.lead.leading()).toBe(true);
  });

  test('deleted by force, it is made again by one of those that want it, and soon only one leads', async () => {
    const { store, clock, replica } = scene();
    const a = replica('a');
    await clock.pass(0);
    const b = replica('b');
    await clock.pass(1_000);
    await store.remove(path);
    await clock.pass(1_000);
    // Case 89: for a few seconds there may be two, which is why writes carry a resourceVersion.
    expect([a.lead.leading(), b.lead.leading()]).toEqual([true, true]);
    await clock.pass(5_000);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([false, true]);
    await clock.pass(60_000);
    expect([a.lead.leading(), b.lead.leading()]).toEqual([false, true]);
  });

  test.each([
    ['spec', { spec: 'nothing' }],
    ['types', { spec: { holderIdentity: 7, renewTime: {}, leaseTransitions: 'many' } }],
    ['nulls', { spec: null }],
  ])('a malformed one (%s) counts as free', async (_what, more) => {
    const { store, clock, replica, spec } = scene();
    store.put(path, { metadata: { name: 'netsluice' }, ...more });
    const { lead } = replica('a');
    await clock.pass(0);
    expect([lead.leading(), spec().holderIdentity, spec().leaseTransitions]).toEqual([true, 'a', 1]);
  });

  test('a conflict is no news: somebody else was faster, and is looked at again', async () => {
    const { store, clock, replica } = scene();
    store.refusals.push({ verb: 'create', status: 409 });
    const { lead, log } = replica('a');
    await clock.pass(0);
    expect(lead.leading()).toBe(false);
    await clock.pass(2_000);
    expect([lead.leading(), log]).toEqual([true, ['this replica leads now']]);
  });

  test('a refusal says once what to allow', async () => {
    const { store, clock, replica } = scene();
    for (let time = 0; time < 3; time += 1) store.refusals.push({ verb: 'read', status: 403 });
    const { lead, log } = replica('a');
    await clock.pass(5_000);
    expect(lead.leading()).toBe(false);
    await clock.pass(1_000);
    expect(lead.leading()).toBe(true);
    expect(log).toEqual([
      'The Lease netsluice-system/netsluice cannot be used, so nobody may lead: refused with 403. ' +
        'Allow this service account to get and update it, and install it again where it is missing.',
      'the Lease can be used again',
      'this replica leads now',
    ]);
  });

  test('of two that take a lapsed one at the same moment one wins', async () => {
    const { store, clock, replica } = scene();
    store.put(path, { metadata: { name: 'netsluice' }, spec: { holderIdentity: 'dead', renewTime: 'x' } });
    const both = [replica('a'), replica('b')];
    await clock.pass(20_000);
    expect(both.map(({ lead }) => lead.leading()).sort()).toEqual([false, true]);
    expect(store.writes.length).toBeGreaterThan(0);
  });

  test('stop ends even where the API server refuses to take it back', async () => {
    const { store, clock, replica } = scene();
    const { lead, log } = replica('a');
    await clock.pass(0);
    store.refusals.push({ verb: 'replace', status: 500 });
    await lead.stop();
    expect([lead.leading(), log.at(-1)]).toEqual([false, 'the Lease was not given back; it lapses']);
  });
});

test('without a Lease one leads', async () => {
  expect(alone.leading()).toBe(true);
  await alone.stop();
});
