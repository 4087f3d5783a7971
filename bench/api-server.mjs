// Stands for the API server of a cluster that was written by api-store.mjs: lists in pages, lists as streams where they are
// asked for and the bytes are protobuf, watches in which nothing happens.
// `node bench/api-server.mjs FOLDER json|protobuf [CERTIFICATE KEY]`, with the files of a pair over TLS; tells its port over IPC.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { collectionPath, watchedKinds } from '../dist/cluster/kinds.js';
import { emptyStream, openStore } from './api-store.mjs';

const [folder, encoding, cert, key] = process.argv.slice(2);
const store = openStore(folder, encoding);
const collections = new Map(watchedKinds.map((kind) => [collectionPath(kind), kind]));
const served = new Set(store.kinds.keys());

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function list(kind, query, response) {
  const { group, version, record } = kind;
  // A kind without objects is answered in JSON: that one too has to be understood.
  const known = served.has(record);
  response.writeHead(200, { 'content-type': known ? store.contentType : 'application/json' });
  if (!known) {
    response.end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: store.version }, items: [] }));
    return;
  }
  const apiVersion = group === '' ? version : `${group}/${version}`;
  await sendAll(store.page(record, apiVersion, query.get('continue') ?? undefined), response);
  response.end();
}

async function sendAll(pieces, response) {
  for await (const piece of pieces)
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
}

/** "Clients should not assume bookmarks are returned at any specific interval": servers send one about every minute. */
const bookmarkMs = 60_000;

/** A watch in which nothing happens is not silent. */
function keepAlive(record, response) {
  const timer = setInterval(() => response.write(store.bookmark(record)), bookmarkMs);
  response.once('close', () => clearInterval(timer));
}

/** The watch goes on after the list, and nothing happens in it. */
async function stream({ record }, response) {
  if (encoding === 'json')
    // As a server answers that does not stream lists; whoever asks then lists in pages.
    return json(response, 422, { kind: 'Status', code: 422, reason: 'Invalid', message: 'forbidden' });
  const known = served.has(record);
  response.writeHead(200, {
    'content-type': known ? `${store.contentType};stream=watch` : 'application/json',
  });
  if (known) await sendAll(store.stream(record), response);
  else response.write(emptyStream);
  keepAlive(record, response);
}

function answerWith(response, work) {
  work.catch((error) => response.destroy(error));
}

function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const kind = collections.get(pathname);
  if (pathname === '/apis') json(response, 200, { kind: 'APIGroupList', groups: [] });
  else if (kind === undefined) json(response, 404, { kind: 'Status', code: 404, message: 'not found' });
  else if (searchParams.has('sendInitialEvents')) answerWith(response, stream(kind, response));
  else if (searchParams.has('watch')) {
    response.writeHead(200, { 'content-type': store.contentType });
    response.flushHeaders();
  } else answerWith(response, list(kind, searchParams, response));
}

const server =
  cert === undefined
    ? http.createServer(answer)
    : https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer);
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
