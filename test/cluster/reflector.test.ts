import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { runReflector } from '../../src/cluster/reflector.ts';
import { StreamingLists } from '../../src/cluster/streaming-list.ts';
import { type ApiObject, plainClient, refuse, ScriptedApi, stream } from '../support/scripted-api.ts';
import { FakeClock } from './fake-clock.ts';
import { Recorder } from './recorder.ts';

const pods = '/api/v1/pods';
const podKind = watchedKinds.find((kind) => kind.resource === 'pods');
if (podKind === undefined) throw new Error('pods are not watched');
const kind = podKind;

function pod(name: string, labels: Readonly<Record<string, string>> = {}): ApiObject {
  return { metadata: { name, namespace: 'shop', labels } };
}

function event(type: string, name: string, version: number): string {
  const metadata = { ...pod(name).metadata, resourceVersion: String(version) };
  return `${JSON.stringify({ type, object: { metadata } })}\n`;
}

let api: ScriptedApi;
let clock: FakeClock;
let recorder: Recorder;
let controller: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  api = new ScriptedApi();
  await api.start();
  api.collection(pods);
  clock = new FakeClock();
  recorder = new Recorder();
  controller = new AbortController();
  running = Promise.resolve();
});

afterEach(async () => {
  controller.abort();
  await running;
  await api.stop();
});

function run(): void {
  const streaming = new StreamingLists(clock);
  const options = { client: plainClient(api), kind, clock, sink: recorder, observer: recorder, streaming };
  running = runReflector(options, controller.signal);
}

describe('listing', () => {
  test('a large collection comes in pages of 500', async () => {
    for (let i = 0; i < 1201; i += 1) api.put(pods, pod(`p${i}`));
    run();
    await recorder.hears('synced');
    expect(api.of('list', pods).map(({ query }) => query)).toEqual([
      { limit: '500' },
      { limit: '500', continue: '500' },
      { limit: '500', continue: '1000' },
    ]);
    expect(recorder.names()).toEqual(api.names(pods));
  });

  test('case 63: 410 in the middle of a list begins it again', async () => {
    for (let i = 0; i < 600; i += 1) api.put(pods, pod(`p${i}`));
    const page = { kind: 'List', metadata: { resourceVersion: '9', continue: 'x' }, items: [pod('gone')] };
    api.script('list', pods, stream(JSON.stringify(page), 'end'), refuse(410));
    run();
    await recorder.hears('synced');
    expect(api.of('list', pods).map(({ query }) => query['continue'] ?? '')).toEqual(['', 'x', '', '500']);
    expect(recorder.names()).toEqual(api.names(pods));
  });

  test('a list that is cut off is not taken for the truth', async () => {
    api.put(pods, pod('a'));
    const whole = JSON.stringify({ metadata: { resourceVersion: '9' }, items: [pod('x'), pod('y')] });
    api.script('list', pods, stream(whole.slice(0, -60), 'cut'), stream(whole.slice(0, -2), 'end'));
    run();
    await recorder.hears('failed', 'parse', 'synced');
    expect(recorder.names()).toEqual(['shop/a']);
  });

  test('case 65: a refused list is asked for again as the server wishes', async () => {
    clock.chance = 0;
    api.script('list', pods, refuse(429, { 'retry-after': '7' }), refuse(503, { 'retry-after': '3' }));
    run();
    await recorder.hears('failed', 'failed', 'synced');
    expect(clock.slept).toEqual([7000, 3000]);
  });

  test('case 65: a server that asks for a second each time is asked less and less all the same', async () => {
    clock.chance = 0.5;
    api.script('list', pods, ...Array.from({ length: 8 }, () => refuse(429, { 'retry-after': '1' })));
    run();
    await recorder.until(() => recorder.said.includes('synced'));
    expect(clock.slept).toEqual([1500, 1500, 2000, 4000, 8000, 15000, 15000, 15000]);
  });

  test('case 65: back-off doubles, is spread by chance and never passes 30 s', async () => {
    clock.chance = 0.5;
    api.script('list', pods, ...Array.from({ length: 9 }, () => refuse(500)));
    run();
    await recorder.until(() => recorder.said.includes('synced'));
    expect(clock.slept).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000, 15000]);
  });

  test('case 69: a resourceVersion that goes back is accepted as the fresh truth', async () => {
    api.put(pods, pod('old'));
    run();
    await api.watching(pods);
    api.deleteSilently(pods, pod('old'));
    api.put(pods, pod('restored'));
    await recorder.knows('old', 'restored');
    api.version = 7;
    api.script('watch', pods, refuse(410));
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'expired', 'rewound', 'synced');
    expect(recorder.names()).toEqual(['shop/restored']);
    await api.requested('watch', pods, 3);
    expect(api.of('watch', pods).at(-1)?.query['resourceVersion']).toBe('7');
  });
});

describe('watching', () => {
  test('asks for bookmarks, from where the list ended, for 290 to 590 s', async () => {
    run();
    await api.watching(pods);
    expect(api.of('watch', pods)[0]?.query).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '100',
      timeoutSeconds: '440',
    });
  });

  test('events are taken over', async () => {
    api.put(pods, pod('a'));
    run();
    await api.watching(pods);
    api.put(pods, pod('b'));
    api.put(pods, pod('a', { app: 'web' }));
    api.put(pods, pod('c'));
    api.delete(pods, pod('b'));
    await recorder.knows('a', 'c');
    expect(recorder.objects.get('shop/a')).toMatchObject({ labels: new Map([['app', 'web']]) });
    expect(recorder.said).toEqual(['synced']);
  });

  test('a watch that the server ends goes on from the last bookmark', async () => {
    run();
    await api.watching(pods);
    api.bookmark(pods);
    api.bookmark(pods);
    clock.advance(60_000);
    api.end(pods);
    await api.requested('watch', pods, 2);
    expect(api.of('watch', pods)[1]?.query['resourceVersion']).toBe('102');
    expect(api.of('list', pods).length).toBe(1);
    expect(clock.slept).toEqual([]);
  });

  test('watches that end at once do not become a storm', async () => {
    api.script('watch', pods, stream('', 'end'), stream('', 'end'), stream('', 'end'));
    run();
    await api.requested('watch', pods, 4);
    expect(clock.slept).toEqual([500, 1000, 2000]);
  });

  test.each([
    ['as the status of the answer', refuse(410)],
    ['as an ERROR event', stream('{"type":"ERROR","object":{"kind":"Status","code":410}}\n', 'open')],
  ])('case 63: 410 %s lists afresh, after a random wait', async (_how, answer) => {
    api.script('watch', pods, answer);
    api.put(pods, pod('a'));
    run();
    await recorder.hears('synced', 'expired', 'synced');
    expect(clock.slept).toEqual([500]);
    expect(recorder.names()).toEqual(['shop/a']);
  });

  test('an ERROR event of another kind goes on from where it was', async () => {
    const status = '{"type":"ERROR","object":{"code":429,"details":{"retryAfterSeconds":4}}}\n';
    api.script('watch', pods, stream(event('ADDED', 'a', 120) + status, 'open'));
    run();
    await api.requested('watch', pods, 2);
    expect(api.of('watch', pods)[1]?.query['resourceVersion']).toBe('120');
    expect(clock.slept).toEqual([4500]);
    expect(recorder.said).toEqual(['synced', 'failed']);
  });

  test('case 65: 429 with Retry-After is honoured', async () => {
    clock.chance = 0;
    api.script('watch', pods, refuse(429, { 'retry-after': '9' }));
    run();
    await api.watching(pods);
    expect(clock.slept).toEqual([9000]);
    expect(api.of('list', pods).length).toBe(1);
  });

  test('a truncated frame loses no event', async () => {
    run();
    await api.watching(pods);
    api.put(pods, pod('a'));
    await recorder.knows('a');
    const before = api.version;
    api.say(pods, event('ADDED', 'b', before + 1).slice(0, 30));
    api.drop(pods);
    api.put(pods, pod('b'));
    await recorder.knows('a', 'b');
    expect(api.of('list', pods).length).toBe(1);
  });

  test('a frame that comes in two pieces is one event', async () => {
    run();
    await api.watching(pods);
    const text = event('ADDED', 'ä', api.version + 1);
    api.say(pods, text.slice(0, 25));
    api.say(pods, text.slice(25));
    await recorder.knows('ä');
  });

  test('a line that is not JSON lists afresh and is never skipped', async () => {
    run();
    await api.watching(pods);
    api.put(pods, pod('a'));
    await recorder.knows('a');
    api.deleteSilently(pods, pod('a'));
    api.say(pods, '{"type":"DELETED","object":{"meta\n');
    await recorder.hears('synced', 'parse', 'synced');
    expect(recorder.names()).toEqual([]);
  });

  test.each([
    ['without a type', '{"object":{}}\n'],
    ['of an unknown type', event('RENAMED', 'a', 120)],
    ['without a resourceVersion', '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'],
    ['without a name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"120"}}}\n'],
    [
      'that deletes an object without a name',
      '{"type":"DELETED","object":{"metadata":{"resourceVersion":"120"}}}\n',
    ],
  ])('an event %s lists afresh', async (_what, text) => {
    run();
    await api.watching(pods);
    api.say(pods, text);
    await recorder.hears('synced', 'parse', 'synced');
  });

  test('two drops in a row lose no event', async () => {
    api.put(pods, pod('a'));
    run();
    await api.watching(pods);
    api.drop(pods);
    api.put(pods, pod('b'));
    await api.requested('watch', pods, 2);
    api.drop(pods);
    api.delete(pods, pod('a'));
    api.put(pods, pod('c'));
    await recorder.knows('b', 'c');
    expect(api.of('list', pods).length).toBe(1);
  });

  test('repeated and reordered events end in what the server holds', async () => {
    run();
    await api.watching(pods);
    api.put(pods, pod('a'));
    api.put(pods, pod('b'));
    api.delete(pods, pod('a'));
    const newest = api.version;
    api.say(pods, event('DELETED', 'a', newest));
    api.say(pods, event('ADDED', 'a', newest - 2));
    await recorder.hears('synced', 'order', 'synced');
    expect(recorder.names()).toEqual(api.names(pods));
    expect(recorder.names()).toEqual(['shop/b']);
  });

  test('case 64: a silent watch is given up after 90 s and goes on from where it was', async () => {
    run();
    await api.watching(pods);
    clock.advance(60_000);
    api.put(pods, pod('a'));
    await recorder.knows('a');
    clock.advance(89_000);
    expect(recorder.said).toEqual(['synced']);
    clock.advance(60_000);
    await recorder.hears('synced', 'silent');
    await api.requested('watch', pods, 2);
    expect(api.of('watch', pods)[1]?.query['resourceVersion']).toBe(String(api.version));
    expect(api.of('list', pods).length).toBe(1);
  });

  test('a list that never answers is given up, too', async () => {
    api.put(pods, pod('a'));
    api.script('list', pods, () => undefined);
    run();
    await api.requested('list', pods, 1);
    clock.advance(90_000);
    await recorder.hears('silent', 'synced');
    expect(recorder.names()).toEqual(['shop/a']);
  });

  test('case 70: a missed DELETE is made good by the next list', async () => {
    api.put(pods, pod('a'));
    api.put(pods, pod('b'));
    run();
    await api.watching(pods);
    api.deleteSilently(pods, pod('a'));
    api.put(pods, pod('c'));
    await recorder.knows('a', 'b', 'c');
    api.compacted = api.version + 1;
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'expired', 'synced');
    expect(recorder.names()).toEqual(['shop/b', 'shop/c']);
  });

  test('a position that the server cannot reach twice is given up for a list', async () => {
    api.script('watch', pods, refuse(504), refuse(504));
    run();
    await recorder.hears('synced', 'failed', 'failed', 'synced');
    expect(api.of('list', pods).length).toBe(2);
  });

  test('a position from which nothing comes twice is given up for a list', async () => {
    run();
    await recorder.opens(1);
    clock.advance(90_000);
    await recorder.hears('synced', 'silent');
    await api.requested('watch', pods, 2);
    await recorder.opens(2);
    clock.advance(90_000);
    await recorder.hears('synced', 'silent', 'silent', 'synced');
    expect(api.of('list', pods).length).toBe(2);
  });

  test('a server that is away for long is not listed when it is back', async () => {
    api.script('watch', pods, ...Array.from({ length: 8 }, () => refuse(503)));
    run();
    await api.requested('watch', pods, 9);
    expect(api.of('list', pods).length).toBe(1);
  });

  test('an ERROR event does not reset the back-off', async () => {
    const status = stream('{"type":"ERROR","object":{"code":500}}\n', 'open');
    api.script('watch', pods, status, status, status);
    run();
    await api.requested('watch', pods, 4);
    expect(clock.slept).toEqual([500, 1000, 2000]);
  });

  test('the first event resets the back-off', async () => {
    api.script('watch', pods, refuse(500), refuse(500), stream(event('ADDED', 'a', 120), 'cut'), refuse(500));
    run();
    await api.requested('watch', pods, 5);
    expect(clock.slept).toEqual([500, 1000, 500, 1000]);
  });
});

describe('kinds that are not there', () => {
  test('404 is absent, and the kind is found when it appears', async () => {
    api.removeCollection(pods);
    run();
    await recorder.hears('absent');
    api.collection(pods);
    api.put(pods, pod('a'));
    clock.advance(60_000);
    await recorder.hears('absent', 'synced');
    expect(recorder.names()).toEqual(['shop/a']);
  });

  test('a kind that is removed takes its objects along', async () => {
    api.put(pods, pod('a'));
    run();
    await api.watching(pods);
    api.removeCollection(pods);
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'absent');
    await recorder.knows();
  });

  test('one 404 is not believed yet', async () => {
    api.put(pods, pod('a'));
    run();
    await api.watching(pods);
    api.script('watch', pods, refuse(404));
    api.script('list', pods, (response, request) => {
      expect(recorder.names()).toEqual(['shop/a']);
      refuse(403)(response, request);
    });
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'absent', 'denied', 'synced');
    expect(clock.slept.slice(1)).toEqual([500, 1000]);
  });

  test('403 is denied, and what was known stays known', async () => {
    api.put(pods, pod('a'));
    run();
    await api.watching(pods);
    api.script('watch', pods, refuse(403));
    api.script('list', pods, ...Array.from({ length: 6 }, () => refuse(403)));
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'denied');
    expect(recorder.names()).toEqual(['shop/a']);
  });
});
