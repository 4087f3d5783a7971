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
import { startProcess } from '../over-tls/processes.mjs';
import { timed } from '../statistics.mjs';
import { evaluate, profile, worldOf } from '../worlds.mjs';

export const title = 'A naive peer';
export const order = 80;
export const quick = true;
export const seconds = 600;
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
async function askPeer(name, seed, policy, pairSeconds) {
  const cluster = await startProcess('./cluster.mjs', [name, String(seed)], ['--max-old-space-size=6000']);
  try {
    const path = fileURLToPath(new URL('../naive-peer/peer.mjs', import.meta.url));
    const given = JSON.stringify({ port: cluster.port, policy, pairSeconds });
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

/** The same change by netsluice: its time, and how many flows of the peer's ports it says are lost and gained. */
function ours(shape, seed, policy, flows) {
  const { world } = worldOf(shape, seed);
  const change = {
    edits: [{ kind: 'policy', before: null, after: compileNetworkPolicy(recordOf(policy).policy, profile) }],
  };
  const times = Array.from({ length: 20 }, () => timed(() => evaluate(world, change, unbounded())));
  const worlds = overlay(world, change);
  const counts = { lost: 0, gained: 0 };
  for (const rectangle of difference(worlds, change, unbounded()).rectangles) {
    const pairs = pairsOf(rectangle, worlds);
    for (const fate of ['lost', 'gained'])
      counts[fate] +=
        pairs * flows.filter(({ protocol, port }) => hasPort(rectangle[fate], protocol, port)).length;
  }
  return { ms: times.toSorted((a, b) => a - b)[10], counts };
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

/** The first policy of the seed that changes something between pods: one that does not would flatter nobody. */
function policyFor(shape, seed) {
  const random = randomOf(seed + 3);
  return policyOf(shape, random, Math.floor(random() * shape.namespaces), 'fresh');
}

/** @param {{ quick: boolean, seed: number, say: (line: string) => void }} context */
export async function run({ quick: small, seed, say }) {
  const rows = [];
  const checks = [];
  for (let pods = small ? 75 : 150; ; pods *= 2) {
    const count = Math.max(1, Math.round(pods / perNamespace));
    const name = `${pods}-${count}-${count}:mixed`;
    const shape = shapeOf(name);
    const policy = policyFor(shape, seed);
    const found = await askPeer(name, seed, policy, bounds.seconds);
    const spent = found === null ? Infinity : (found.syncedMs + found.pairsMs) / 1000;
    const givesUp = spent > bounds.seconds || found.rssMiB > bounds.mib;
    if (found !== null && !found.late) {
      const own = ours(shape, seed, policy, found.flows);
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
    }
    if (small) break;
    if (!givesUp) continue;
    const why =
      found === null ? 'its process did not survive' : found.rssMiB > bounds.mib ? 'memory' : 'time';
    const share = found?.late
      ? `; after a minute it had asked about ${Math.round(found.share * 100)} % of the pairs`
      : '';
    rows.push({ metric: 'pods at which the peer gives up', unit: '', value: pods, note: `${why}${share}` });
    break;
  }
  return { rows, checks };
}
