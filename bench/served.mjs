// The real `netsluice serve`, started as the chart starts it, over a stand-in for the API server: inside a mount namespace of its
// own where the account of a pod is mounted, or with a kubeconfig where the machine allows no such thing.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { authorityFiles, servingFiles } from './certificates.mjs';
import { memoryOf, startAndHear } from './processes.mjs';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** As the chart sets them: "three quarters of the memory limit are given to the JavaScript heap", and the limit is 1 GiB. */
export const heapOptions = ['--max-old-space-size=768', '--max-semi-space-size=4'];

const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const mounted = `mount -t tmpfs tmpfs /var/run && mkdir -p ${account} && cp "$0"/token "$0"/ca.crt ${account} && exec "$@"`;

/** What has to stand before a command so that it finds the account of a pod; null where that cannot be had. */
function inPod(folder) {
  for (const way of [[], ['--map-root-user']]) {
    const before = ['unshare', '--mount', ...way, 'sh', '-c', mounted, folder];
    if (spawnSync(before[0], [...before.slice(1), 'true']).status === 0) return before;
  }
  return null;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function readyAt(url, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`netsluice serve ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.status === 200) return;
    await wait(20);
  }
}

/** Metrics of the process by name; those with labels are left out. */
async function metricsOf(url) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^([a-z_]+) ([\d.e+-]+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

/** The command, and the environment that Kubernetes gives it. @returns {{ account: 'pod' | 'kubeconfig' }} */
function started(folder, files, port, health) {
  const { kubeconfig, ...others } = files;
  const before = inPod(folder);
  const options = {
    ...others,
    listen: '127.0.0.1:0',
    'health-listen': `127.0.0.1:${health}`,
    scan: 'on',
    ...(before === null ? { kubeconfig } : {}),
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const [command, ...args] = [...(before ?? []), process.execPath, program, 'serve', ...flags];
  const { KUBECONFIG: _, NETSLUICE_KUBECONFIG: __, ...env } = process.env;
  const pod = { HOME: '/', KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, ...pod, NODE_OPTIONS: heapOptions.join(' ') },
  });
  return { child, account: before === null ? 'kubeconfig' : 'pod' };
}

/** The resident memory in MiB, each second for so long. */
async function memoryDuring(child, seconds) {
  const samples = [];
  for (let i = 0; i < seconds; i += 1) {
    await wait(1000);
    samples.push(memoryOf(child.pid).rss);
  }
  return samples;
}

/** Waits until the scan has looked at every namespace once; what it found is kept from then on. */
async function scanned(url, withinSeconds) {
  const end = performance.now() + withinSeconds * 1000;
  for (;;) {
    const metrics = await metricsOf(url);
    const began = metrics.has('netsluice_scan_last_timestamp_seconds');
    if (began && metrics.get('netsluice_scan_waiting_namespaces') === 0) return;
    if (performance.now() > end)
      throw new Error(`the scan was not through every namespace after ${withinSeconds} s`);
    await wait(1000);
  }
}

/**
 * Starts it over the store in the folder, waits until it is ready, and until its scan has been through every namespace;
 * tells its memory in MiB for `settleSeconds` after both, and the seconds until it was both.
 */
export async function measureServed(folder, encoding, settleSeconds) {
  const pair = await authorityFiles(folder);
  const api = await startAndHear('./api-server.mjs', [folder, encoding, pair.cert, pair.key]);
  const { port } = api.message;
  const health = await freePort();
  const since = performance.now();
  const { child, account } = started(
    folder,
    await servingFiles(folder, `https://127.0.0.1:${port}`, pair),
    port,
    health,
  );
  try {
    const url = `http://127.0.0.1:${health}`;
    await readyAt(url, child);
    const seconds = (performance.now() - since) / 1000;
    const fresh = await memoryDuring(child, settleSeconds);
    await scanned(url, 600);
    const scannedSeconds = (performance.now() - since) / 1000;
    const steady = await memoryDuring(child, settleSeconds);
    const used = (await metricsOf(url)).get('netsluice_memory_used_ratio');
    if (used === undefined) throw new Error('netsluice tells nothing of its memory');
    return { seconds, scannedSeconds, fresh, steady, peak: memoryOf(child.pid).peak, used, account };
  } finally {
    child.kill('SIGKILL');
    api.child.kill();
  }
}
