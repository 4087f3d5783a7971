// A process that stands for the API server of a large cluster: lists and watches over HTTP as one gives them, and
// things keep happening in it. The parent tells it over IPC at which rate, and when the watch of pods is to expire.
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { serialize } from 'node:v8';
import { collectionPath, watchedKinds } from '../../dist/cluster/kinds.js';
import { shapeOf } from '../cluster-names.mjs';
import { apiObjectsOf, namespaceOf } from './api-objects.mjs';
import { makeChurn } from './churn.mjs';
import { listedName, settledName } from './journal.mjs';
import { formFor } from './wire.mjs';

const [shape, seed] = [shapeOf(process.argv[2]), Number(process.argv[3])];
/** What is written between two turns of the event loop. */
const chunk = 500;
/** An API server does so about once a minute. */
const bookmarkEveryMs = 30_000;

/**
 * @typedef {object} Collection
 * @property {string} kind
 * @property {string} apiVersion
 * @property {Map<string, any>} items
 * @property {{ version: number, type: string, object: any }[]} log
 * @property {Set<(type: string, object: any) => void>} watches
 */

/** @type {Map<string, Collection>} */
const collections = new Map();
/** @type {Map<string, Collection>} */
const byKind = new Map();
for (const kind of watchedKinds) {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  // Two resources give one kind of record.
  const name = kind.resource === 'clusterrolebindings' ? 'ClusterRoleBinding' : kind.record;
  const collection = { kind: name, apiVersion, items: new Map(), log: [], watches: new Set() };
  collections.set(collectionPath(kind), collection);
  byKind.set(name, collection);
}
let version = 1000;
/** What was there at some time under a name that something happened to, oldest first. */
const versions = new Map();
/** When an event was sent that surely changes the world, in milliseconds of the machine's monotonic clock. */
const sent = [];

const keyOf = ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`;
const now = () => Number(process.hrtime.bigint()) / 1e6;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Resolves when more can be written, or nobody reads any more. */
function drained(response) {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

function stamped(object) {
  version += 1;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

for (const object of apiObjectsOf(shape, seed))
  byKind.get(object.kind).items.set(keyOf(object), stamped(object));

/** @param {'put' | 'delete'} change */
function happen(change, object) {
  const collection = byKind.get(object.kind);
  const key = keyOf(object);
  const known = collection.items.get(key);
  const stored = stamped(object);
  if (change === 'put') collection.items.set(key, stored);
  else collection.items.delete(key);
  const name = `${object.kind} ${key}`;
  if (!versions.has(name)) versions.set(name, known === undefined ? [] : [known]);
  if (change === 'put') versions.get(name).push(stored);
  const type = change === 'delete' ? 'DELETED' : known === undefined ? 'ADDED' : 'MODIFIED';
  // A name is used once: when it comes or goes, the world must change.
  if (type !== 'MODIFIED') sent.push({ event: `${change} ${name}`, kind: object.kind, at: now() });
  collection.log.push({ version, type, object: stored });
  for (const watch of collection.watches) watch(type, stored);
}

const churn = makeChurn({ shape, seed, items: (kind) => byKind.get(kind).items, happen });

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Pages of one list come from one moment. */
const listings = new Map();
let listing = 0;

/** The whole list in one answer, as whoever names no limit gets it. */
async function listAll({ kind, apiVersion, items }, response) {
  const [head, tail] = JSON.stringify({
    ...{ kind: `${kind}List`, apiVersion, metadata: { resourceVersion: String(version) }, items: [] },
  }).split('[]');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(`${head}[`);
  const all = [...items.values()];
  for (let i = 0; i < all.length; i += chunk) {
    const part = all.slice(i, i + chunk).map((item) => JSON.stringify(item));
    if (!response.write(`${i === 0 ? '' : ','}${part.join(',')}`)) await drained(response);
    await turn();
  }
  response.end(`]${tail}`);
}

function list(collection, query, accept, response) {
  const limit = Number(query.get('limit'));
  let [id, from] = (query.get('continue') ?? '').split(':').map(Number);
  if (!listings.has(id)) {
    listing += 1;
    [id, from] = [listing, 0];
    listings.set(id, { version, items: [...collection.items.values()] });
  }
  const { items, version: at } = listings.get(id);
  const isLast = from + limit >= items.length;
  if (isLast) listings.delete(id);
  const metadata = { resourceVersion: String(at), ...(isLast ? {} : { continue: `${id}:${from + limit}` }) };
  const form = formFor(collection.kind, accept);
  response.writeHead(200, { 'content-type': form.type });
  response.end(form.list(collection.apiVersion, collection.kind, metadata, items.slice(from, from + limit)));
}

async function watch(collection, query, accept, response) {
  const form = formFor(collection.kind, accept);
  let open = true;
  response.on('close', () => {
    open = false;
    collection.watches.delete(tell);
  });
  const tell = (type, object) => {
    response.write(form.event(type, object));
    if (type !== 'ERROR') return;
    collection.watches.delete(tell);
    response.end();
  };
  response.writeHead(200, { 'content-type': form.watchType });
  response.flushHeaders();
  let from = Number(query.get('resourceVersion') ?? '0');
  if (query.has('sendInitialEvents')) {
    from = version;
    const items = [...collection.items.values()];
    for (let i = 0; i < items.length && open; i += 1) {
      tell('ADDED', items[i]);
      if (i % chunk !== chunk - 1) continue;
      if (response.writableNeedDrain) await drained(response);
      await turn();
    }
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    const { apiVersion, kind } = collection;
    tell('BOOKMARK', { apiVersion, kind, metadata: { resourceVersion: String(from), annotations } });
  }
  for (const entry of collection.log) if (entry.version > from) tell(entry.type, entry.object);
  if (open) collection.watches.add(tell);
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const accept = request.headers.accept ?? '';
  const collection = collections.get(pathname);
  if (pathname === '/apis') json(response, 200, { kind: 'APIGroupList', groups: [] });
  else if (collection === undefined) json(response, 404, { kind: 'Status', code: 404, message: 'not found' });
  else if (searchParams.has('watch'))
    watch(collection, searchParams, accept, response).catch((error) => response.destroy(error));
  else if (searchParams.has('limit')) list(collection, searchParams, accept, response);
  else listAll(collection, response).catch((error) => response.destroy(error));
});

/**
 * "410 Gone": the history before was thrown away, and only a list can tell what there is, as the pod that comes then.
 * Returns its namespace.
 */
function expirePods() {
  const gone = { code: 410, reason: 'Expired', message: 'too old resource version' };
  for (const tell of byKind.get('Pod').watches) tell('ERROR', { apiVersion: 'v1', kind: 'Status', ...gone });
  return putPod(listedName);
}

/** Returns the namespace of the pod. */
function putPod(name) {
  const [{ metadata: first }] = byKind.get('Namespace').items.values();
  const metadata = { name, namespace: first.name };
  const spec = { containers: [{ name: 'main' }] };
  happen('put', { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { phase: 'Running' } });
  return first.name;
}

/** Tells every watch that all up to now was told, so that silence is no sign of anything. */
function bookmark() {
  const metadata = { resourceVersion: String(version) };
  for (const { kind, apiVersion, watches } of collections.values())
    for (const tell of watches) tell('BOOKMARK', { apiVersion, kind, metadata });
}

/** One last thing of each kind: whoever has seen these has seen all. */
function settle() {
  const metadata = { name: settledName, namespace: putPod(settledName) };
  const policy = { podSelector: {}, policyTypes: ['Ingress'] };
  happen('put', { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: policy });
  happen('put', namespaceOf(settledName, { 'kubernetes.io/metadata.name': settledName }));
  return metadata.namespace;
}

/** The keys of all that is there. */
function known() {
  return [...byKind].flatMap(([kind, { items }]) => [...items.keys()].map((key) => `${kind} ${key}`));
}

process.on('message', ({ command, rate, file }) => {
  const answer = { done: command, at: now(), happened: churn.happened };
  if (command === 'churn') churn.at(rate);
  else if (command === 'expire') answer.namespace = expirePods();
  else if (command === 'settle') answer.namespace = settle();
  else if (command === 'save') writeFileSync(file, serialize({ versions, sent, objects: known() }));
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
setInterval(bookmark, bookmarkEveryMs);
server.listen(0, '127.0.0.1', () => process.send?.({ done: 'listen', port: server.address().port }));
