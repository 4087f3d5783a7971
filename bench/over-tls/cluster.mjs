// A process that stands for the API server of a large cluster: lists and watches over HTTP as one gives them, and
// things keep happening in it. The parent tells it over IPC at which rate, and when the watch of pods is to expire.
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { serialize } from 'node:v8';
import { collectionPath, watchedKinds } from '../../dist/cluster/kinds.js';
import { shapes } from '../clusters.mjs';
import { apiObjectsOf, namespaceOf } from './api-objects.mjs';
import { makeChurn } from './churn.mjs';
import { settledName } from './journal.mjs';

const [shapeName, seed] = [process.argv[2], Number(process.argv[3])];
const shape = shapes[shapeName];

/** @type {Map<string, { path: string, items: Map<string, any>, log: any[], watches: Set<http.ServerResponse> }>} */
const collections = new Map();
const byKind = new Map();
for (const kind of watchedKinds) {
  const collection = { path: collectionPath(kind), items: new Map(), log: [], watches: new Set() };
  collections.set(collection.path, collection);
  byKind.set(kind.record, collection);
}
let version = 1000;
/** What was there at some time under a name that something happened to, oldest first. */
const versions = new Map();
/** When an event was sent that surely changes the world, in milliseconds of the machine's monotonic clock. */
const sent = [];

const keyOf = ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`;
const now = () => Number(process.hrtime.bigint()) / 1e6;

function stamped(object) {
  version += 1;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

for (const object of apiObjectsOf(shape, seed))
  byKind.get(object.kind).items.set(keyOf(object), stamped(object));

/** @param {'put' | 'delete'} type */
function happen(type, object) {
  const collection = byKind.get(object.kind);
  const key = keyOf(object);
  const known = collection.items.get(key);
  const stored = stamped(object);
  if (type === 'put') collection.items.set(key, stored);
  else collection.items.delete(key);
  const name = `${object.kind} ${key}`;
  if (!versions.has(name)) versions.set(name, known === undefined ? [] : [known]);
  if (type === 'put') versions.get(name).push(stored);
  const kind = type === 'delete' ? 'DELETED' : known === undefined ? 'ADDED' : 'MODIFIED';
  // A name is used once: when it comes or goes, the world must change.
  if (kind !== 'MODIFIED') sent.push({ event: `${type} ${name}`, kind: object.kind, at: now() });
  const line = `${JSON.stringify({ type: kind, object: stored })}\n`;
  collection.log.push({ version, line });
  for (const watch of collection.watches) watch.write(line);
}

const churn = makeChurn({ shape, seed, items: (kind) => byKind.get(kind).items, happen });

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Pages of one list come from one moment. */
const listings = new Map();
let listing = 0;

function list(collection, query, response) {
  const limit = Number(query.get('limit') ?? '500');
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
  json(response, 200, { kind: 'List', apiVersion: 'v1', metadata, items: items.slice(from, from + limit) });
}

function watch(collection, query, response) {
  // As a server answers that does not stream lists; whoever asks then lists in pages.
  if (query.has('sendInitialEvents'))
    return json(response, 422, {
      kind: 'Status',
      code: 422,
      reason: 'Invalid',
      message: 'sendInitialEvents is forbidden',
    });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const from = Number(query.get('resourceVersion') ?? '0');
  for (const entry of collection.log) if (entry.version > from) response.write(entry.line);
  collection.watches.add(response);
  response.on('close', () => collection.watches.delete(response));
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const collection = collections.get(pathname);
  if (pathname === '/apis') json(response, 200, { kind: 'APIGroupList', groups: [] });
  else if (collection === undefined) json(response, 404, { kind: 'Status', code: 404, message: 'not found' });
  else if (searchParams.has('watch')) watch(collection, searchParams, response);
  else list(collection, searchParams, response);
});

/** "410 Gone": the history before was thrown away, and only a list can tell what there is. */
function expirePods() {
  const pods = byKind.get('Pod');
  const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  for (const response of pods.watches) response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  pods.watches.clear();
}

/** One last thing of each kind: whoever has seen these has seen all. */
function settle() {
  const metadata = { name: settledName, namespace: 'ns-0' };
  happen('put', { ...byKind.get('Pod').items.values().next().value, metadata });
  happen('put', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: { podSelector: {} },
  });
  happen('put', namespaceOf(settledName, { 'kubernetes.io/metadata.name': settledName }));
}

/** The keys of all that is there. */
function known() {
  return [...byKind].flatMap(([kind, { items }]) => [...items.keys()].map((key) => `${kind} ${key}`));
}

process.on('message', ({ command, rate, file }) => {
  if (command === 'churn') churn.at(rate);
  else if (command === 'expire') expirePods();
  else if (command === 'settle') settle();
  else if (command === 'save') writeFileSync(file, serialize({ versions, sent, objects: known() }));
  process.send?.({ done: command, at: now(), happened: churn.happened });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ done: 'listen', port: server.address().port }));
