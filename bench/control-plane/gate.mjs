// Webhooks before a real API server: set before it and taken away, and what it and netsluice count.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThrowawayAuthority } from '../../dist/cli/throwaway-certificate.js';
import { startProcess } from '../over-tls/processes.mjs';
import { memoryOf } from '../processes.mjs';
import { histogramOf } from './histogram.mjs';

const configurations = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const ofServer = 'apiserver_admission_webhook_admission_duration_seconds';
const ofNetsluice = 'netsluice_admission_duration_seconds';
const probePolicy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'is-anybody-asked', namespace: 'default' },
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

/** The text of the API server's metrics, and netsluice's own histogram. */
export async function readBoth(cluster, netsluice) {
  const [replica] = netsluice.replicas();
  const { text } = await cluster.request('GET', '/metrics');
  const own = await (await fetch(`${replica.health}/metrics`)).text();
  return { text, netsluice: histogramOf(own, ofNetsluice) };
}

/** Calls of one webhook as the API server counted them. @param {string} text its metrics @param {string} webhook */
export const callsOf = (text, webhook) => histogramOf(text, ofServer, { name: webhook, type: 'validating' });

/** @param {() => Promise<number>} calls how often the webhook was called so far */
function switchOf(cluster, webhook, body, calls) {
  /** Asks for a change that changes nothing, and whether the webhook heard of it. */
  async function isAsked() {
    const before = await calls();
    const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All';
    await cluster.json('POST', path, { body: probePolicy });
    return (await calls()) > before;
  }
  return {
    webhook,
    on: async () => {
      await cluster.json('POST', configurations, { body });
      await cluster.waitFor(isAsked, `the API server to ask ${webhook}`);
    },
    off: async () => {
      await cluster.json('DELETE', `${configurations}/${body.metadata.name}`);
      await cluster.waitFor(async () => !(await isAsked()), `the API server not to ask ${webhook}`);
    },
  };
}

/** @typedef {{ webhook: string, on(): Promise<void>, off(): Promise<void> }} Switch resolves when the API server heeds it */

/** netsluice, as its manifests register it; it is not registered when this resolves. @returns {Promise<Switch>} */
export async function netsluiceSwitch(cluster, netsluice) {
  await netsluice.register('Fail');
  const { metadata, ...rest } = await cluster.json('GET', `${configurations}/netsluice`);
  const body = { ...rest, metadata: { name: metadata.name } };
  await cluster.json('DELETE', `${configurations}/netsluice`);
  const calls = () => netsluice.metric(`${ofNetsluice}_count`);
  return switchOf(cluster, 'validate.netsluice.dev', body, calls);
}

/** The least that answers, asked of the same changes. @param {string} folder for its certificate */
export async function startFloor(cluster, folder) {
  const authority = await makeThrowawayAuthority('netsluice bench');
  const pair = await authority.issue({ commonName: 'floor', dns: ['localhost'], ip: ['127.0.0.1'] });
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const files = { cert: write('floor.crt', pair.cert), key: write('floor.key', pair.key) };
  const floor = await startProcess('../control-plane/floor.mjs', [JSON.stringify(files)]);
  const webhook = {
    name: 'floor.netsluice.dev',
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
    clientConfig: {
      url: `https://127.0.0.1:${floor.port}/validate`,
      caBundle: Buffer.from(authority.cert).toString('base64'),
    },
    rules: [
      {
        apiGroups: ['networking.k8s.io'],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        resources: ['networkpolicies'],
      },
    ],
  };
  const head = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
  const body = { ...head, metadata: { name: 'floor' }, webhooks: [webhook] };
  const calls = async () => (await floor.ask('count')).count;
  return { ...switchOf(cluster, webhook.name, body, calls), stop: floor.stop };
}

/** What the process of netsluice takes, in MiB, and what it holds. */
export async function stateOf(netsluice) {
  const [replica] = netsluice.replicas();
  const held = (kind) => netsluice.metric('netsluice_snapshot_objects', `kind="${kind}"`);
  return { ...memoryOf(replica.process.pid), pods: await held('pods') };
}
