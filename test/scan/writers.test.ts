import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { review } from '../../src/review/review.ts';
import { rules } from '../../src/rules/registry.ts';
import { type EventDraft, eventObject, nameOfEvent } from '../../src/scan/event-object.ts';
import { EventWriter } from '../../src/scan/event-writer.ts';
import type { Found, Told } from '../../src/scan/findings.ts';
import { rejectionEvent } from '../../src/scan/outlet.ts';
import { PacedWrites } from '../../src/scan/paced-writes.ts';
import { nameOfReport, reportApis, reportObject, reportOf } from '../../src/scan/report-object.ts';
import { ReportWriter } from '../../src/scan/report-writer.ts';
import { SteppedClock } from '../cluster/stepped-clock.ts';
import { denyEgress, shop } from '../review/shop.ts';
import { contextOf, policy, request } from '../support/build.ts';
import { ObjectStore } from '../support/object-store.ts';

const draft: EventDraft = {
  regarding: { kind: 'NetworkPolicy', namespace: 'shop', name: 'deny', uid: 'p-1' },
  related: null,
  reason: 'PolicyFinding',
  type: 'Warning',
  id: '0123456789ab',
  note: 'x',
};
const collection = '/apis/events.k8s.io/v1/namespaces/shop/events';
const path = `${collection}/${nameOfEvent(draft)}`;
const start = Date.parse('2026-06-15T00:00:00Z');

function eventScene() {
  const clock = new SteppedClock();
  const began = clock.now();
  const objects = new ObjectStore();
  const writes = new PacedWrites(clock);
  const counted: string[] = [];
  const warned: string[] = [];
  const wall = (): Date => new Date(start + clock.now() - began);
  const writer = new EventWriter({
    ...{ objects, writes, clock, wall, instance: 'netsluice-0' },
    counted: (result) => counted.push(result),
    log: { info: () => undefined, warn: (message, { cause }) => warned.push(`${message}: ${cause}`) },
  });
  const tell = (more: Partial<EventDraft> = {}, mayWrite = true): void =>
    writer.tell({ ...draft, ...more }, () => mayWrite);
  return { clock, objects, writes, writer, counted, warned, tell };
}

describe('an Event', () => {
  test('is complete', () => {
    const occurrences = { count: 1, last: new Date(start) };
    expect(eventObject(draft, 'netsluice-0', occurrences)).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'shop', name: nameOfEvent(draft) },
      eventTime: '2026-06-15T00:00:00.000000Z',
      reportingController: 'netsluice.dev/netsluice',
      reportingInstance: 'netsluice-0',
      action: 'Scan',
      reason: 'PolicyFinding',
      type: 'Warning',
      regarding: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        namespace: 'shop',
        name: 'deny',
        uid: 'p-1',
      },
      note: 'x',
    });
  });

  test('regards a Namespace inside that namespace', () => {
    const regarding = { kind: 'Namespace', namespace: 'shop', name: 'shop', uid: null } as const;
    const event = eventObject({ ...draft, regarding }, 'i', { count: 3, last: new Date(start) });
    expect(event).toMatchObject({
      metadata: { namespace: 'shop' },
      regarding: { apiVersion: 'v1', kind: 'Namespace', namespace: 'shop', name: 'shop' },
      series: { count: 3, lastObservedTime: '2026-06-15T00:00:00.000000Z' },
    });
  });

  test.each([
    ['a'.repeat(253), 253],
    [`${'a'.repeat(239)}.b`, 252],
  ])('has a valid name for %p', (name, length) => {
    const made = nameOfEvent({ ...draft, regarding: { ...draft.regarding, name } });
    expect(made).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    expect(made).toHaveLength(length);
  });

  test.each([
    ['control characters and line breaks', 'a\u0000b\nc\u202e', 'ab c'],
    ['at most 1 KiB', 'é'.repeat(600), `${'é'.repeat(510)}…`],
  ])('has a clean note: %s', (_, note, expected) => {
    expect(eventObject({ ...draft, note }, 'i', { count: 1, last: new Date(start) })).toMatchObject({
      note: expected,
    });
  });
});

describe('writing Events', () => {
  test('what happens again is counted in the Event that is there, at most once a minute', async () => {
    const { clock, objects, writer, counted, tell } = eventScene();
    tell();
    await clock.pass(1000);
    for (let i = 0; i < 5; i += 1) tell();
    writer.tick();
    await clock.pass(58_000);
    writer.tick();
    await clock.pass(500);
    expect(objects.writes.map(({ verb }) => verb)).toEqual(['create']);
    await clock.pass(1000);
    writer.tick();
    await clock.pass(1000);
    expect(objects.writes.map(({ verb }) => verb)).toEqual(['create', 'merge']);
    expect(objects.object(path)?.['series']).toEqual({
      count: 6,
      lastObservedTime: '2026-06-15T00:00:01.000000Z',
    });
    expect(counted).toEqual(['written', 'written']);
  });

  test('one that another replica wrote goes on', async () => {
    const { clock, objects, tell } = eventScene();
    objects.put(path, { metadata: {}, series: { count: 7 } });
    tell();
    await clock.pass(1000);
    expect(objects.object(path)?.['series']).toMatchObject({ count: 8 });
  });

  test('one that is gone after its hour is written anew', async () => {
    const { clock, objects, tell } = eventScene();
    tell();
    await clock.pass(60_000);
    await objects.remove(path);
    tell();
    await clock.pass(1000);
    expect(objects.object(path)?.['series']).toBeUndefined();
    expect(objects.writes.map(({ verb }) => verb)).toEqual(['create', 'remove', 'merge', 'create']);
  });

  test('one that is no longer ours to write is not written', async () => {
    const { clock, objects, tell } = eventScene();
    tell({}, false);
    await clock.pass(1000);
    expect(objects.writes).toEqual([]);
  });

  test.each([
    [403, ['failed'], 1],
    [503, ['failed', 'written'], 1],
  ])('refused with %i', async (status, results, complaints) => {
    const { clock, objects, writer, counted, warned, tell } = eventScene();
    objects.refusals.push({ verb: 'create', status });
    tell();
    for (let i = 0; i < 10; i += 1) {
      await clock.pass(1000);
      writer.tick();
    }
    await clock.pass(1000);
    expect([counted, warned.length]).toEqual([results, complaints]);
  });

  test('case 53: 500 at once are written at most five a second, in their order', async () => {
    const { clock, objects, writes, tell } = eventScene();
    for (let i = 0; i < 500; i += 1) tell({ id: `${i}` });
    await clock.pass(1000);
    expect(objects.writes.length).toBeLessThanOrEqual(6);
    const counts: number[] = [];
    for (let second = 0; second < 100; second += 1) {
      const before = objects.writes.length;
      await clock.pass(1000);
      counts.push(objects.writes.length - before);
    }
    expect(Math.max(...counts)).toBe(5);
    expect([objects.writes.length, writes.size]).toEqual([500, 0]);
  });

  test('case 53: what no longer fits is dropped and counted', async () => {
    const { writes, counted, tell } = eventScene();
    for (let i = 0; i < 1200; i += 1) tell({ id: `${i}` });
    // One is being written, a thousand wait.
    expect(counted.filter((result) => result === 'dropped').length).toBe(199);
    await writes.stop();
  });
});

describe('the Event of a rejection', () => {
  const after = policy('shop/p', '{podSelector: {}, policyTypes: [Ingress], egress: [{}]}');
  const context = contextOf(shop({ 'netsluice.dev/enforce': 'baseline' }), { rules });

  test('regards the Namespace and has the words and the ref of the answer', () => {
    const asked = request({ after });
    const made = rejectionEvent(asked, review(asked, context));
    expect(made).toMatchObject({
      regarding: { kind: 'Namespace', namespace: 'shop', name: 'shop' },
      reason: 'PolicyRejected',
      type: 'Warning',
    });
    expect(made?.note).toMatch(
      /^policy p rejected: isolates .*; \[rules-without-policy-type\] .*; ref 3f9c1a2b$/,
    );
  });

  test('is the same for the same rejection', () => {
    const ids = ['1', '2'].map((uid) => {
      const asked = request({ after }, { uid });
      return rejectionEvent(asked, review(asked, context))?.id;
    });
    expect(ids[0]).toBe(ids[1]);
  });

  test.each([
    ['a dry run', { dryRun: true }, after],
    ['an admitted policy', {}, policy('shop/p', denyEgress)],
  ])('is none for %s', (_, more, object) => {
    const asked = request({ after: object }, more);
    expect(rejectionEvent(asked, review(asked, context))).toBeNull();
  });
});

const source = compileNetworkPolicy(decodeNetworkPolicy(policy('shop/deny', denyEgress)), genericProfile);

function found(id: string, more: Partial<Told> = {}, severity: Found['severity'] = 'warning'): Found {
  return {
    id,
    severity,
    policy: source,
    tellFrom: 0,
    finding: {
      rule: 'test-rule',
      number: 'R01',
      object: source.ref,
      key: id,
      confidence: 'certain',
      at: 'spec',
      happens: ['it happens'],
      advice: ['mend it'],
      pods: 2,
      ...more,
    },
  };
}

const everybody = (): boolean => true;

describe('a report', () => {
  test('tells errors and warnings, worst first, and belongs to its policy', () => {
    const made = reportOf(
      [found('2'), found('3', {}, 'info'), found('1', { number: 'R17' }, 'error')],
      everybody,
    );
    const [api] = reportApis;
    if (made === null || api === undefined) throw new Error('no report');
    const subject = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name: 'deny', uid: 'p-1' };
    const result = {
      source: 'netsluice',
      policy: 'netsluice',
      rule: 'test-rule',
      category: 'NetworkPolicy',
      scored: true,
      message: '[test-rule] it happens; mend it',
    };
    const properties = { at: 'spec', confidence: 'certain', pods: '2' };
    expect(reportObject(api, made)).toEqual({
      apiVersion: 'openreports.io/v1alpha1',
      kind: 'Report',
      metadata: {
        namespace: 'shop',
        name: 'netsluice-deny',
        labels: { 'app.kubernetes.io/managed-by': 'netsluice' },
        annotations: { 'netsluice.dev/content': expect.stringMatching(/^[0-9a-f]{12}$/) },
        ownerReferences: [subject],
      },
      source: 'netsluice',
      scope: { ...subject, namespace: 'shop' },
      summary: { pass: 0, fail: 1, warn: 1, error: 0, skip: 0 },
      results: [
        { ...result, severity: 'critical', result: 'fail', properties: { ...properties, id: '1' } },
        { ...result, severity: 'medium', result: 'warn', properties: { ...properties, id: '2' } },
      ],
    });
  });

  test('holds the worst 50 and counts all', () => {
    const many = Array.from({ length: 70 }, (_, i) => found(`${i}`, {}, i === 69 ? 'error' : 'warning'));
    const made = reportOf(many, everybody);
    expect(made?.results).toHaveLength(50);
    expect([made?.results[0], made?.summary]).toEqual([
      expect.objectContaining({ result: 'fail' }),
      { pass: 0, fail: 1, warn: 69, error: 0, skip: 0 },
    ]);
  });

  test('is none without anything worth it', () => {
    expect([reportOf([], everybody), reportOf([found('1', {}, 'info')], everybody)]).toEqual([null, null]);
  });

  test('has a valid name of its own for the longest policy names', () => {
    const names = ['a', 'b'].map((end) => nameOfReport(`${'x'.repeat(252)}${end}`));
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
    }
  });
});

const groups = (...names: readonly string[]): object => ({
  groups: names.map((name) => {
    const [group = '', version = ''] = name.split('/');
    return { name: group, versions: [{ groupVersion: name, version }] };
  }),
});

function reportScene(apis: object = groups('wgpolicyk8s.io/v1alpha2', 'openreports.io/v1alpha1')) {
  const clock = new SteppedClock();
  const objects = new ObjectStore();
  objects.put('/apis', apis);
  const listed: string[] = [];
  const counted: string[] = [];
  const warned: string[] = [];
  const state = { leads: true };
  const writer = new ReportWriter({
    objects,
    listAll: async (where, selector) => {
      listed.push(`${where} ${selector}`);
      return objects
        .paths()
        .filter((each) => each.includes('/namespaces/'))
        .map((each) => objects.object(each));
    },
    writes: new PacedWrites(clock),
    clock,
    leading: () => state.leads,
    counted: (result) => counted.push(result),
    log: { info: () => undefined, warn: (message) => warned.push(message) },
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i += 1) {
      writer.tick();
      await clock.pass(1000);
    }
  };
  const want = (...items: readonly Found[]): void => writer.want('shop', 'deny', reportOf(items, everybody));
  return { objects, listed, counted, warned, state, want, pass };
}

const openPath = '/apis/openreports.io/v1alpha1/namespaces/shop/reports/netsluice-deny';
const oldPath = '/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/netsluice-deny';

describe('writing reports', () => {
  test.each([
    [groups('wgpolicyk8s.io/v1alpha2', 'openreports.io/v1alpha1'), openPath],
    [groups('wgpolicyk8s.io/v1alpha2', 'apps/v1'), oldPath],
  ])('goes to the API that there is', async (apis, where) => {
    const { objects, counted, want, pass } = reportScene(apis);
    want(found('1'));
    await pass(3);
    expect([objects.writes.map((write) => write.path), counted]).toEqual([[where], ['written']]);
  });

  test('happens on change only, and a cure removes the report', async () => {
    const { objects, counted, want, pass } = reportScene();
    want(found('1'));
    await pass(2);
    want(found('1'));
    await pass(70);
    expect(objects.writes).toHaveLength(1);
    want(found('1'), found('2'));
    await pass(2);
    want();
    await pass(2);
    expect([counted, objects.object(openPath)]).toEqual([['written', 'written', 'removed'], undefined]);
  });

  test('waits for a report API and says so once', async () => {
    const { objects, warned, want, pass } = reportScene(groups('apps/v1'));
    want(found('1'));
    await pass(200);
    expect([objects.writes, warned]).toEqual([[], ['the cluster has no report API; nothing is reported']]);
    objects.put('/apis', groups('openreports.io/v1alpha1'));
    await pass(61);
    expect(objects.object(openPath)).toBeDefined();
  });

  test('a new leader removes what the one before left, and writes nothing that is there already', async () => {
    const { objects, counted, listed, state, want, pass } = reportScene();
    want(found('1'));
    await pass(2);
    state.leads = false;
    await pass(2);
    const left = openPath.replace('deny', 'gone');
    objects.put(left, { metadata: { namespace: 'shop', name: 'netsluice-gone' } });
    state.leads = true;
    await pass(3);
    expect(listed).toEqual(
      Array.from(
        { length: 2 },
        () => '/apis/openreports.io/v1alpha1/reports app.kubernetes.io/managed-by=netsluice',
      ),
    );
    expect([counted, objects.object(left)]).toEqual([['written', 'removed'], undefined]);
  });

  test('nobody but the leader writes', async () => {
    const { objects, state, want, pass } = reportScene();
    state.leads = false;
    want(found('1'));
    await pass(100);
    expect(objects.writes).toEqual([]);
  });

  test('what failed is tried again after a minute', async () => {
    const { objects, counted, warned, want, pass } = reportScene();
    objects.refusals.push({ verb: 'apply', status: 500 });
    want(found('1'));
    await pass(70);
    expect([counted, warned]).toEqual([['failed', 'written'], ['a report could not be written']]);
  });
});
