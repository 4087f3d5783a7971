// Calls a webhook as an API server does: HTTP/1.1 over TLS, connections kept, a client certificate.
import { Agent, request } from 'node:https';

/** From this process's clock to that of the machine, which other processes read too. */
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** @typedef {{ ms: number, status: number, uid: string, text: string, at: number }} Answered */

/** @returns a function that posts one review and tells how long the answer took; a call that fails has the status 0 */
export function makeCaller({ port, authority, pair }) {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: authority,
    ...pair,
    ALPNProtocols: ['http/1.1'],
  });
  const options = {
    agent,
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    method: 'POST',
    path: '/validate?timeout=10s',
  };
  /** @returns {Promise<Answered>} @param since when it was meant to be sent; now unless told */
  function call({ uid, body }, since = performance.now()) {
    return new Promise((resolve) => {
      const done = (status, text) =>
        resolve({ ms: performance.now() - since, status, uid, text, at: since + offset });
      const failed = () => done(0, '');
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, */*',
        'content-length': Buffer.byteLength(body),
      };
      const sending = request({ ...options, headers }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => done(response.statusCode ?? 0, Buffer.concat(parts).toString()));
        response.on('error', failed);
      });
      sending.on('error', failed);
      sending.end(body);
    });
  }
  return { call, close: () => agent.destroy() };
}

/** As many as one after the other over so many connections give in so many seconds. @returns {Promise<Answered[]>} */
export async function closedLoop({ call }, next, { connections, seconds }) {
  const until = performance.now() + seconds * 1000;
  const answers = [];
  async function one() {
    while (performance.now() < until) answers.push(await call(next()));
  }
  await Promise.all(Array.from({ length: connections }, one));
  return answers;
}

/**
 * Calls that come at random times, so many a second in the mean, whether or not earlier ones are answered. What a call
 * waits because sender or server is behind counts, from the time at which it was to be sent.
 *
 * @returns {Promise<Answered[]>}
 */
export async function openLoad({ call }, next, { rate, seconds, random }) {
  const begun = performance.now();
  const gap = () => (-Math.log(1 - random()) * 1000) / rate;
  const calls = [];
  for (let due = begun + gap(); due < begun + seconds * 1000; due += gap()) {
    await until(due);
    calls.push(call(next(), due));
  }
  return Promise.all(calls);
}

/** Timers fire on whole milliseconds at best; the rest of the way the loop turns. */
async function until(due) {
  const left = due - performance.now();
  if (left > 1.2) await new Promise((resolve) => setTimeout(resolve, left - 1.2));
  while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
}
