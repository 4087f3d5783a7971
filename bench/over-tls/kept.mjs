// Judges kept answers after the run. What the world was told is told again, to another world, up to the moment of each
// answer: that world must give the same answer, byte for byte, and what it claims changed, and what not, is asked of
// the naive reference flow by flow, over the objects as they were sent, of which netsluice's decoders saw nothing.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { deserialize } from 'node:v8';
import { unbounded } from '../../dist/impact/budget.js';
import { difference } from '../../dist/impact/difference.js';
import { recordName } from '../../dist/model/objects.js';
import { askedOf } from '../../dist/review/change-of.js';
import { review } from '../../dist/review/review.js';
import { decodeSettings, profileOf } from '../../dist/review/settings.js';
import { rules } from '../../dist/rules/registry.js';
import { formatAddress } from '../../dist/sets/addresses.js';
import { answer } from '../../dist/webhook/admission-review.js';
import { worldOf } from '../../dist/world/build.js';
import { overlay } from '../../dist/world/overlay.js';
import { shapeOf } from '../cluster-names.mjs';
import { nameOf } from '../cluster-pods.mjs';
import { randomOf } from '../clusters.mjs';
import { apiObjectsOf } from './api-objects.mjs';
import { Claims, isSame } from './claims.mjs';
import { lagsOf } from './lags.mjs';

register('../../test/control-plane/typescript-hook.mjs', import.meta.url);

/** Of so many answers at most flows are asked; of more, every second or third. All are compared byte for byte. */
const askedMax = 150;
/** From time to time the other world is made anew, so that it did not become what it is in the same way. */
const renewEvery = 40;
const guesses = [
  { protocol: 'TCP', port: 8080 },
  { protocol: 'TCP', port: 8081 },
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 8000 },
  { protocol: 'TCP', port: 8100 },
  { protocol: 'TCP', port: 8101 },
  { protocol: 'SCTP', port: 9 },
];

const keyOf = (kind, namespace, name) => `${kind} ${namespace ?? ''}/${name}`;

/** What the world was told so far, and the same as an API server has it. */
class Past {
  records = new Map();
  /** Names of pods and policies by namespace. */
  #names = new Map();
  #first = new Map();
  #versions;
  #told = 0;
  #events;
  #profile;
  world;

  constructor(objects, versions, events, profile) {
    for (const object of objects)
      this.#first.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), object);
    this.#versions = versions;
    this.#events = events;
    this.#profile = profile;
    this.world = worldOf(profile);
  }

  /** Goes on to the moment at which so many events were visible. */
  goTo(count) {
    const fresh = this.#events.slice(this.#told, count);
    for (const event of fresh) this.#note(event);
    for (let i = 0; i < fresh.length; i += 100) this.world.apply(fresh.slice(i, i + 100));
    this.#told = Math.max(this.#told, count);
  }

  renew() {
    const events = [...this.records.values()].map((object) => ({ type: 'put', object }));
    this.world = worldOf(this.#profile, events);
  }

  #note(event) {
    const { kind } = event.type === 'put' ? event.object : event;
    const { namespace, name } = event.type === 'put' ? recordName(event.object) : event;
    const key = keyOf(kind, namespace, name);
    const names = this.#names.get(`${kind} ${namespace}`) ?? new Set();
    this.#names.set(`${kind} ${namespace}`, names);
    if (event.type === 'put') {
      this.records.set(key, event.object);
      names.add(name);
    } else {
      this.records.delete(key);
      names.delete(name);
    }
  }

  names(kind, namespace) {
    return [...(this.#names.get(`${kind} ${namespace}`) ?? [])];
  }

  /** With an address of its own, so that policies are about it. */
  isRunning(namespace, name) {
    const { finished, hostNetwork } = this.records.get(keyOf('Pod', namespace, name));
    return !finished && !hostNetwork;
  }

  /** The object as it was sent; of a Namespace, the version with these labels. */
  object(kind, namespace, name) {
    const key = keyOf(kind, namespace, name);
    const all = this.#versions.get(key) ?? [this.#first.get(key)];
    if (kind !== 'Namespace') return all.at(-1);
    const { labels } = this.records.get(key);
    return all.find(({ metadata }) => sameLabels(metadata.labels, labels));
  }
}

const sameLabels = (object, map) =>
  Object.keys(object).length === map.size && [...map].every(([key, value]) => object[key] === value);

/** The small cluster of one flow: both ends, their namespaces, and all policies of these. */
function smallWorld(past, ends, profile, edit) {
  const pods = ends.flatMap((end) => ('pod' in end ? [end.pod.split('/')] : []));
  const namespaces = [...new Set(pods.map(([namespace]) => namespace))];
  const policies = namespaces.flatMap((namespace) =>
    past.names('NetworkPolicy', namespace).map((name) => past.object('NetworkPolicy', namespace, name)),
  );
  const { namespace, name, object } = edit;
  const isOther = ({ metadata }) => metadata.namespace !== namespace || metadata.name !== name;
  const after = [
    ...policies.filter(isOther),
    ...(object !== null && namespaces.includes(namespace) ? [object] : []),
  ];
  const rest = {
    namespaces: namespaces.map((each) => past.object('Namespace', null, each)),
    pods: [...new Set(pods.map((each) => each.join('/')))].map((pod) =>
      past.object('Pod', ...pod.split('/')),
    ),
    ...{ nodes: [], workloads: [], foreign: [], profile },
  };
  return { before: { ...rest, policies }, after: { ...rest, policies: after } };
}

/** Flows, half of them claimed to change where there are any, and the others as near to these as can be. */
function* flowsOf(claims, past, { namespace }, { flows, namespaces, random }) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const running = new Map();
  const runningIn = (from) => {
    const known = running.get(from) ?? past.names('Pod', from).filter((name) => past.isRunning(from, name));
    running.set(from, known);
    return known;
  };
  const podOf = (from) => (runningIn(from).length === 0 ? null : { pod: `${from}/${one(runningIn(from))}` });
  const anywhere = () => podOf(one(namespaces));
  const near = () => {
    const dice = random();
    const ends = dice < 0.4 ? claims.ends() : null;
    if (ends !== null) return ends;
    const other = dice < 0.8 ? anywhere() : podOf(namespace);
    return random() < 0.5
      ? { source: podOf(namespace), destination: other }
      : { source: other, destination: podOf(namespace) };
  };
  /** Most that lie near to a change have changed as well. */
  const unchanged = () => {
    let flow = null;
    for (let i = 0; i < 5 && flow?.claim !== 'same'; i += 1) {
      const { source, destination } = near();
      if (source === null || destination === null || isSame(source, destination)) continue;
      flow = { source, destination, ...one(guesses) };
      flow.claim = claims.of(flow);
    }
    return flow;
  };
  for (let i = 0; i < flows; i += 1) {
    const changed = i % 2 === 0 ? claims.changed() : null;
    if (changed !== null) {
      yield changed;
      continue;
    }
    const flow = unchanged();
    if (flow !== null) yield flow;
  }
}

/** From where on two answers are not the same. */
function partsOf(uid, given, again) {
  let at = 0;
  while (given[at] === again[at]) at += 1;
  const [from, to] = [Math.max(0, at - 60), at + 200];
  return { uid, given: given.slice(from, to), again: again.slice(from, to) };
}

/** What became of a flow, by its two verdicts. */
function fateOf(before, after) {
  if (before === after) return 'same';
  if (before === 'allowed' && after === 'blocked') return 'lost';
  if (before === 'blocked' && after === 'allowed') return 'gained';
  return 'undecided';
}

const refEnd = (end) => ('pod' in end ? { pod: end.pod } : { ip: end.ip });

/** Asks the reference about flows of one change, and adds what it says to what was found. */
function askFlows(change, request, { past, profile, flows, namespaces, random, verdict, found }) {
  const worlds = overlay(past.world, change);
  const { rectangles } = difference(worlds, change, unbounded());
  const claims = new Claims(rectangles, worlds, random, formatAddress);
  const { uid, namespace, name, object } = request;
  const edit = { namespace, name, object };
  for (const flow of flowsOf(claims, past, edit, { flows, namespaces, random })) {
    const { protocol, port, claim } = flow;
    const [source, destination] = [refEnd(flow.source), refEnd(flow.destination)];
    const { before, after } = smallWorld(past, [source, destination], profile, edit);
    const ask = (cluster) => verdict(cluster, source, destination, protocol, port).verdict;
    const fate = fateOf(ask(before), ask(after));
    found.flows += 1;
    if (claim !== 'same') found.claimedChanged += 1;
    if (fate !== claim) found.mismatches.push({ uid, source, destination, protocol, port, claim, fate });
  }
}

/**
 * @param {object} given
 * @param {string} given.journal the file of what the world was told
 * @param {string} given.history the file of what was sent
 * @param {readonly { uid: string, text: string }[]} given.kept the answers as they came over the wire
 */
export async function checkKept({ name, seed, flows, journal, history, kept, expiredAt, settings, tell }) {
  const { verdict } = await import('../../test/support/reference/evaluator.ts');
  const shape = shapeOf(name);
  const { events, visibleAt, kept: journalled } = deserialize(readFileSync(journal));
  const { versions, sent, objects } = deserialize(readFileSync(history));
  const read = decodeSettings(
    settings,
    rules.map(({ id }) => id),
  ).settings;
  const profile = profileOf(read);
  const { strayDirections, ...same } = profile;
  const refProfile = { ...same, strayDirectionRules: strayDirections };
  const random = randomOf(seed + 5);
  const since = performance.now();
  const took = () => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  const past = new Past(apiObjectsOf(shape, seed), versions, events, profile);
  const namespaces = Array.from({ length: shape.namespaces }, (_, i) => nameOf(shape, i));
  const texts = new Map(kept.map(({ uid, text }) => [uid, text]));
  const context = {
    ...{ settings: read, rules, ownNamespace: '' },
    limits: { stepsMax: 2_000_000, expired: () => false, today: new Date().toISOString().slice(0, 10) },
  };
  tell(`what was kept is read after ${took()}`);
  const found = {
    checked: 0,
    partial: 0,
    asked: 0,
    flows: 0,
    claimedChanged: 0,
    mismatches: [],
    differentAnswers: [],
  };
  // Answers of which nobody measured the time are not judged either.
  const judged = journalled.filter(({ request }) => texts.has(request.uid));
  const every = Math.ceil(judged.length / askedMax);
  for (const { request, at, partial, freshness } of judged) {
    past.goTo(at);
    if (found.checked % renewEvery === renewEvery - 1) past.renew();
    const text = texts.get(request.uid);
    found.checked += 1;
    if (partial !== null) found.partial += 1;
    else {
      const again = JSON.stringify(
        answer(review(request, { ...context, freshness, world: past.world }), request.uid),
      );
      if (text !== again) found.differentAnswers.push(partsOf(request.uid, text, again));
    }
    if (found.checked % every !== 0) continue;
    found.asked += 1;
    const asked = askedOf(request, profile);
    const change = asked.kind === 'change' ? asked.change : { edits: [] };
    askFlows(change, request, { past, profile: refProfile, flows, namespaces, random, verdict, found });
  }
  tell(`${found.checked} kept answers are judged after ${took()}`);
  past.goTo(events.length);
  for (const parts of found.differentAnswers.slice(0, 5)) tell(`another answer: ${JSON.stringify(parts)}`);
  for (const mismatch of found.mismatches.slice(0, 5)) tell(`mismatch: ${JSON.stringify(mismatch)}`);
  const known = new Set(past.records.keys());
  return {
    kept: {
      checked: found.checked,
      partial: found.partial,
      asked: found.asked,
      flows: found.flows,
      claimedChanged: found.claimedChanged,
      mismatches: found.mismatches.length,
      differentAnswers: found.differentAnswers.length,
    },
    // At the end the world must hold what the server holds, whatever happened in between.
    lost:
      objects.filter((key) => !known.has(key)).length +
      (known.size - objects.filter((key) => known.has(key)).length),
    lag: lagsOf({ events, visibleAt, sent, expiredAt }),
  };
}
