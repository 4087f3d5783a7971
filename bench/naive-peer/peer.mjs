// A process that holds the pods of a cluster by the stock informer, and finds out what one policy changes by asking
// about every pair of pods before and after. It tells what it found, how long it took and what it needed.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CoreV1Api, KubeConfig, makeInformer, NetworkingV1Api } from '@kubernetes/client-node';
import { stateOf } from './evaluator.mjs';

const { port, policy, flows, pairSeconds } = JSON.parse(process.argv[2] ?? '{}');
const config = new KubeConfig();
config.loadFromOptions({
  // The library takes plain HTTP for nothing else.
  clusters: [{ name: 'bench', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }],
  users: [{ name: 'bench' }],
  contexts: [{ name: 'bench', cluster: 'bench', user: 'bench' }],
  currentContext: 'bench',
});
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
const core = config.makeApiClient(CoreV1Api);
const since = performance.now();
const informer = makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
informer.on('error', (error) => {
  throw error;
});
await informer.start();
const syncedMs = performance.now() - since;
// The longest block shows once the loop has turned.
await new Promise((resolve) => setTimeout(resolve, 20));
const blockMs = loop.max / 1e6;

const pods = informer.list();
const told = { syncedMs, blockMs };
if (pairSeconds === 0) await tell({ pods: pods.length, late: true });

/** Tells what was found, and ends. */
async function tell(found) {
  const rssMiB = process.resourceUsage().maxRSS / 1024;
  await new Promise((resolve) => process.send?.({ ...told, ...found, rssMiB }, resolve));
  process.exit(0);
}

const namespaces = new Map(
  (await core.listNamespace()).items.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
);
const networking = config.makeApiClient(NetworkingV1Api);
const policies = (await networking.listNetworkPolicyForAllNamespaces()).items;
// The stock client calls a field that is a word of the language otherwise.
const plain = policies.map((each) => renamed(each));

function renamed({ metadata, spec }) {
  const ingress = spec.ingress?.map(({ _from, ...clause }) => ({
    ...clause,
    ...(_from ? { from: _from } : {}),
  }));
  return { metadata, spec: { ...spec, ...(ingress === undefined ? {} : { ingress }) } };
}

const started = performance.now();
const isOther = ({ metadata }) =>
  metadata.name !== policy.metadata.name || metadata.namespace !== policy.metadata.namespace;
const before = stateOf(pods, namespaces, plain);
const after = stateOf(pods, namespaces, [...plain.filter(isOther), policy]);
const changed = { lost: 0, gained: 0 };
let late = false;
let asked = 0;
for (const source of pods) {
  late = (performance.now() - started) / 1000 > pairSeconds;
  if (late) break;
  for (const destination of pods) {
    if (source === destination) continue;
    for (const flow of flows) {
      const [was, is] = [before.allows(source, destination, flow), after.allows(source, destination, flow)];
      if (was !== is) changed[was ? 'lost' : 'gained'] += 1;
    }
  }
  asked += 1;
}
const pairsMs = performance.now() - started;
await tell({ pods: pods.length, pairsMs, late, share: asked / pods.length, changed });
