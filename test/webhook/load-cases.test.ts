import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import type { ReviewLimits, ReviewRequest } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { isMemoryFull, memoryShare } from '../../src/webhook/memory.ts';
import { denyIngress, shop } from '../review/shop.ts';
import { contextOf, policy } from '../support/build.ts';
import { headlineRule, policyRule } from '../support/injected-rules.ts';
import { admitted, call, get, received, reviewOf, seriesOf, startStub, until } from './harness.ts';
import { HeldClock } from './held-clock.ts';
import { start, up } from './running.ts';

const HANG_MS = 60_000;

/** A policy that isolates the shop, as the API server sends it. */
const isolates = (uid: string) => reviewOf(uid, { name: 'p', object: policy('shop/p', denyIngress) });

function realReview(rules = [headlineRule()]) {
  return (request: ReviewRequest, limits: ReviewLimits) =>
    review(request, { ...contextOf(shop(), { rules }), limits });
}

/** One request as bytes, after whose answer the connection closes unless told otherwise. */
function bytesOf(uid: string, extra = 'Connection: close\r\n', path = '/validate'): string {
  const body = JSON.stringify(reviewOf(uid));
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return `${head}${extra}\r\n${body}`;
}

test.each([
  ['a heap with room', { heapUsed: 84, heapMax: 100, outside: 0, containerMax: null }, 0.84, false],
  ['a heap that is nearly full', { heapUsed: 85, heapMax: 100, outside: 0, containerMax: null }, 0.85, true],
  ['a container with room', { heapUsed: 30, heapMax: 75, outside: 54, containerMax: 100 }, 0.84, false],
  ['a container full of bodies', { heapUsed: 30, heapMax: 75, outside: 55, containerMax: 100 }, 0.85, true],
])('case 73: %s', (_name, reading, share, full) => {
  expect(memoryShare(reading)).toBeCloseTo(share, 10);
  expect(isMemoryFull(memoryShare(reading))).toBe(full);
});

test('case 73: while memory is nearly full nothing is analysed, every answer says so, and it passes', async () => {
  let full = true;
  const clock = new HeldClock();
  const stub = await startStub({ clock, memoryFull: () => full });
  const answered = await stub.post(reviewOf('3f9c1a2b-0'));
  expect([answered.status, answered.json.response]).toEqual([
    200,
    {
      uid: '3f9c1a2b-0',
      allowed: true,
      warnings: [
        '[not-analysed] admitted unseen because netsluice is short of memory; see the log for ref 3f9c1a2b',
      ],
      auditAnnotations: { decision: 'admitted', error: 'memory', ref: '3f9c1a2b' },
    },
  ]);
  expect(stub.lines()).toMatchObject([{ ref: '3f9c1a2b', reason: 'memory', decision: 'admitted' }]);
  for (let i = 0; i < 30; i += 1) await stub.post(reviewOf(`more-${i}`));
  expect(stub.asked).toEqual([]);
  expect(await stub.count('netsluice_admission_failures_total{reason="memory"}')).toBe(31);
  // Twenty lines a second, and the next one says how many are missing.
  expect(stub.lines()).toHaveLength(20);
  clock.advance(1000);
  await stub.post(reviewOf('later'));
  expect(stub.lines().slice(20)).toMatchObject([{ leftOut: 11 }, { ref: 'later', reason: 'memory' }]);
  full = false;
  expect((await stub.post(reviewOf('better'))).json.response.warnings).toBeUndefined();
  expect(stub.asked.map(({ request }) => request.uid)).toEqual(['better']);
  await stub.close();
});

test(
  'case 74: a loop that is held for 2 s shows, kills nothing, and the request behind it is answered in part',
  async () => {
    let arrived = 0;
    let bothAreIn = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      bothAreIn = resolve;
    });
    const judge = realReview();
    const started = await start({
      data: {
        kinds: () => [{ kind: 'pods', synced: true, note: '', objects: 1, degraded: false, ageSeconds: 0 }],
        caughtUp: async () => {
          arrived += 1;
          if (arrived === 2) bothAreIn();
          await both;
        },
      },
      review: (request, limits) => {
        if (request.uid !== 'holds') return judge(request, limits);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
        return admitted;
      },
    });
    const { address, health } = up(started);
    await started.metrics.registry.metrics(); // Begins a new window for the delay.
    const ask = (uid: string) =>
      call({
        port: address.port,
        ca: started.authority.cert,
        path: '/validate?timeout=2s',
        body: isolates(uid),
      });
    const first = ask('holds');
    await until(() => arrived === 1);
    const [held, behind] = await Promise.all([first, ask('behind')]);
    expect([held.status, behind.status]).toEqual([200, 200]);
    expect(behind.json.response).toMatchObject({
      uid: 'behind',
      allowed: true,
      warnings: [
        'isolates 1 workload (3 pods) for ingress, 1 keeps no source',
        '[partial] looked at 0 of 3 changed groups of pods before the time ran out',
        'ref behind',
      ],
      auditAnnotations: { partial: 'looked at 0 of 3 changed groups of pods before the time ran out' },
    });
    const live = await get(health.port, '/livez');
    expect([live.status, live.text]).toEqual([200, 'ok\n']);
    expect((await get(health.port, '/readyz')).status).toBe(200);
    expect(await seriesOf(started.metrics, 'netsluice_event_loop_delay_max_seconds')).toBeGreaterThanOrEqual(
      1.9,
    );
    expect(await seriesOf(started.metrics, 'netsluice_analysis_truncated_total{reason="deadline"}')).toBe(1);
  },
  HANG_MS,
);

test('case 74: only a loop that is held for more than 10 s in one go is no longer alive, for 30 s', async () => {
  const clock = new HeldClock();
  const webhook = up(await start({ clock }));
  const { port } = webhook.health;
  const live = async () => {
    const { status, text } = await get(port, '/livez');
    return [status, text];
  };
  clock.advance(60_000);
  expect(await live()).toEqual([200, 'ok\n']);
  clock.hold(10_500);
  expect(await live()).toEqual([200, 'ok\n']);
  clock.hold(12_500);
  expect(await live()).toEqual([503, 'the event loop was held for 12 s\n']);
  expect((await get(port, '/readyz')).status).toBe(200);
  clock.advance(29_999);
  expect(await live()).toEqual([503, 'the event loop was held for 12 s\n']);
  clock.advance(1);
  expect(await live()).toEqual([200, 'ok\n']);
});

test(
  'case 75: of 1,000 requests at the same moment each is answered before its deadline',
  async () => {
    const clock = new HeldClock();
    const begun: number[] = [];
    let waiting = 0;
    let allAreIn = (): void => undefined;
    const all = new Promise<void>((resolve) => {
      allAreIn = resolve;
    });
    const stub = await startStub({
      clock,
      plain: true,
      bounds: { stepsMax: 1000, deadlineMs: 100 },
      caughtUp: async () => {
        waiting += 1;
        if (waiting === 1000) allAreIn();
        await all;
      },
      // 20 ms of work each, and none once the time is over.
      review: (_request, limits) => {
        begun.push(clock.monotonic());
        const late = limits.expired();
        if (!late) clock.advance(20);
        return late ? { ...admitted, record: { ...admitted.record, partial: 'late' } } : admitted;
      },
    });
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const localAddress = i < 500 ? '127.0.0.1' : '127.0.0.2';
        const socket = connectPlain({ port: stub.port, host: '127.0.0.1', localAddress });
        await once(socket, 'connect');
        return socket;
      }),
    );
    const at = clock.monotonic();
    const answers = sockets.map((socket) => received(socket));
    for (const [i, socket] of sockets.entries())
      socket.write(bytesOf(`uid-${i}`, 'Connection: close\r\n', '/validate?timeout=3s'));
    const texts = await Promise.all(answers);
    const wrong = texts.filter(
      (text, i) => !text.startsWith('HTTP/1.1 200 ') || !text.includes(`"uid":"uid-${i}","allowed":true`),
    );
    expect(wrong).toEqual([]);
    // 256 may wait; the rest is told at once. After 2.5 s of 20 ms each those left are answered with what they have.
    expect(texts.filter((text) => text.includes('too many requests came at once'))).toHaveLength(744);
    expect(begun).toHaveLength(256);
    expect(Math.max(...begun) - at).toBe(2500);
    expect(await stub.count('netsluice_analysis_truncated_total{reason="deadline"}')).toBe(131);
    expect(await stub.count('netsluice_connections_refused_total')).toBe(0);
    await stub.close();
  },
  HANG_MS,
);

test('case 76: on a processor that is ten times too slow answers come in part, and none fails', async () => {
  const clock = new HeldClock();
  const slow = {
    ...clock,
    monotonic: () => {
      clock.advance(101);
      return clock.monotonic();
    },
  };
  const stub = await startStub({
    clock: slow,
    bounds: { stepsMax: 2_000_000, deadlineMs: 100 },
    review: realReview(),
  });
  for (let i = 0; i < 20; i += 1) {
    const answered = await stub.post(isolates(`slow-${i}`));
    expect([answered.status, answered.json.response.uid, answered.json.response.allowed]).toEqual([
      200,
      `slow-${i}`,
      true,
    ]);
    expect(answered.json.response.auditAnnotations.partial).toMatch(
      /^looked at 0 of 3 changed groups of pods before the time ran out$/,
    );
  }
  expect(await stub.count('netsluice_analysis_truncated_total{reason="deadline"}')).toBe(20);
  expect(await stub.count('netsluice_admission_failures_total{reason="error"}')).toBe(0);
  expect(await stub.count('netsluice_admission_failures_total{reason="overloaded"}')).toBe(0);
  await stub.close();
});

test(
  'case 94: one address that floods with connections gets 600 of them, and the API server still gets through',
  async () => {
    const stub = await startStub();
    const closed: Socket[] = [];
    const flood = Array.from({ length: 700 }, () => {
      const socket = connectPlain({ port: stub.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      return socket
        .on('error', () => undefined)
        .on('close', () => closed.push(socket))
        .resume();
    });
    await until(() => closed.length === 100);
    expect(await stub.count('netsluice_connections_refused_total')).toBe(100);
    for (let i = 0; i < 50; i += 1) {
      const { status, json } = await stub.post(reviewOf(`real-${i}`));
      expect([status, json.response]).toEqual([
        200,
        { uid: `real-${i}`, allowed: true, auditAnnotations: { decision: 'admitted' } },
      ]);
    }
    for (const socket of flood) socket.destroy();
    await stub.close();
  },
  HANG_MS,
);

test(
  'case 94: one address that floods with requests gets its share, and each call of the API server is judged',
  async () => {
    const clock = new HeldClock();
    const stub = await startStub({ clock });
    const noise = Array.from({ length: 20 }, async (_, i) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: '127.0.0.2' });
      const texts: string[] = [];
      for (let n = 0; n < 100; n += 1)
        texts.push((await stub.post(reviewOf(`flood-${i}-${n}`), { agent })).text);
      agent.destroy();
      return texts;
    });
    for (let i = 0; i < 50; i += 1) {
      const { status, json } = await stub.post(reviewOf(`real-${i}`));
      expect([status, json.response]).toEqual([
        200,
        { uid: `real-${i}`, allowed: true, auditAnnotations: { decision: 'admitted' } },
      ]);
    }
    const texts = (await Promise.all(noise)).flat();
    expect(texts.filter((text) => text.includes('"allowed":true'))).toHaveLength(2000);
    expect(texts.filter((text) => text.includes('too many requests came at once'))).toHaveLength(1000);
    expect(await stub.count('netsluice_admission_failures_total{reason="overloaded"}')).toBe(1000);
    expect(stub.lines().filter(({ reason }) => reason === 'overloaded')).toHaveLength(20);
    await stub.close();
  },
  HANG_MS,
);

test('case 94: large bodies of one address take at most 64 MiB, and those of others still come in', async () => {
  const stub = await startStub({ plain: true });
  const mebibytes = 1024 * 1024;
  const head = (length: number) =>
    `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const begin = async (localAddress: string, length: number) => {
    const socket = connectPlain({ port: stub.port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    socket.write(`${head(length)}{`);
    return socket;
  };
  const refusals = () => stub.count('netsluice_requests_invalid_total{why="too-many"}');
  const held: Socket[] = [];
  for (let i = 0; i < 8; i += 1) held.push(await begin('127.0.0.2', 8 * mebibytes));
  const ninth = await begin('127.0.0.2', 8 * mebibytes);
  const text = await received(ninth);
  expect(text).toMatch(/^HTTP\/1\.1 429 /);
  expect(text).toContain(
    '{"error":"too-many","message":"Too many large bodies are being read; try again later."}',
  );
  expect(await refusals()).toBe(1);
  const large = reviewOf('large', { object: { spec: {}, note: 'n'.repeat(6 * mebibytes) } });
  const ask = async (localAddress: string, body: object) => {
    const socket = connectPlain({ port: stub.port, host: '127.0.0.1', localAddress });
    const answer = received(socket);
    const bytes = JSON.stringify(body);
    socket.write(`${head(bytes.length).slice(0, -2)}Connection: close\r\n\r\n${bytes}`);
    return answer;
  };
  expect(await ask('127.0.0.1', large)).toContain('"uid":"large","allowed":true');
  expect(await ask('127.0.0.2', reviewOf('small'))).toContain('"uid":"small","allowed":true');
  expect(await received(await begin('127.0.0.2', 8 * mebibytes))).toMatch(/^HTTP\/1\.1 429 /);
  expect(await refusals()).toBe(2);
  // What is broken off gives its room back.
  const closed = held.map((socket) => once(socket, 'close'));
  for (const socket of held) socket.destroy();
  await Promise.all(closed);
  // A refusal may break the writing off.
  const again = () => ask('127.0.0.2', large).catch(() => '');
  await until(async () => (await again()).includes('"uid":"large","allowed":true'));
  await stub.close();
});

test('case 95: a rule that throws is reported, the findings of the others reject, and the process lives', async () => {
  const broken = policyRule({
    id: 'broken-rule',
    finds: () => {
      throw new TypeError('cannot read pods of nothing');
    },
  });
  const context = contextOf(shop(), {
    rules: [broken, policyRule()],
    settings: { modes: { enforce: 'baseline' } },
  });
  const stub = await startStub({ review: (request, limits) => review(request, { ...context, limits }) });
  for (const uid of ['3f9c1a2b-1', '3f9c1a2b-2']) {
    const { status, json } = await stub.post(isolates(uid));
    expect([status, json.response.allowed, json.response.status]).toEqual([
      200,
      false,
      {
        code: 403,
        reason: 'Forbidden',
        message:
          '[test-rule] it is bad; mend it\n[not-analysed] rule broken-rule failed; see the log for the ref\nref 3f9c1a2b',
      },
    ]);
    expect(json.response.auditAnnotations).toMatchObject({
      error: 'rule broken-rule failed',
      ref: '3f9c1a2b',
    });
  }
  expect(stub.lines().filter(({ level }) => level === 50)).toMatchObject([
    { ref: '3f9c1a2b', rule: 'broken-rule', cause: { message: 'cannot read pods of nothing' } },
    { ref: '3f9c1a2b', rule: 'broken-rule', cause: { message: 'cannot read pods of nothing' } },
  ]);
  expect(await stub.count('netsluice_admission_failures_total{reason="rule"}')).toBe(2);
  await stub.close();
});

test('case 98: when the API server has not called for 10 min, readiness says so and stays', async () => {
  const clock = new HeldClock();
  const started = await start({ clock });
  const { address, health } = up(started);
  const line = async () => {
    const { status, text } = await get(health.port, '/readyz?verbose');
    return [status, text.split('\n').find((each) => each.includes('calls'))];
  };
  const last = () => seriesOf(started.metrics, 'netsluice_last_admission_request_timestamp_seconds');
  const quiet =
    '[+] calls ok: no API-server call seen in 10 min; if policies were changed meanwhile, the API server cannot reach this address';
  expect([await line(), await last()]).toEqual([[200, '[+] calls ok'], 0]);
  clock.hold(600_000);
  expect([await line(), await last()]).toEqual([[200, quiet], 0]);
  await call({ port: address.port, ca: started.authority.cert, body: '{}' });
  expect(await line()).toEqual([200, quiet]);
  await call({ port: address.port, ca: started.authority.cert, body: reviewOf('first') });
  expect([await line(), await last()]).toEqual([[200, '[+] calls ok'], clock.wall().getTime() / 1000]);
});
