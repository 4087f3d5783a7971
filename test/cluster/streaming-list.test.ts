import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type WatchedKind, watchedKinds } from '../../src/cluster/kinds.ts';
import { runReflector } from '../../src/cluster/reflector.ts';
import { StreamingLists, streamAll } from '../../src/cluster/streaming-list.ts';
import {
  type ApiObject,
  endOfList,
  eventLine,
  plainClient,
  refuse,
  ScriptedApi,
  stream,
} from '../support/scripted-api.ts';
import { FakeClock } from './fake-clock.ts';
import { PushedBody } from './pushed-body.ts';
import { Recorder } from './recorder.ts';
import { SteppedClock } from './stepped-clock.ts';

const pods = '/api/v1/pods';
const policies = '/apis/networking.k8s.io/v1/networkpolicies';

let api: ScriptedApi;
let clock: FakeClock;
let recorder: Recorder;
let streaming: StreamingLists;
let controller: AbortController;
let running: Promise<void>[];

beforeEach(async () => {
  api = new ScriptedApi();
  await api.start();
  api.streaming = 'offered';
  api.collection(pods);
  api.collection(policies);
  clock = new FakeClock();
  recorder = new Recorder();
  streaming = new StreamingLists(clock);
  controller = new AbortController();
  running = [];
});

afterEach(async () => {
  controller.abort();
  await Promise.all(running);
  await api.stop();
});

function kindOf(resource: string): WatchedKind {
  const kind = watchedKinds.find((each) => each.resource === resource);
  if (kind === undefined) throw new Error(`${resource} are not watched`);
  return kind;
}

function run(resource = 'pods', into = recorder): void {
  const kind = kindOf(resource);
  const options = { client: plainClient(api), kind, clock, sink: into, observer: into, streaming };
  running.push(runReflector(options, controller.signal));
}

function pod(name: string, labels: Readonly<Record<string, string>> = {}): ApiObject {
  return { metadata: { name, namespace: 'shop', labels } };
}

function event(type: string, name: string, version: number, labels = {}): string {
  return eventLine(type, { metadata: { ...pod(name, labels).metadata, resourceVersion: String(version) } });
}

/** How often each verb was asked for. */
function asked(path = pods): Readonly<Record<string, number>> {
  return {
    stream: api.of('stream', path).length,
    list: api.of('list', path).length,
    watch: api.of('watch', path).length,
  };
}

describe('a server that streams lists', () => {
  test('is asked for one stream, which goes on as the watch', async () => {
    api.put(pods, pod('a'));
    api.put(pods, pod('b'));
    run();
    await recorder.hears('synced');
    expect(recorder.names()).toEqual(['shop/a', 'shop/b']);
    api.put(pods, pod('c'));
    api.delete(pods, pod('a'));
    await recorder.knows('b', 'c');
    expect(api.of('stream', pods).map(({ query }) => query)).toEqual([
      {
        watch: 'true',
        allowWatchBookmarks: 'true',
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        timeoutSeconds: '440',
      },
    ]);
    expect(asked()).toEqual({ stream: 1, list: 0, watch: 0 });
  });

  test('is watched from the last event when the stream ends', async () => {
    run();
    await recorder.hears('synced');
    api.put(pods, pod('a'));
    await recorder.knows('a');
    clock.advance(60_000);
    api.end(pods);
    await api.requested('watch', pods, 1);
    expect(api.of('watch', pods)[0]?.query['resourceVersion']).toBe(String(api.version));
    expect(asked()).toEqual({ stream: 1, list: 0, watch: 1 });
  });

  test('is watched from the end of the list when nothing happened since', async () => {
    api.put(pods, pod('a'));
    run();
    await recorder.hears('synced');
    clock.advance(60_000);
    api.drop(pods);
    await api.requested('watch', pods, 1);
    expect(api.of('watch', pods)[0]?.query['resourceVersion']).toBe('101');
  });

  test('the list is taken over in one piece, with its end', async () => {
    api.script('stream', pods, (response, request) => {
      response.writeHead(200);
      response.write(event('ADDED', 'a', 5) + event('ADDED', 'b', 3), () => {
        setImmediate(() => {
          expect([recorder.names(), recorder.said]).toEqual([[], []]);
          response.write(endOfList(9));
        });
      });
      expect(request.query['sendInitialEvents']).toBe('true');
    });
    run();
    await recorder.hears('synced');
    expect(recorder.names()).toEqual(['shop/a', 'shop/b']);
  });

  test('what happens while the list comes in is part of it', async () => {
    const text = [
      ...[event('ADDED', 'a', 5), event('ADDED', 'b', 3), event('ADDED', 'c', 7), event('ADDED', 'd', 4)],
      ...[event('DELETED', 'a', 8), event('MODIFIED', 'b', 9, { app: 'web' }), event('ADDED', 'e', 10)],
      ...[event('ADDED', 'a', 11, { app: 'new' }), event('DELETED', 'c', 12), event('DELETED', 'c', 12)],
      eventLine('BOOKMARK', { metadata: { resourceVersion: '13' } }),
      endOfList(14),
    ];
    api.script('stream', pods, stream(text.join(''), 'open'));
    run();
    await recorder.hears('synced');
    const labels = [...recorder.objects].map(([name, object]) => [name, 'labels' in object && object.labels]);
    expect(labels.sort()).toEqual([
      ['shop/a', new Map([['app', 'new']])],
      ['shop/b', new Map([['app', 'web']])],
      ['shop/d', new Map()],
      ['shop/e', new Map()],
    ]);
  });

  test.each([
    ['an event from before the list', event('ADDED', 'a', 5) + event('DELETED', 'b', 4)],
    ['an event from before another', event('DELETED', 'a', 5) + event('ADDED', 'a', 4)],
    ['an end from before the list', event('ADDED', 'a', 5) + endOfList(4)],
  ])('%s is no list to rely on', async (_what, text) => {
    api.put(pods, pod('z'));
    api.script('stream', pods, stream(text, 'open'));
    run();
    await recorder.hears('order', 'synced');
    expect(recorder.names()).toEqual(['shop/z']);
    expect(asked()).toEqual({ stream: 2, list: 0, watch: 0 });
  });

  test.each([
    ['ends', 'end', 'parse'],
    ['breaks', 'cut', 'failed'],
  ] as const)(
    'a list that %s early is not taken for the truth; the second one comes in pages',
    async (_how, then, reason) => {
      api.put(pods, pod('z'));
      const half = event('ADDED', 'a', 5) + event('ADDED', 'b', 3);
      api.script('stream', pods, stream(half, then), stream(half, then));
      run();
      await recorder.hears(reason, reason, 'synced');
      expect(recorder.names()).toEqual(['shop/z']);
      expect(asked()['list']).toBe(1);
      expect(asked()['stream']).toBe(2);
      expect(clock.slept.slice(0, 2)).toEqual([500, 1000]);
    },
  );

  test('case 63: 410 instead of a list, or inside it, begins it again after a random wait', async () => {
    const status = eventLine('ERROR', { kind: 'Status', code: 410 });
    api.put(pods, pod('z'));
    api.script('stream', pods, refuse(410), stream(event('ADDED', 'a', 5) + status, 'open'));
    run();
    await recorder.hears('expired', 'expired', 'synced');
    expect(recorder.names()).toEqual(['shop/z']);
    expect(clock.slept).toEqual([500, 1000]);
    expect(asked()).toEqual({ stream: 3, list: 0, watch: 0 });
  });

  test('case 63: 410 after the list streams it afresh, and the old one is kept until then', async () => {
    api.put(pods, pod('a'));
    run();
    await recorder.hears('synced');
    api.deleteSilently(pods, pod('a'));
    api.put(pods, pod('b'));
    await recorder.knows('a', 'b');
    api.say(pods, eventLine('ERROR', { kind: 'Status', code: 410 }));
    await recorder.hears('synced', 'expired', 'synced');
    expect(recorder.names()).toEqual(['shop/b']);
    expect(asked()).toEqual({ stream: 2, list: 0, watch: 0 });
  });

  test('case 64: a stream that falls silent after its list is watched anew after 90 s', async () => {
    run();
    await recorder.hears('synced');
    clock.advance(89_000);
    expect(recorder.said).toEqual(['synced']);
    clock.advance(60_000);
    await recorder.hears('synced', 'silent');
    await api.requested('watch', pods, 1);
    expect(asked()).toEqual({ stream: 1, list: 0, watch: 1 });
  });

  test('case 65: 429 with Retry-After is honoured, and streams go on to be asked for', async () => {
    clock.chance = 0;
    api.script(
      'stream',
      pods,
      ...[7, 3, 2].map((seconds) => refuse(429, { 'retry-after': String(seconds) })),
    );
    run();
    await recorder.hears('failed', 'failed', 'failed', 'synced');
    expect(clock.slept).toEqual([7000, 3000, 2000]);
    expect(asked()).toEqual({ stream: 4, list: 0, watch: 0 });
  });

  test('case 65: a server that cannot stream twice in a row is asked for pages, at growing intervals', async () => {
    api.script('stream', pods, refuse(500), refuse(503));
    api.script('list', pods, refuse(500));
    run();
    await recorder.hears('failed', 'failed', 'failed', 'synced');
    expect(clock.slept).toEqual([500, 1000, 2000]);
    expect(asked()).toMatchObject({ stream: 2, list: 2 });
  });

  test('case 69: a list that is older than what was known is accepted as the fresh truth', async () => {
    api.put(pods, pod('old'));
    run();
    await recorder.hears('synced');
    api.deleteSilently(pods, pod('old'));
    api.put(pods, pod('restored'));
    await recorder.knows('old', 'restored');
    api.version = 7;
    api.script('watch', pods, refuse(410));
    // The event of the restored object counts from before, too.
    api.script('stream', pods, stream(event('ADDED', 'restored', 6) + endOfList(7), 'open'));
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'expired', 'rewound', 'synced');
    expect(recorder.names()).toEqual(['shop/restored']);
  });

  test('case 70: a missed DELETE is made good by the next list', async () => {
    api.put(pods, pod('a'));
    api.put(pods, pod('b'));
    run();
    await recorder.hears('synced');
    api.deleteSilently(pods, pod('a'));
    api.put(pods, pod('c'));
    await recorder.knows('a', 'b', 'c');
    api.compacted = api.version + 1;
    api.drop(pods);
    await recorder.hears('synced', 'failed', 'expired', 'synced');
    expect(recorder.names()).toEqual(['shop/b', 'shop/c']);
    expect(asked()).toEqual({ stream: 2, list: 0, watch: 1 });
  });

  test.each([
    ['absent', 404],
    ['denied', 403],
  ] as const)('a kind that is %s is asked for again as a stream', async (state, status) => {
    api.script('stream', pods, refuse(status));
    run();
    await recorder.hears(state, 'synced');
    expect(asked()).toEqual({ stream: 2, list: 0, watch: 0 });
  });
});

describe('a server that does not stream lists', () => {
  test.each([400, 422])(
    'and says so by %d is asked for pages at once, and not asked again',
    async (status) => {
      api.put(pods, pod('a'));
      api.script('stream', pods, refuse(status));
      run();
      await recorder.hears('synced');
      expect(clock.slept).toEqual([]);
      api.script('watch', pods, refuse(410));
      api.drop(pods);
      await recorder.until(() => recorder.said.filter((word) => word === 'synced').length === 2);
      expect(asked()).toMatchObject({ stream: 1, list: 2 });
    },
  );

  test('is asked again after half an hour, because it may have been upgraded', async () => {
    api.streaming = 'refused';
    run();
    await api.watching(pods);
    api.streaming = 'offered';
    api.script('watch', pods, refuse(410));
    // So long a silence ends the watch.
    clock.advance(30 * 60_000);
    await api.requested('stream', pods, 2);
    await recorder.until(() => recorder.said.filter((word) => word === 'synced').length === 2);
    expect(asked()).toMatchObject({ stream: 2, list: 1 });
  });

  test('is remembered for all kinds of an API group, and for no other', async () => {
    api.streaming = 'refused';
    const services = '/api/v1/services';
    api.collection(services);
    run();
    await api.watching(pods);
    run('services', new Recorder());
    run('networkpolicies', new Recorder());
    await api.watching(services);
    await api.watching(policies);
    expect(asked(services)['stream']).toBe(0);
    expect(asked(policies)['stream']).toBe(1);
  });

  test('but begins to and finds no end is asked for pages', async () => {
    api.streaming = 'unended';
    api.put(pods, pod('a'));
    run();
    await api.watching(pods);
    await until(() => {
      // The object may be on its way still, and counts from when it is read.
      if (clock.isAwaited(20_000)) clock.advance(20_000);
      return recorder.said.length === 2;
    });
    expect(recorder.said).toEqual(['unended', 'synced']);
    expect(recorder.names()).toEqual(['shop/a']);
    expect(asked()).toMatchObject({ stream: 1, list: 1 });
    expect(clock.slept).toEqual([]);
  });

  test('but does not even answer is asked for pages', async () => {
    api.script('stream', pods, () => undefined);
    run();
    await api.requested('stream', pods, 1);
    clock.advance(20_000);
    await recorder.hears('unended', 'synced');
  });

  test('but answers with a list as if it had been asked for one is asked for pages', async () => {
    const list = `${JSON.stringify({ kind: 'List', metadata: { resourceVersion: '9' }, items: [pod('x')] })}\n`;
    api.put(pods, pod('a'));
    api.script('stream', pods, stream(list, 'end'), stream(list, 'end'));
    run();
    await recorder.hears('parse', 'parse', 'synced');
    expect(recorder.names()).toEqual(['shop/a']);
    expect(asked()).toMatchObject({ stream: 2, list: 1 });
  });
});

describe('how long an end is waited for', () => {
  test('20 s after the last object; what happens to objects does not count', async () => {
    const { body, stepped, said } = streamed();
    await stepped.pass(19_000);
    body.push(event('ADDED', 'a', 5));
    await stepped.pass(15_000);
    body.push(event('MODIFIED', 'a', 6) + eventLine('BOOKMARK', { metadata: { resourceVersion: '7' } }));
    await stepped.pass(4_999);
    expect(said).toEqual([]);
    await stepped.pass(1);
    expect(said).toEqual(['UnendedError: streaming pods: the list came to no end']);
  });

  test('two minutes in all, however many objects come', async () => {
    const { body, stepped, said } = streamed();
    for (let i = 1; i < 8; i += 1) {
      await stepped.pass(15_000);
      body.push(event('ADDED', `p${i}`, i));
    }
    await stepped.pass(14_999);
    expect(said).toEqual([]);
    await stepped.pass(1);
    expect(said).toEqual(['UnendedError: streaming pods: the list came to no end']);
  });

  test('just as long as it takes', async () => {
    const { body, stepped, said } = streamed();
    for (let i = 1; i < 7; i += 1) {
      await stepped.pass(19_000);
      body.push(event('ADDED', `p${i}`, i));
    }
    body.push(endOfList(9));
    await stepped.pass(0);
    expect(said).toEqual(['9: p1 p2 p3 p4 p5 p6']);
  });
});

/** A streaming list that begins; `said` tells how it ended. */
function streamed(): { body: PushedBody; stepped: SteppedClock; said: readonly string[] } {
  const stepped = new SteppedClock();
  const { signal } = controller;
  const body = new PushedBody(signal);
  const get = async () => ({ status: 200, headers: new Map<string, string>(), body });
  const client = { get, write: () => Promise.reject(new Error('nothing is written')) };
  const said: string[] = [];
  const nothing = (): void => undefined;
  const options = { client, kind: kindOf('pods'), clock: stepped, signal, alive: nothing, opened: nothing };
  running.push(
    streamAll(options).then(
      ({ objects, resourceVersion }) => {
        said.push(`${resourceVersion}: ${objects.map(({ name }) => name).join(' ')}`);
      },
      (error: unknown) => {
        said.push(String(error));
      },
    ),
  );
  return { body, stepped, said };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
