import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compileNetworkPolicy } from '../../dist/dialects/network-policy.js';
import { unbounded } from '../../dist/impact/budget.js';
import { difference } from '../../dist/impact/difference.js';
import { hasPort } from '../../dist/sets/port-set.js';
import { overlay } from '../../dist/world/overlay.js';
import { shapeOf } from '../cluster-names.mjs';
import { policyOf, randomOf, recordOf } from '../clusters.mjs';
import { flowsOf } from '../naive-peer/evaluator.mjs';
import { startProcess } from '../over-tls/processes.mjs';
import { quantile, timed } from '../statistics.mjs';
import { evaluate, profile, worldOf } from '../worlds.mjs';

export const title = 'A naive peer';
export const order = 80;
export const quick = true;
export const seconds = 900;
export const memoryMiB = 4096;
export const about =
  'What a careful afternoon gives: the pods by the informer of the stock client library, which lists them as JSON in ' +
  'one piece, and a loop over all pairs of pods that asks about each port of the policy before and after. It answers ' +
  'about the same change as netsluice, of which the time of a change in a world that is there already is given. The ' +
  'cluster doubles until an answer takes longer than a minute or needs more than 2 GiB. Pods are about 1 KB here; ' +
  'those of real clusters are several times as large, so that the informer alone gives up sooner.';

const bounds = { seconds: 60, mib: 2048 };
const perNamespace = 15;

/** What the peer finds at one size; null where its process does not survive. */
async function askPeer(name, seed, { policy, flows }, pairSeconds) {
  const cluster = await startProcess('./cluster.mjs', [name, String(seed)], ['--max-old-space-size=6000']);
  try {
    const path = fileURLToPath(new URL('../naive-peer/peer.mjs', import.meta.url));
    const given = JSON.stringify({ port: cluster.port, policy, flows, pairSeconds });
    const child = fork(path, [given], {
      execArgv: ['--max-old-space-size=8000'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [said] = await Promise.race([once(child, 'message'), once(child, 'close').then(() => [null])]);
    return said;
  } finally {
    await cluster.stop();
  }
}

/** How many flows of the peer's ports netsluice says are lost and gained between pods. */
function countsOf(worlds, change, flows) {
  const counts = { lost: 0, gained: 0 };
  for (const rectangle of difference(worlds, change, unbounded()).rectangles) {
    const pairs = pairsOf(rectangle, worlds);
    for (const fate of ['lost', 'gained'])
      counts[fate] +=
        pairs * flows.filter(({ protocol, port }) => hasPort(rectangle[fate], protocol, port)).length;
  }
  return counts;
}

/** A policy that changes something between pods, since one that does not would flatter whoever sees that at once. */
function ours(shape, seed) {
  const { world } = worldOf(shape, seed);
  const random = randomOf(seed + 3);
  for (;;) {
    const policy = policyOf(shape, random, Math.floor(random() * shape.namespaces), 'fresh');
    const after = compileNetworkPolicy(recordOf(policy).policy, profile);
    const change = { edits: [{ kind: 'policy', before: null, after }] };
    const flows = flowsOf(policy);
    const counts = countsOf(overlay(world, change), change, flows);
    if (counts.lost + counts.gained === 0) continue;
    const times = Array.from({ length: 20 }, () => timed(() => evaluate(world, change, unbounded())));
    return { policy, flows, counts, ms: quantile(times, 0.5) };
  }
}

/** Ordered pairs of running pods, none with itself. */
function pairsOf({ sources, destinations }, { before, after }) {
  if (sources.kind !== 'units' || destinations.kind !== 'units') return 0;
  const podsOf = (ids) => ids.map((id) => (after.unit(id) ?? before.unit(id)).members.size);
  const sum = (list) => list.reduce((total, each) => total + each, 0);
  const [from, to] = [[...sources.units.toArray()], [...destinations.units.toArray()]];
  const both = new Set(to);
  return sum(podsOf(from)) * sum(podsOf(to)) - sum(podsOf(from.filter((id) => both.has(id))));
}

/** @param {{ quick: boolean, seed: number, say: (line: string) => void, report: (found: object) => void }} context */
export async function run({ quick: small, seed, say, report }) {
  const rows = [];
  const checks = [];
  for (let pods = small ? 75 : 150; ; pods *= 2) {
    const count = Math.max(1, Math.round(pods / perNamespace));
    const name = `${pods}-${count}-${count}:mixed`;
    const shape = shapeOf(name);
    const own = ours(shape, seed);
    const found = await askPeer(name, seed, own, bounds.seconds);
    const spent = found === null ? Infinity : (found.syncedMs + found.pairsMs) / 1000;
    const givesUp = spent > bounds.seconds || found.rssMiB > bounds.mib;
    if (found !== null && !found.late) {
      rows.push({
        ...{ metric: 'one change', shape: name, unit: 'ms', value: own.ms },
        peer: { name: 'informer and pairs of pods', value: found.pairsMs },
        note: `${Math.round(found.pairsMs / own.ms)} times as long; the peer’s informer took ${Math.round(found.syncedMs)} ms, blocked its event loop for ${Math.round(found.blockMs)} ms, and it needed ${Math.round(found.rssMiB)} MiB`,
      });
      for (const fate of ['lost', 'gained'])
        checks.push({
          what: `flows ${fate} at ${name}, the peer’s count`,
          value: own.counts[fate],
          equals: found.changed[fate],
        });
      say(`${name}: ${found.pairsMs.toFixed(0)} ms by pairs, ${own.ms.toFixed(2)} ms by netsluice`);
      report({ rows, checks });
    }
    if (small) break;
    if (!givesUp) continue;
    const why =
      found === null ? 'its process did not survive' : found.rssMiB > bounds.mib ? 'memory' : 'time';
    const share = found?.late
      ? `; after a minute it had asked about ${Math.round(found.share * 100)} % of the pairs`
      : '';
    rows.push({ metric: 'pods at which the peer gives up', unit: '', value: pods, note: `${why}${share}` });
    say(`it gives up at ${pods} pods: ${why}${share}`);
    report({ rows, checks });
    break;
  }
  if (!small) rows.push(await informerRow(seed, say));
  return { rows, checks };
}

/** The informer alone, which needs memory and blocks the event loop long before pairs are asked about. */
async function informerRow(seed, say) {
  let before = null;
  for (let pods = 10_000; pods <= 160_000; pods *= 2) {
    const count = Math.round(pods / perNamespace);
    const found = await askPeer(`${pods}-${count}-1:mixed`, seed, { policy: null, flows: [] }, 0);
    const seen = (one) =>
      `${one.pods} pods took ${Math.round(one.syncedMs)} ms and ${Math.round(one.rssMiB)} MiB, and blocked the event loop for ${Math.round(one.blockMs)} ms`;
    if (found !== null) say(seen(found));
    if (found === null || found.rssMiB > bounds.mib) {
      const last = before === null ? '' : `; ${seen(before)}`;
      const why = found === null ? 'its process did not survive' : seen(found);
      return {
        metric: 'pods at which the stock informer alone gives up',
        unit: '',
        value: pods,
        note: `${why}${last}`,
      };
    }
    before = found;
  }
  return { metric: 'pods that the stock informer alone holds', unit: '', value: before.pods };
}
