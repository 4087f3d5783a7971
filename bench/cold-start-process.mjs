// One cold start: from the bytes of an API server to a world that answers. `pages` and `stream` are netsluice's own readers,
// in slices that leave the event loop free; `naive` keeps each page as text, parses it whole and keeps a few fields of each object in a map; `idle` only waits.
//
// node bench/cold-start-process.mjs FOLDER json|protobuf pages|stream|naive|idle; tells what it took over IPC.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../dist/cluster/clock.js';
import { collectionPath, watchedKinds } from '../dist/cluster/kinds.js';
import { startLiveView } from '../dist/cluster/live.js';
import { ClusterWorld } from '../dist/world/cluster-world.js';
import { emptyStream, openStore } from './api-store.mjs';
import { memoryOf } from './processes.mjs';
import { profile } from './worlds.mjs';

const [folder, encoding, reader] = process.argv.slice(2);
const store = openStore(folder, encoding);
const byPath = new Map(watchedKinds.map((kind) => [collectionPath(kind), kind]));
const apiVersionOf = ({ group, version }) => (group === '' ? version : `${group}/${version}`);

async function* bytesOf(text) {
  yield Buffer.from(text);
}

async function* then(first, second) {
  yield* first;
  yield* second;
}

/** A watch in which nothing happens. */
async function* silence(signal) {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** Answers from the files, where a client of the API server would ask over the network. */
const client = {
  async get(path, query, { signal }) {
    const answer = (status, type, body) => ({ status, headers: new Map([['content-type', type]]), body });
    if (path === '/apis')
      return answer(200, 'application/json', bytesOf('{"kind":"APIGroupList","groups":[]}'));
    const kind = byPath.get(path);
    if (kind === undefined) return answer(404, 'application/json', bytesOf('{"kind":"Status","code":404}'));
    if ('sendInitialEvents' in query) {
      if (reader === 'pages') return answer(422, 'application/json', bytesOf('{"kind":"Status","code":422}'));
      const known = store.kinds.has(kind.record);
      const begin = known ? store.stream(kind.record) : bytesOf(emptyStream);
      return answer(200, known ? store.contentType : 'application/json', then(begin, silence(signal)));
    }
    if ('watch' in query) return answer(200, store.contentType, silence(signal));
    if (!store.kinds.has(kind.record)) {
      const none = `{"kind":"List","metadata":{"resourceVersion":"${store.version}"},"items":[]}`;
      return answer(200, 'application/json', bytesOf(none));
    }
    return answer(200, store.contentType, store.page(kind.record, apiVersionOf(kind), query['continue']));
  },
  write: async () => {
    throw new Error('nothing is written');
  },
};

async function readAll() {
  let world = new ClusterWorld(profile);
  const live = startLiveView({
    client,
    clock: systemClock,
    log: { info() {}, warn() {} },
    sink: {
      apply: (events) => world.apply(events),
      *applyAside(events) {
        const next = new ClusterWorld(profile);
        for (const event of [...world.everything(), ...events]) {
          next.apply([event]);
          yield;
        }
        world = next;
      },
    },
  });
  while (!live.ready()) await new Promise((resolve) => setTimeout(resolve, 5));
  const objects = live.stats().reduce((sum, { objects: count }) => sum + count, 0);
  return { objects, keep: [world, live] };
}

const portsOf = ({ spec }) => (spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);

async function parsePages() {
  const all = new Map();
  for (const { kind, apiVersion, pages } of store.kinds.values())
    for (let page = 0; page < pages.length; page += 1) {
      const pieces = [];
      for await (const piece of store.page(kind, apiVersion, String(page))) pieces.push(piece);
      const { items } = JSON.parse(Buffer.concat(pieces).toString('utf8'));
      for (const item of items) {
        const { namespace = '', name, labels } = item.metadata;
        const few = { namespace, name, labels, ports: portsOf(item), address: item.status?.podIP };
        all.set(`${kind} ${namespace}/${name}`, kind === 'NetworkPolicy' ? item : few);
      }
    }
  return { objects: all.size, keep: all };
}

async function doNothing() {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return { objects: 0, keep: null };
}

const readers = { pages: readAll, stream: readAll, naive: parsePages, idle: doNothing };
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
const since = performance.now();
const cpu = process.cpuUsage();
const { objects, keep } = await readers[reader]();
const seconds = (performance.now() - since) / 1000;
const { user, system } = process.cpuUsage(cpu);
loop.disable();
globalThis.gc();
globalThis.gc();
process.send({
  objects,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  blockMs: loop.max / 1e6,
  blockP99Ms: loop.percentile(99) / 1e6,
  heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
  peakMiB: memoryOf(process.pid).peak,
  // Until here all of it is held.
  kept: keep === null ? 0 : 1,
});
