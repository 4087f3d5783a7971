import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answer, readReview } from '../../src/webhook/admission-review.ts';
import { readBody } from '../../src/webhook/body.ts';
import { timeoutOf } from '../../src/webhook/budget.ts';
import { warningsThatArrive } from '../support/warning-filter.ts';
import { admitted, call, dial, raw, received, reviewOf, type Stub, startStub, until } from './harness.ts';

let stub: Stub;

beforeAll(async () => {
  stub = await startStub();
});

afterAll(() => stub.close());

const tls = () => ({ port: stub.port, ca: stub.ca });
const invalid = (why: string) => stub.count(`netsluice_requests_invalid_total{why="${why}"}`);

/** The process lives and still answers. */
async function stillServes(): Promise<void> {
  const answered = await stub.post(reviewOf('after'));
  expect([answered.status, answered.json.response.uid]).toEqual([200, 'after']);
}

function head(extra: string, length: number | null): string {
  const size = length === null ? '' : `Content-Length: ${length}\r\n`;
  return `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${size}${extra}\r\n`;
}

describe('bodies', () => {
  test('case 1: malformed JSON is a 400 JSON error without a stack trace, counted', async () => {
    const answered = await stub.post('{"kind": "AdmissionReview", nonsense');
    expect(answered.status).toBe(400);
    expect(answered.json).toEqual({ error: 'json', message: 'The body is not valid JSON.' });
    expect(await invalid('json')).toBe(1);
    await stillServes();
  });

  test('case 2: an empty body is a 400', async () => {
    const answered = await stub.post('');
    expect([answered.status, answered.json.error]).toEqual([400, 'empty']);
    const without = await raw(tls(), head('Connection: close\r\n', null));
    expect(without).toMatch(/^HTTP\/1\.1 400 /);
    await stillServes();
  });

  test('case 3: a body that ends half-way with its connection is dropped', async () => {
    const before = stub.asked.length;
    const socket = await dial(tls());
    socket.write(`${head('', 1000)}{"kind":`);
    socket.destroy();
    await once(socket, 'close');
    await stillServes();
    expect(stub.asked.length).toBe(before + 1);
  });

  test.each([
    ['text/plain', 415],
    ['application/yaml', 415],
    ['application/jsonp', 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
  ])('case 4: content type %s gives %i', async (type, status) => {
    const answered = await stub.post(reviewOf('u4'), { headers: { 'content-type': type } });
    expect(answered.status).toBe(status);
    expect(answered.json.error).toBe(status === 415 ? 'content-type' : undefined);
  });

  test('case 4: no content type gives 415', async () => {
    const answered = await stub.post(reviewOf('u4'), { headers: {} });
    expect([answered.status, answered.json.error]).toEqual([415, 'content-type']);
  });

  test('case 5: a compressed body is refused and never inflated', async () => {
    const answered = await stub.post(gzipSync(JSON.stringify(reviewOf('u5'))), {
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect([answered.status, answered.json.error]).toEqual([415, 'content-encoding']);
  });

  test('case 6: a v1beta1 review is a 400 that says which version is wanted', async () => {
    const answered = await stub.post({ ...reviewOf('u6'), apiVersion: 'admission.k8s.io/v1beta1' });
    expect(answered.status).toBe(400);
    expect(answered.json).toEqual({
      error: 'review',
      message: '"apiVersion" must be admission.k8s.io/v1; set admissionReviewVersions: ["v1"].',
    });
  });

  test.each(['[]', '7', 'null', '"AdmissionReview"', '{"kind":"Pod","apiVersion":"v1"}', '{}'])(
    'case 7: %s instead of an AdmissionReview is a 400',
    async (body) => {
      const answered = await stub.post(body);
      expect([answered.status, answered.json.error]).toEqual([400, 'review']);
    },
  );

  test.each([undefined, null, [], 'request', 3])('case 8: request %j is a 400', async (request) => {
    const answered = await stub.post({ ...reviewOf('u8'), request });
    expect([answered.status, answered.json.error]).toEqual([400, 'review']);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['a number', 7],
    ['null', null],
    ['129 characters', 'u'.repeat(129)],
    ['a megabyte', 'u'.repeat(1_000_000)],
  ])('case 9: a uid that is %s is a 400', async (_name, uid) => {
    const answered = await stub.post(reviewOf(uid));
    expect([answered.status, answered.json.error]).toEqual([400, 'uid']);
  });

  test.each(['u', 'u'.repeat(128), 'ü\u0000"\\\n', '🦭'.repeat(64)])(
    'case 9: uid %j is echoed byte for byte',
    async (uid) => {
      const answered = await stub.post(reviewOf(uid));
      expect(answered.json.response.uid).toBe(uid);
    },
  );

  test('case 10: a declared length above the limit is a 413 before the body is sent', async () => {
    const text = await raw(tls(), head('', 9 * 1024 * 1024));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('"error":"too-large"');
    await stillServes();
  });

  test('case 11: a chunked body above the limit is a 413 when the limit is passed', async () => {
    const socket = await dial(tls());
    const answer = received(socket);
    socket.write(head('Transfer-Encoding: chunked\r\n', null));
    const chunk = `${(1024 * 1024).toString(16)}\r\n${' '.repeat(1024 * 1024)}\r\n`;
    for (let sent = 0; sent < 9; sent++) socket.write(chunk);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    await stillServes();
  });

  test('case 12: the largest legal UPDATE, two objects of 3 MiB, is judged', async () => {
    const object = { metadata: { annotations: { big: 'x'.repeat(3 * 1024 * 1024 - 100) } } };
    const answered = await stub.post(reviewOf('u12', { operation: 'UPDATE', object, oldObject: object }));
    expect([answered.status, answered.json.response]).toEqual([
      200,
      { uid: 'u12', allowed: true, auditAnnotations: { decision: 'admitted' } },
    ]);
  });

  test.each([10_000, 100_000, 1_500_000])(
    'case 13: nesting of %i levels is refused before parsing',
    async (levels) => {
      const brackets = await stub.post('['.repeat(levels));
      const objects = await stub.post('{"a":'.repeat(levels));
      // Neither text is JSON, so an answer `depth` shows that the parser was never asked.
      expect([brackets.status, brackets.json.error]).toEqual([400, 'depth']);
      expect([objects.status, objects.json.error]).toEqual([400, 'depth']);
      await stillServes();
    },
  );

  test('case 13: brackets inside strings are not levels, escaped quotes do not end a string', () => {
    const quoted = JSON.stringify({ a: `${'['.repeat(100)}"${'{'.repeat(100)}\\` });
    expect(readBody(Buffer.from(quoted))).toMatchObject({ readable: true });
    const levels = (count: number) => Buffer.from('['.repeat(count) + ']'.repeat(count));
    expect(readBody(levels(64))).toMatchObject({ readable: true });
    expect(readBody(levels(65))).toMatchObject({ readable: false, why: 'depth' });
    expect(readBody(Buffer.from(`["\\"${'['.repeat(65)}`))).toMatchObject({ readable: false, why: 'json' });
  });

  test('case 14: own keys __proto__ are dropped and counted; constructor and prototype are data', async () => {
    const before = await stub.count('netsluice_dropped_keys_total');
    const body = JSON.stringify(
      reviewOf('u14', { object: { metadata: { labels: { constructor: 'a', prototype: 'b' } } } }),
    )
      .replace('"labels":{', '"labels":{"__proto__":{"polluted":true},"\\u005f_proto__":1,')
      .replace('"request":{', '"__proto__":{"polluted":true},"request":{');
    const answered = await stub.post(body);
    expect(answered.status).toBe(200);
    const object = stub.asked.at(-1)?.request.object as { metadata: { labels: object } };
    expect(Object.keys(object.metadata.labels)).toEqual(['constructor', 'prototype']);
    expect(Object.getPrototypeOf(object.metadata.labels)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((await stub.count('netsluice_dropped_keys_total')) - before).toBe(2);
  });

  test('case 14: a name that is written with escapes alone is dropped too', () => {
    const escaped = readBody(Buffer.from('{"\\u005f\\u005fproto\\u005f\\u005f":1,"a":"\\\\u005f"}'));
    expect(escaped).toEqual({ readable: true, value: { a: '\\u005f' }, droppedKeys: 1 });
  });

  test('case 15: userInfo.extra.__proto__ changes nothing: only name and groups are read', () => {
    const review = JSON.stringify(
      reviewOf('u15', { userInfo: { username: 'eve', groups: ['dev', 7, null], extra: {} } }),
    ).replace('"extra":{', '"__proto__":{"username":"root"},"extra":{"__proto__":["system:masters"]');
    const body = readBody(Buffer.from(review));
    expect(body).toMatchObject({ readable: true, droppedKeys: 2 });
    const request = readReview(body.readable ? body.value : null);
    expect(request).toMatchObject({ uid: 'u15', user: { name: 'eve', groups: ['dev'] } });
  });

  test('case 16: of two equal keys the last wins, as in the API server', async () => {
    const body = JSON.stringify(reviewOf('u16')).replace('"name":"web"', '"name":"first","name":"last"');
    await stub.post(body);
    expect(stub.asked.at(-1)?.request.name).toBe('last');
  });

  test('case 18: invalid UTF-8, lone surrogates and NUL are survived, and what comes back is valid', async () => {
    const valid = Buffer.from(JSON.stringify(reviewOf('u18-XX', { name: 'a\ud800b\u0000c' })));
    const at = valid.indexOf('XX');
    valid[at] = 0xff;
    valid[at + 1] = 0xc3;
    const answered = await stub.post(valid);
    expect([answered.status, answered.json.response.uid]).toEqual([200, 'u18-\ufffd\ufffd']);
    expect(Buffer.from(answered.text).toString('utf8')).toBe(answered.text);
    expect(stub.asked.at(-1)?.request.name).toBe('a\ud800b\u0000c');
  });

  test('case 18: a byte order mark is malformed JSON', async () => {
    const answered = await stub.post(`\ufeff${JSON.stringify(reviewOf('u18'))}`);
    expect([answered.status, answered.json.error]).toEqual([400, 'json']);
  });

  test('case 22: an unknown or missing operation reaches the review as it is and is counted as OTHER', async () => {
    const series =
      'netsluice_admission_requests_total{operation="OTHER",decision="admitted",mode="baseline"}';
    const before = await stub.count(series);
    for (const operation of ['create', 'OBLITERATE', undefined, 7]) {
      expect((await stub.post(reviewOf('u22', { operation }))).json.response.allowed).toBe(true);
    }
    expect(stub.asked.slice(-4).map((each) => each.request.operation)).toEqual([
      'create',
      'OBLITERATE',
      '',
      '',
    ]);
    expect((await stub.count(series)) - before).toBe(4);
  });

  test('case 25: a user name of 100 kB is cut where it is read and in the log', async () => {
    const username = `${'a'.repeat(100_000)}!`;
    await stub.post(reviewOf('u25', { userInfo: { username, groups: [username, 'dev'] } }));
    const user = stub.asked.at(-1)?.request.user;
    expect([user?.name.length, user?.groups]).toEqual([1024, ['dev']]);
    expect(stub.lines().at(-1)?.['user']).toBe(`${'a'.repeat(255)}…`);
  });
});

describe('requests', () => {
  test.each(['GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE', 'PATCH'])(
    'case 28: %s on the path is a 405',
    async (method) => {
      const answered = await stub.post(undefined, { method, headers: {} });
      expect([answered.status, answered.headers['allow']]).toEqual([405, 'POST']);
    },
  );

  test.each(['/', '/validate2', '/validate/x', '/VALIDATE', '//validate', '/%zz'])(
    'case 28: path %s is a 404',
    async (path) => {
      expect((await stub.post(reviewOf('u28'), { path })).status).toBe(404);
    },
  );

  test.each(['/validate/', '/validate?timeout=1s&timeout=2s', '/validate/?timeout=3s', '/validate?%zz'])(
    'case 28: %s works',
    async (path) => {
      const answered = await stub.post(reviewOf('u28'), { path });
      expect([answered.status, answered.json.response.uid]).toEqual([200, 'u28']);
    },
  );

  test.each([
    ['/validate', 10_000],
    ['/validate?timeout=0s', 10_000],
    ['/validate?timeout=-5s', 10_000],
    ['/validate?timeout=abc', 10_000],
    ['/validate?timeout=', 10_000],
    ['/validate?timeout=3s&timeout=4s', 10_000],
    ['/validate?timeout=9999999s', 30_000],
    ['/validate?timeout=1ms', 500],
    ['/validate?timeout=1s', 1000],
    ['/validate?timeout=7', 7000],
    ['/validate?timeout=1.5s', 1500],
    ['/validate?timeout=800ms', 800],
    ['/validate?timeout=1m', 30_000],
  ])('case 29: %s is %i ms', (url, ms) => {
    expect(timeoutOf(url)).toBe(ms);
  });

  test('case 29: analysis ends 500 ms before the caller gives up, and after 100 ms at the latest', async () => {
    let now = 1000;
    const ends: boolean[] = [];
    const held = await startStub({
      clock: {
        monotonic: () => now,
        wall: () => new Date(0),
        after: () => () => undefined,
        every: () => () => undefined,
      },
      review: (_request, limits) => {
        const start = now;
        for (const after of [0, 99, 100, 101]) {
          now = start + after;
          ends.push(limits.expired());
        }
        now = start;
        return { ...admitted, record: { ...admitted.record, partial: 'rules' } };
      },
    });
    await held.post(reviewOf('u29'), { path: '/validate?timeout=1s' });
    await held.post(reviewOf('u29'), { path: '/validate?timeout=550ms' });
    await held.post(reviewOf('u29'), { path: '/validate?timeout=10ms' });
    expect(ends).toEqual([false, false, true, true, false, true, true, true, true, true, true, true]);
    expect(held.asked.map((each) => [each.limits.stepsMax, each.limits.today])).toEqual([
      [1000, '1970-01-01'],
      [1000, '1970-01-01'],
      [1000, '1970-01-01'],
    ]);
    expect(await held.count('netsluice_analysis_truncated_total{reason="deadline"}')).toBe(3);
    await held.close();
  });

  test('case 30: a thousand large headers and one of a megabyte are a 431, then the connection closes', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `X-${index}: ${'v'.repeat(100)}\r\n`).join('');
    expect(await raw(tls(), head(many, 0))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(tls(), head(`X: ${'v'.repeat(1_000_000)}\r\n`, 0))).toMatch(/^HTTP\/1\.1 431 /);
    expect(await invalid('header-overflow')).toBe(2);
    await stillServes();
  });

  test('case 31: two framings in one request are refused', async () => {
    const text = await raw(
      tls(),
      head('Transfer-Encoding: chunked\r\n', 4),
      '0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    await stillServes();
  });

  test('case 31: pipelined requests are answered each with its own uid, in order', async () => {
    const bodies = ['p1', 'p2', 'p3'].map((uid) => JSON.stringify(reviewOf(uid)));
    const last = bodies.length - 1;
    const text = await raw(
      tls(),
      bodies
        .map((body, index) => head(index === last ? 'Connection: close\r\n' : '', body.length) + body)
        .join(''),
    );
    expect([...text.matchAll(/"uid":"(p\d)"/g)].map((match) => match[1])).toEqual(['p1', 'p2', 'p3']);
  });
});

describe('TLS', () => {
  test.each(['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\u0000\u0001garbage garbage garbage\r\n'])(
    'case 32: %j without TLS is closed',
    async (bytes) => {
      const socket = connectPlain({ host: '127.0.0.1', port: stub.port });
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(bytes);
      await once(socket, 'close');
      await stillServes();
    },
  );

  test('case 33: 500 idle handshakes, slow heads and slow bodies are cut; a good request is answered meanwhile', async () => {
    const slow = await startStub({
      timeouts: { requestMs: 2000, headersMs: 1000, handshakeMs: 3000, keepAliveMs: 100_000, checkMs: 50 },
    });
    const to = { port: slow.port, ca: slow.ca };
    const idle = Array.from({ length: 200 }, () => connectPlain({ host: '127.0.0.1', port: slow.port }));
    for (const socket of idle) socket.on('error', () => undefined).resume();
    const closing = idle.map((socket) => once(socket, 'close'));
    const heads = await Promise.all(Array.from({ length: 150 }, () => dial(to)));
    for (const socket of heads) socket.write('POST /validate HTTP/1.1\r\nHost: x\r\n');
    const bodies = await Promise.all(Array.from({ length: 150 }, () => dial(to)));
    for (const socket of bodies) socket.write(`${head('', 500)}{`);
    expect((await slow.post(reviewOf('good'))).json.response.uid).toBe('good');
    const texts = await Promise.all([...heads, ...bodies].map(received));
    await Promise.all(closing);
    // Some may be closed before the 408 is out; none gets anything else.
    expect(texts.filter((text) => text !== '' && !text.startsWith('HTTP/1.1 408 '))).toEqual([]);
    expect((await slow.post(reviewOf('good'))).json.response.uid).toBe('good');
    await slow.close();
  }, 60_000);

  test.each(['TLSv1', 'TLSv1.1', 'TLSv1.2'] as const)('case 34: %s is refused', async (version) => {
    const old = { ...tls(), minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(dial(old)).rejects.toMatchObject({
      code: expect.stringMatching(/ALERT_PROTOCOL_VERSION|UNSUPPORTED/),
    });
    await stillServes();
  });

  test('case 34: TLS 1.2 is spoken when asked for, with modern ciphers only', async () => {
    const older = await startStub({ minVersion: 'TLSv1.2' });
    const to = { port: older.port, ca: older.ca, maxVersion: 'TLSv1.2' as const };
    const socket = await dial(to);
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
    await expect(dial({ ...to, ciphers: 'ECDHE-ECDSA-AES128-SHA' })).rejects.toMatchObject({
      code: expect.stringMatching(/HANDSHAKE_FAILURE/),
    });
    await older.close();
  });

  test.each([undefined, 'netsluice.netsluice.svc', 'something.else'])(
    'case 35: server name %s is served',
    async (servername) => {
      const options = servername === undefined ? {} : { servername };
      const socket = await dial({ ...tls(), ...options, checkServerIdentity: () => undefined });
      expect(socket.authorized).toBe(true);
      expect(socket.getPeerCertificate().subject.CN).toBe('netsluice');
      socket.destroy();
    },
  );

  test('case 36: with --client-ca a missing, foreign, expired or wrongly named certificate is refused and counted', async () => {
    const closed = await startStub({ clientNames: ['kube-apiserver'] });
    const other = await startStub();
    const good = await closed.authority.issue({ commonName: 'kube-apiserver' });
    const byAlternative = await closed.authority.issue({ commonName: 'x', dns: ['kube-apiserver'] });
    const foreign = await other.authority.issue({ commonName: 'kube-apiserver' });
    const wrongName = await closed.authority.issue({ commonName: 'kube-apiserver2' });
    const from = new Date(Date.now() - 7_200_000);
    const expired = await closed.authority.issue({
      commonName: 'kube-apiserver',
      from,
      until: new Date(from.getTime() + 1000),
    });

    for (const client of [good, byAlternative]) {
      expect((await closed.post(reviewOf('u36'), { client })).json.response.uid).toBe('u36');
    }
    const refused = await closed.post(reviewOf('u36'), { client: wrongName });
    expect([refused.status, refused.json.error]).toEqual([403, 'client-name']);
    await expect(closed.post(reviewOf('u36'))).rejects.toThrow();
    await expect(closed.post(reviewOf('u36'), { client: foreign })).rejects.toThrow();
    await expect(closed.post(reviewOf('u36'), { client: expired })).rejects.toThrow();
    expect(closed.asked).toHaveLength(2);
    await until(async () => (await closed.count('netsluice_tls_client_auth_failures_total')) === 4);
    await closed.close();
    await other.close();
  });

  test('case 37: a client that offers only h2 is refused in the handshake; one that offers both gets HTTP/1.1', async () => {
    await expect(dial({ ...tls(), ALPNProtocols: ['h2'] })).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
    const both = await dial({ ...tls(), ALPNProtocols: ['h2', 'http/1.1'] });
    expect(both.alpnProtocol).toBe('http/1.1');
    both.destroy();
    await stillServes();
  });
});

describe('answers', () => {
  test('case 57: keys of audit annotations are qualified names, values at most 10 KiB of whole characters', () => {
    const annotations = new Map([
      ['rules', 'a'],
      ['bad/key', 'b'],
      ['x'.repeat(64), 'c'],
      ['long', 'ü'.repeat(60_000)],
      ['odd', `a${'ü'.repeat(60_000)}`],
    ]);
    const written = answer({ ...admitted, annotations }, 'u57').response.auditAnnotations;
    expect(Object.keys(written ?? {})).toEqual(['rules', 'long', 'odd']);
    expect(written?.['long']).toBe('ü'.repeat(5120));
    expect(written?.['odd']).toBe(`a${'ü'.repeat(5119)}`);
  });

  test('case 58: what callers send cannot break a log line and never becomes a label of a metric', async () => {
    const forged = 'web\n{"level":30,"decision":"rejected"}\u001b[31m';
    const lines = stub.lines().length;
    for (let index = 0; index < 300; index++) {
      const namespace = `ns-${index}${forged}`;
      await stub.post(reviewOf('u58', { namespace, name: forged, userInfo: { username: forged } }));
    }
    const added = stub.lines().slice(lines);
    expect(added).toHaveLength(300);
    expect(added.at(-1)).toMatchObject({ decision: 'admitted', name: forged, user: forged });
    const text = await stub.metrics.registry.metrics();
    expect(text).not.toMatch(/ns-\d|shop|"web|"ana|decision":/);
    expect(
      text.split('\n').filter((line) => line.startsWith('netsluice_admission_requests_total{')).length,
    ).toBeLessThan(10);
  });

  test('a review that throws is admitted with a warning that arrives; message and stack stay in the log', async () => {
    const broken = await startStub({
      review: () => {
        throw new Error('secret detail');
      },
    });
    const answered = await broken.post(reviewOf('3f9c1a2b-77aa'));
    expect(answered.json).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: '3f9c1a2b-77aa',
        allowed: true,
        warnings: [
          '[not-analysed] admitted unseen because of an internal error; see the log for ref 3f9c1a2b',
        ],
        auditAnnotations: { decision: 'admitted', error: 'error', ref: '3f9c1a2b' },
      },
    });
    expect(warningsThatArrive(answered.json.response.warnings)).toEqual(answered.json.response.warnings);
    const errors = broken.lines().filter((line) => line['level'] === 50);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ ref: '3f9c1a2b', cause: { message: 'secret detail' } });
    expect(errors[0]?.['cause'].stack).toContain('fault-cases.test');
    expect(await broken.count('netsluice_admission_failures_total{reason="error"}')).toBe(1);
    await broken.close();
  });

  test('case 62: before the picture is complete nothing is judged or rejected', async () => {
    const early = await startStub({ dataReady: () => false });
    const answered = await early.post(reviewOf('early\u0007uid'));
    expect(answered.json.response).toMatchObject({ allowed: true, auditAnnotations: { error: 'not-ready' } });
    expect(warningsThatArrive(answered.json.response.warnings)).toEqual([
      '[not-analysed] admitted unseen because the view of the cluster is not complete yet; see the log for ref early?ui',
    ]);
    expect(early.asked).toEqual([]);
    await early.close();
  });

  test('when too many wait, the rest is admitted unseen at once', async () => {
    const small = await startStub({ waitingMax: 2 });
    const socket = await dial({ port: small.port, ca: small.ca });
    const sockets = [
      socket,
      ...(await Promise.all([1, 2, 3, 4, 5, 6].map(() => dial({ port: small.port, ca: small.ca })))),
    ];
    const body = JSON.stringify(reviewOf('many'));
    const answers = sockets.map(received);
    for (const each of sockets) each.write(head('Connection: close\r\n', body.length) + body);
    const texts = await Promise.all(answers);
    expect(texts.every((text) => text.includes('"uid":"many","allowed":true'))).toBe(true);
    const judged = texts.filter((text) => !text.includes('not-analysed')).length;
    expect(judged).toBe(small.asked.length);
    expect(await small.count('netsluice_admission_failures_total{reason="overloaded"}')).toBe(7 - judged);
    await small.close();
  });

  test('a rule that failed is logged with its stack and counted; the answer stands', async () => {
    const failed = [{ rule: 'egress-blocks-dns', error: new Error('off by one') }];
    const limping = await startStub({
      review: () => ({ ...admitted, record: { ...admitted.record, failed } }),
    });
    expect((await limping.post(reviewOf('limp'))).json.response.allowed).toBe(true);
    expect(limping.lines().at(-1)).toMatchObject({
      rule: 'egress-blocks-dns',
      cause: { message: 'off by one' },
    });
    expect(await limping.count('netsluice_admission_failures_total{reason="rule"}')).toBe(1);
    await limping.close();
  });

  test('a rejection is a 403 with reason Forbidden and no patch', async () => {
    const strict = await startStub({
      review: () => ({ ...admitted, decision: 'rejected', message: 'no\nbecause', warnings: ['ref 12'] }),
    });
    const answered = await call({ port: strict.port, ca: strict.ca, body: reviewOf('r') });
    expect(answered.json.response).toEqual({
      uid: 'r',
      allowed: false,
      status: { code: 403, reason: 'Forbidden', message: 'no\nbecause' },
      warnings: ['ref 12'],
      auditAnnotations: { decision: 'admitted' },
    });
    expect(strict.lines().at(-1)).toMatchObject({
      ref: 'r',
      uid: 'r',
      operation: 'CREATE',
      resource: 'networkpolicies',
      namespace: 'shop',
      name: 'web',
      user: 'ana',
      dryRun: false,
      decision: 'rejected',
      mode: 'baseline',
      rules: [],
      outcome: 'analysed',
      partial: null,
      steps: 7,
    });
    await strict.close();
  });
});
