// The real `netsluice serve`, started as the chart starts it, over a stand-in for the API server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { servingFiles } from './certificates.mjs';
import { memoryOf, startAndHear } from './processes.mjs';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** "Three quarters of the memory limit are given to the JavaScript heap", and the limit is 1 GiB. */
const heapMiB = 768;

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

/**
 * Starts it over the store in the folder, waits until it is ready and for `settleSeconds` more, and tells its memory
 * in MiB and the seconds until it was ready.
 */
export async function measureServed(folder, encoding, settleSeconds) {
  const api = await startAndHear('./api-server.mjs', [folder, encoding]);
  const files = await servingFiles(folder, api.message.port);
  const health = await freePort();
  const options = { ...files, listen: '127.0.0.1:0', 'health-listen': `127.0.0.1:${health}`, scan: 'on' };
  const since = performance.now();
  const child = spawn(
    process.execPath,
    [program, 'serve', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: `--max-old-space-size=${heapMiB}` },
    },
  );
  try {
    const url = `http://127.0.0.1:${health}`;
    await readyAt(url, child);
    const seconds = (performance.now() - since) / 1000;
    const samples = [];
    for (let i = 0; i < settleSeconds; i += 1) {
      await wait(1000);
      samples.push(memoryOf(child.pid).rss);
    }
    const metrics = await metricsOf(url);
    const used = metrics.get('netsluice_memory_used_ratio');
    if (used === undefined) throw new Error('netsluice tells nothing of its memory');
    // The second half: by then what came in has been collected once.
    const steady = samples.slice(samples.length >> 1);
    return { seconds, steady, peak: memoryOf(child.pid).peak, used };
  } finally {
    child.kill('SIGKILL');
    api.child.kill();
  }
}
