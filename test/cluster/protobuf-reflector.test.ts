import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { runReflector } from '../../src/cluster/reflector.ts';
import { StreamingLists } from '../../src/cluster/streaming-list.ts';
import { encodeEvent, encodeList, encodeMessage, encodeObject } from '../support/protobuf-encoder.ts';
import { type Answer, type ApiObject, plainClient, ScriptedApi } from '../support/scripted-api.ts';
import { FakeClock } from './fake-clock.ts';
import { Recorder } from './recorder.ts';

const pods = '/api/v1/pods';
const kind = watchedKinds.find(({ resource }) => resource === 'pods')!;
const protobuf = 'application/vnd.kubernetes.protobuf';

function pod(name: string, labels: Readonly<Record<string, string>> = {}): ApiObject {
  return { metadata: { name, namespace: 'shop', labels } };
}

let api: ScriptedApi;
let recorder: Recorder;
let controller: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  api = new ScriptedApi();
  await api.start();
  api.collection(pods);
  api.encode(pods, { apiVersion: 'v1', kind: 'Pod' });
  recorder = new Recorder();
  controller = new AbortController();
});

afterEach(async () => {
  controller.abort();
  await running;
  await api.stop();
});

function run(): void {
  const clock = new FakeClock();
  const streaming = new StreamingLists(clock);
  const options = { client: plainClient(api), kind, clock, sink: recorder, observer: recorder, streaming };
  running = runReflector(options, controller.signal);
}

/** Says these bytes and then ends. */
function bytes(said: Uint8Array, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': protobuf });
    response.end(said);
  };
}

test.each(['refused', 'offered'] as const)(
  'lists and watches in protobuf, streaming lists %s',
  async (streaming) => {
    api.streaming = streaming;
    for (let index = 0; index < 700; index += 1) api.put(pods, pod(`p${index}`));
    run();
    await recorder.hears('synced');
    expect(recorder.names()).toEqual(api.names(pods));
    await api.watching(pods);
    for (const { metadata } of api.objects(pods).slice(3)) api.delete(pods, pod(metadata.name));
    api.put(pods, pod('p0', { app: 'web' }));
    api.put(pods, pod('new'));
    await recorder.knows('new', 'p0', 'p1', 'p2');
    expect(recorder.objects.get('shop/p0')).toEqual(kind.decode(pod('p0', { app: 'web' })));
    api.bookmark(pods);
    expect(recorder.said).toEqual(['synced']);
  },
);

test('a page that is cut off, and one with a wrong byte, are not taken for the truth', async () => {
  api.put(pods, pod('a'));
  const page = encodeList('v1', 'Pod', { resourceVersion: '9' }, [pod('other'), pod('one more')]);
  const wrong = page.slice();
  wrong[page.length - 20] = 0xff;
  api.script('list', pods, bytes(page.subarray(0, page.length - 30)), bytes(wrong));
  run();
  await recorder.hears('parse', 'parse', 'synced');
  expect(recorder.names()).toEqual(['shop/a']);
});

test('an expired watch says so in a Status, inside the stream and outside', async () => {
  api.put(pods, pod('a'));
  const status = encodeMessage('Status', {
    code: 410,
    message: 'too old resource version',
    reason: 'Expired',
  });
  api.script(
    'watch',
    pods,
    bytes(encodeEvent('v1', 'Status', 'ERROR', status)),
    bytes(encodeObject('v1', 'Status', status), 410),
  );
  run();
  await recorder.hears('synced', 'expired', 'synced', 'expired', 'synced');
  expect(recorder.names()).toEqual(['shop/a']);
});

test('a frame that is no event lists afresh, and what came before it is kept', async () => {
  api.put(pods, pod('a'));
  const good = { metadata: { ...pod('b').metadata, resourceVersion: '1000' } };
  const frame = encodeEvent('v1', 'Pod', 'ADDED', encodeMessage('Pod', good));
  api.script('watch', pods, bytes(Buffer.concat([frame, Buffer.from([0, 0, 0, 2, 0xff, 0xff])])));
  run();
  await recorder.hears('synced', 'parse', 'rewound', 'synced');
  expect(recorder.names()).toEqual(['shop/a']);
});
