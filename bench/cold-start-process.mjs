// One cold start: from the bytes of an API server, which another process sends over the loopback interface, to a world that
// answers. `stream` and `pages` are netsluice's own readers; `naive` keeps each page as text, parses it whole and keeps a few
// fields of each object in a map; `idle` only waits.
//
// node bench/cold-start-process.mjs PORT pages|stream|naive|idle; tells what it took over IPC.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CurrentWorld } from '../dist/cli/current-world.js';
import { systemClock } from '../dist/cluster/clock.js';
import { clientOf } from '../dist/cluster/http-client.js';
import { collectionPath, watchedKinds } from '../dist/cluster/kinds.js';
import { startLiveView } from '../dist/cluster/live.js';
import { defaultSettings } from '../dist/review/settings.js';
import { memoryOf } from './processes.mjs';

const [port, reader] = process.argv.slice(2);
const server = clientOf({ server: new URL(`http://127.0.0.1:${port}`), name: 'the bench', hint: '' });

/** The server streams lists; whoever wants pages is refused, as older servers do. */
const refusal = { status: 422, headers: new Map([['content-type', 'application/json']]) };
const client = {
  ...server,
  get: async (path, query, options) =>
    reader === 'pages' && 'sendInitialEvents' in query
      ? { ...refusal, body: bytesOf('{"kind":"Status","code":422}') }
      : server.get(path, query, options),
};

async function* bytesOf(text) {
  yield Buffer.from(text);
}

async function readAll() {
  // As `serve` does, but for a platform that is known.
  const world = new CurrentWorld(
    () => defaultSettings,
    () => null,
  );
  const live = startLiveView({
    client,
    clock: systemClock,
    log: { info() {}, warn() {} },
    sink: world,
  });
  while (!live.ready()) await new Promise((resolve) => setTimeout(resolve, 5));
  const objects = live.stats().reduce((sum, { objects: count }) => sum + count, 0);
  return { objects, keep: [world.current(), live] };
}

const portsOf = ({ spec }) => (spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);

async function pageOf(path, query) {
  const signal = new AbortController().signal;
  const { body, status } = await server.get(path, query, { signal, accept: 'application/json' });
  const pieces = [];
  for await (const piece of body) pieces.push(piece);
  return status === 200 ? JSON.parse(Buffer.concat(pieces).toString('utf8')) : null;
}

async function parsePages() {
  const all = new Map();
  for (const kind of watchedKinds) {
    let next = '';
    do {
      const page = await pageOf(collectionPath(kind), {
        limit: '500',
        ...(next === '' ? {} : { continue: next }),
      });
      for (const item of page?.items ?? []) keepFew(all, kind.record, item);
      next = page?.metadata.continue ?? '';
    } while (next !== '');
  }
  return { objects: all.size, keep: all };
}

function keepFew(all, kind, item) {
  const { namespace = '', name, labels } = item.metadata;
  const few = { namespace, name, labels, ports: portsOf(item), address: item.status?.podIP };
  all.set(`${kind} ${namespace}/${name}`, kind === 'NetworkPolicy' ? item : few);
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
