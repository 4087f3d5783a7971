import { afterEach, expect, test } from '@jest/globals';
import type { ApiClient, ApiQuery } from '../../src/cluster/api-client.ts';
import { createClient } from '../../src/cluster/client.ts';
import { systemClock } from '../../src/cluster/clock.ts';
import { collectionPath, watchedKinds } from '../../src/cluster/kinds.ts';
import { type LiveView, startLiveView } from '../../src/cluster/live.ts';
import { recordName, type WorldEvent } from '../../src/model/objects.ts';
import { type Cluster, startCluster } from '../control-plane/cluster.ts';

const START_MS = 1_500_000;
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const policies = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies';
const foreign = '/apis/cilium.io/v2/ciliumnetworkpolicies';
/** No cluster has these of itself. */
const installed: ReadonlySet<string> = new Set(['httproutes', 'servicemonitors', 'podmonitors']);
const builtIn = watchedKinds.filter(({ resource }) => !installed.has(resource)).map(collectionPath);

let cluster: Cluster | null = null;
let live: LiveView | null = null;

afterEach(async () => {
  await live?.stop();
  await cluster?.stop();
}, 60_000);

/** What was asked of each collection and how the API server answered, and what a world would hold. */
interface Seen {
  readonly answers: ReadonlyMap<string, readonly string[]>;
  readonly names: (kind: string) => readonly string[];
}

async function look({ kubeconfig, waitFor }: Cluster): Promise<Seen> {
  const answers = new Map<string, string[]>();
  const keys = new Set<string>();
  const whole = await createClient({ kubeconfig, context: null });
  const client: ApiClient = {
    ...whole,
    get: async (path, query, options) => {
      const response = await whole.get(path, query, options);
      answers.set(path, [...(answers.get(path) ?? []), `${verbOf(query)} ${response.status}`]);
      return response;
    },
  };
  const apply = (events: readonly WorldEvent[]): void => {
    for (const event of events) {
      const { namespace, name } = event.type === 'put' ? recordName(event.object) : event;
      const kind = event.type === 'put' ? event.object.kind : event.kind;
      keys[event.type === 'put' ? 'add' : 'delete'](`${kind} ${namespace ?? ''}/${name}`);
    }
  };
  const sink = {
    apply,
    *applyAside(events: readonly WorldEvent[]): IterableIterator<void> {
      yield apply(events);
    },
  };
  const log = { info: () => undefined, warn: () => undefined };
  const view = startLiveView({ client, clock: systemClock, log, sink });
  live = view;
  await waitFor(async () => view.ready(), 'the live view to be ready');
  const names = (kind: string): readonly string[] =>
    [...keys].flatMap((key) => (key.startsWith(`${kind} `) ? [key.slice(kind.length + 1)] : [])).sort();
  return { answers, names };
}

/** `/api/v1`, or `/apis/` and the group. */
function groupOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

function verbOf(query: ApiQuery): string {
  if ('sendInitialEvents' in query) return 'stream';
  return 'watch' in query ? 'watch' : 'list';
}

async function putPolicy({ json }: Cluster, name: string): Promise<void> {
  const spec = { podSelector: {}, policyTypes: ['Ingress'] };
  const type = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
  await json('POST', policies, { body: { ...type, metadata: { name }, spec } });
}

/** A policy API that is not built in, and one object of it. */
async function installForeignKind({ json, waitFor, request }: Cluster): Promise<void> {
  const names = { plural: 'ciliumnetworkpolicies', singular: 'cnp', kind: 'CiliumNetworkPolicy' };
  const schema = {
    openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  };
  await json('POST', crds, {
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'ciliumnetworkpolicies.cilium.io' },
      spec: {
        group: 'cilium.io',
        names,
        scope: 'Namespaced',
        versions: [{ name: 'v2', served: true, storage: true, schema }],
      },
    },
  });
  const body = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'deny' } };
  const collection = '/apis/cilium.io/v2/namespaces/default/ciliumnetworkpolicies';
  await waitFor(
    async () => (await request('POST', collection, { body })).status === 201,
    'the foreign kind to be served',
  );
}

test(
  'the API server streams every kind, and the stream goes on as the watch',
  async () => {
    const started = await startCluster();
    cluster = started;
    await installForeignKind(started);
    const listed = Array.from({ length: 40 }, (_, i) => `default/p${i}`).sort();
    for (let i = 0; i < 40; i += 1) await putPolicy(started, `p${i}`);
    const { answers, names } = await look(started);
    expect(names('NetworkPolicy')).toEqual(listed);
    expect(names('Namespace')).toEqual(['/default', '/kube-node-lease', '/kube-public', '/kube-system']);
    expect(names('ForeignPolicy')).toEqual(['default/ciliumnetworkpolicies.cilium.io/deny']);
    await putPolicy(started, 'later');
    await started.json('DELETE', `${policies}/p7`);
    const later = [...listed.filter((name) => name !== 'default/p7'), 'default/later'].sort();
    await started.waitFor(
      async () => names('NetworkPolicy').join() === later.join(),
      'the policies to be what they are by now',
    );
    const asked = [...builtIn, foreign].map((path) => `${path}: ${answers.get(path)?.join()}`);
    expect(asked).toEqual([...builtIn, foreign].map((path) => `${path}: stream 200`));
  },
  START_MS,
);

test(
  'an API server without that feature refuses once, and is asked for pages',
  async () => {
    const started = await startCluster({ apiServerFlags: ['--feature-gates=WatchList=false'] });
    cluster = started;
    await putPolicy(started, 'a');
    const { answers, names } = await look(started);
    await putPolicy(started, 'b');
    await started.waitFor(
      async () => names('NetworkPolicy').join() === 'default/a,default/b',
      'the policies to be what they are by now',
    );
    const [refused, told] = ['stream 422,list 200,watch 200', 'list 200,watch 200'];
    const said = (path: string): string => answers.get(path)?.join() ?? '';
    // Kinds are asked for one after the other: who comes after a refusal to its group does not ask again.
    expect(builtIn.filter((path) => said(path) !== refused && said(path) !== told)).toEqual([]);
    const groups = (paths: readonly string[]): string[] => [...new Set(paths.map(groupOf))].sort();
    expect(groups(builtIn.filter((path) => said(path) === refused))).toEqual(groups(builtIn));
  },
  START_MS,
);
