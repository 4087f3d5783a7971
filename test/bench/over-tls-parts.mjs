// What the bench over TLS is made of, tried without sockets. Prints JSON for over-tls.test.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { shapeOf } from '../../bench/cluster-names.mjs';
import { randomOf } from '../../bench/clusters.mjs';
import { apiObjectsOf } from '../../bench/over-tls/api-objects.mjs';
import { checkKept } from '../../bench/over-tls/kept.mjs';
import { lagsOf } from '../../bench/over-tls/lags.mjs';
import { openLoad } from '../../bench/over-tls/load.mjs';
import { reviewsOf } from '../../bench/over-tls/reviews.mjs';
import { decodeObject } from '../../dist/model/decode/cluster-object.js';
import { profiles } from '../../dist/model/profile.js';
import { review } from '../../dist/review/review.js';
import { defaultSettings } from '../../dist/review/settings.js';
import { rules } from '../../dist/rules/registry.js';
import { answer, readReview } from '../../dist/webhook/admission-review.js';
import { worldOf } from '../../dist/world/build.js';

const seed = 7;
const name = '150-10-10:mixed';
const shape = shapeOf(name);
const objects = [...apiObjectsOf(shape, seed)];
const keyOf = ({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const events = objects.map((object) => ({ type: 'put', object: decodeObject(object, object) }));
const world = worldOf(profiles.get('generic'), events);
const folder = mkdtempSync(join(tmpdir(), 'netsluice-kept-'));
const [journal, history] = [join(folder, 'journal'), join(folder, 'history')];

/** Ten answers of this world, and what the check says of them after something was changed behind its back. */
async function checked({ versions = new Map(), there = objects, spoil = (text) => text }) {
  const asked = reviewsOf(shape, seed);
  const given = Array.from({ length: 10 }, () => {
    const request = readReview(JSON.parse(asked.next().value.body));
    const limits = {
      stepsMax: 2_000_000,
      expired: () => false,
      today: new Date().toISOString().slice(0, 10),
    };
    const context = {
      world,
      settings: defaultSettings,
      rules,
      freshness: { stale: [], absent: [] },
      ownNamespace: '',
    };
    return {
      request,
      text: spoil(JSON.stringify(answer(review(request, { ...context, limits }), request.uid))),
    };
  });
  const freshness = { stale: [], absent: [] };
  const kept = given.map(({ request }) => ({ request, at: events.length, partial: null, freshness }));
  writeFileSync(journal, serialize({ events, visibleAt: events.map(() => 0), kept }));
  writeFileSync(history, serialize({ versions, sent: [], objects: there.map(keyOf) }));
  const settings = 'platform: { profile: generic }\n';
  const texts = given.map(({ request, text }) => ({ uid: request.uid, text }));
  const rest = { flows: 200, expiredAt: 0, settings, tell: () => undefined };
  const { kept: found, lost } = await checkKept({ name, seed, journal, history, kept: texts, ...rest });
  return { ...found, lost };
}

/** Every policy that admits anything is another one to the reference: as if a decoder had lost all clauses. */
const closed = new Map(
  objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((policy) => [keyOf(policy), [{ ...policy, spec: { ...policy.spec, ingress: [], egress: [] } }]]),
);

/** When calls were due that a sender sent which one of them held up. */
async function due(blockMs) {
  const at = [];
  const call = async (_review, since) => {
    at.push(since);
    const until = performance.now() + (at.length === 3 ? blockMs : 0);
    while (performance.now() < until);
    return { ms: performance.now() - since };
  };
  const answers = await openLoad({ call }, () => null, { rate: 500, seconds: 0.1, random: randomOf(1) });
  const gaps = at.map((each) => Number((each - at[0]).toFixed(6)));
  return { gaps, slow: answers.filter(({ ms }) => ms >= blockMs / 2).length };
}

const pod = (type, podName) =>
  type === 'put'
    ? { type, object: { kind: 'Pod', namespace: 'a', name: podName } }
    : { type, kind: 'Pod', namespace: 'a', name: podName };

try {
  const [steady, held] = [await due(0), await due(40)];
  const told = {
    right: await checked({}),
    wrongPolicies: await checked({ versions: closed }),
    wrongAnswers: await checked({ spoil: (text) => text.replace('"allowed":true', '"allowed":false') }),
    lostObjects: await checked({
      there: [...objects.slice(1), { kind: 'Pod', metadata: { name: 'unseen' } }],
    }),
    sameSchedule: JSON.stringify(steady.gaps) === JSON.stringify(held.gaps),
    calls: steady.gaps.length,
    heldUp: held.slow,
    lags: lagsOf({
      events: [pod('put', 'one'), pod('put', 'two'), pod('delete', 'one'), pod('put', 'three')],
      visibleAt: [1005, 5200, 5200, 5230],
      sent: [
        { event: 'put Pod a/one', kind: 'Pod', at: 1000 },
        { event: 'put Pod a/two', kind: 'Pod', at: 3100 },
        { event: 'delete Pod a/one', kind: 'Pod', at: 5000 },
        { event: 'put Pod a/brief', kind: 'Pod', at: 5010 },
        { event: 'put Pod a/three', kind: 'Pod', at: 5220 },
      ],
      expiredAt: 3000,
    }),
  };
  process.stdout.write(JSON.stringify(told));
} finally {
  rmSync(folder, { recursive: true });
}
