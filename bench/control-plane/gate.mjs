// netsluice before a real API server: set before it and taken away, and what both count.
import { memoryOf } from '../processes.mjs';
import { histogramOf } from './histogram.mjs';

const configurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
/** As the configuration names it; the API server counts calls by this name. */
const webhook = 'validate.netsluice.dev';
const ofServer = 'apiserver_admission_webhook_admission_duration_seconds';
const ofNetsluice = 'netsluice_admission_duration_seconds';
const probePolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'is-netsluice-asked', namespace: 'default' },
  spec: { podSelector: {} },
};

/**
 * The same cluster for those who look after netsluice's pods ten times a second. Asked for the pods of all namespaces,
 * the API server would go over all of them each time, beside what is measured.
 */
export const withFewPods = (cluster) => ({
  ...cluster,
  json: (method, path, call) =>
    cluster.json(
      method,
      path.replace(
        /^\/api\/v1\/pods\?labelSelector/,
        '/api/v1/namespaces/netsluice-system/pods?labelSelector',
      ),
      call,
    ),
});

async function replicaText(netsluice) {
  const [replica] = netsluice.replicas();
  return (await fetch(`${replica.health}/metrics`)).text();
}

/** Both histograms as they stand. */
export async function readBoth(cluster, netsluice) {
  const { text } = await cluster.request('GET', '/metrics');
  return {
    server: histogramOf(text, ofServer, { name: webhook, type: 'validating' }),
    netsluice: histogramOf(await replicaText(netsluice), ofNetsluice),
    text,
  };
}

/** Lets the API server ask netsluice, or not; resolves when it does so. */
export async function makeSwitch(cluster, netsluice) {
  await netsluice.register('Fail');
  const { metadata, ...rest } = await cluster.json('GET', `${configurations}/netsluice`);
  const { name, labels, annotations } = metadata;
  const body = { ...rest, metadata: { name, labels, annotations } };

  /** Asks for a change that changes nothing, and whether netsluice heard of it. */
  async function isAsked() {
    const count = () => netsluice.metric(`${ofNetsluice}_count`);
    const before = await count();
    const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All';
    await cluster.json('POST', path, { body: probePolicy });
    return (await count()) > before;
  }

  await cluster.waitFor(isAsked, 'the API server to ask netsluice');
  return {
    on: async () => {
      await cluster.json('POST', configurations, { body });
      await cluster.waitFor(isAsked, 'the API server to ask netsluice');
    },
    off: async () => {
      await cluster.json('DELETE', `${configurations}/netsluice`);
      await cluster.waitFor(async () => !(await isAsked()), 'the API server to ask nobody');
    },
  };
}

/** What the process of netsluice takes, in MiB, and what it holds. */
export async function stateOf(netsluice) {
  const [replica] = netsluice.replicas();
  const held = (kind) => netsluice.metric('netsluice_snapshot_objects', `kind="${kind}"`);
  return {
    ...memoryOf(replica.process.pid),
    pods: await held('pods'),
    policies: await held('networkpolicies.networking.k8s.io'),
  };
}
