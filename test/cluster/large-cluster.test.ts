import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { makeThrowawayAuthority } from '../../src/cli/throwaway-certificate.ts';
import { collectionPath, watchedKinds } from '../../src/cluster/kinds.ts';
import { denyIngress } from '../review/shop.ts';
import { namespace, pod, policy, workload } from '../support/build.ts';
import { type ApiObject, ScriptedApi } from '../support/scripted-api.ts';
import { call, get, reviewOf } from '../webhook/harness.ts';

const NAMESPACES = 200;
const PODS = 20_000;
const HANG_MS = 300_000;

const root = process.cwd();
const api = new ScriptedApi();
let child: ChildProcess | null = null;

afterEach(async () => {
  child?.kill('SIGKILL');
  await api.stop();
});

function put(kind: string, object: object): void {
  const watched = watchedKinds.find(({ record }) => record === kind);
  if (watched !== undefined) api.put(collectionPath(watched), object as ApiObject);
}

/** A pod as large as they are in clusters, of which netsluice keeps a small part. */
function largePod(i: number): object {
  const app = `app-${i % 2000}`;
  const small = pod(`ns-${i % NAMESPACES}/${app}-${i}`, {
    labels: { app, 'pod-template-hash': `${i % 2000}`, team: `team-${i % 7}` },
    owner: `StatefulSet/${app}`,
    ips: [`10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`],
    ports: ['8080 http', '9090 metrics'],
  });
  const env = Array.from({ length: 20 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${i}-${n}` }));
  return { ...small, filler: env };
}

/** What the chart gives the container, MiB. */
function memoryLimit(): number {
  const values = parse(readFileSync(join(root, 'charts/netsluice/values.yaml'), 'utf8'));
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(values.resources.limits.memory) ?? [];
  return Number(number) * (unit === 'Gi' ? 1024 : 1);
}

/** The most memory the process ever held, MiB. */
function peakMemory(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

test(
  'case 71: 20,000 pods fit into the memory that the chart gives',
  async () => {
    await api.start();
    for (const kind of watchedKinds) api.collection(collectionPath(kind));
    api.document('/apis', { groups: [] });
    for (let i = 0; i < NAMESPACES; i += 1) {
      put('Namespace', namespace(`ns-${i}`, { team: `team-${i % 7}` }));
      for (let n = 0; n < 5; n += 1)
        put(
          'NetworkPolicy',
          policy(
            `ns-${i}/allow-${n}`,
            `{podSelector: {matchLabels: {app: app-${i + n * NAMESPACES}}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: team-${n}}}}]}]}`,
          ),
        );
    }
    for (let i = 0; i < 2000; i += 1)
      put('StatefulSet', workload('StatefulSet', `ns-${i % NAMESPACES}/app-${i}`, 10));
    for (let i = 0; i < PODS; i += 1) put('Pod', largePod(i));

    const folder = mkdtempSync(join(tmpdir(), 'netsluice-test-'));
    const authority = await makeThrowawayAuthority('netsluice test');
    const pair = await authority.issue({ commonName: 'netsluice', ip: ['127.0.0.1'] });
    writeFileSync(join(folder, 'tls.crt'), pair.cert);
    writeFileSync(join(folder, 'tls.key'), pair.key);
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'large',
      contexts: [{ name: 'large', context: { cluster: 'large', user: 'large' } }],
      clusters: [{ name: 'large', cluster: { server: api.url } }],
      users: [{ name: 'large', user: {} }],
    };
    writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
    const limit = memoryLimit();
    const flags = { '--cert': 'tls.crt', '--key': 'tls.key', '--kubeconfig': 'kubeconfig' };
    const started = spawn(
      process.execPath,
      [
        ...[`--max-old-space-size=${Math.floor((limit * 3) / 4)}`, join(root, 'dist/main.js'), 'serve'],
        ...['--listen', '127.0.0.1:0', '--health-listen', '127.0.0.1:0'],
        ...Object.entries(flags).flatMap(([flag, file]) => [flag, join(folder, file)]),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child = started;
    let log = '';
    started.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    const line = await new Promise<string>((resolve) => {
      started.stdout.on('data', () => {
        const found = log.split('\n').find((each) => each.includes('"msg":"listening"'));
        if (found !== undefined) resolve(found);
      });
    });
    const { address, health } = JSON.parse(line);
    while ((await get(health.port, '/readyz')).status !== 200)
      await new Promise((next) => setTimeout(next, 100));
    const metrics = (await get(health.port, '/metrics')).text;
    expect(metrics).toContain(`netsluice_snapshot_objects{kind="pods"} ${PODS}\n`);
    for (let i = 0; i < 50; i += 1) {
      const object = policy(`ns-${i}/p`, denyIngress);
      const body = reviewOf(`large-${i}`, { namespace: `ns-${i}`, name: 'p', object });
      const answered = await call({ port: address.port, ca: authority.cert, body });
      expect([answered.status, answered.json.response.uid]).toEqual([200, `large-${i}`]);
      expect(answered.json.response.auditAnnotations.error).toBeUndefined();
    }
    const peak = peakMemory(started.pid ?? 0);
    expect(peak).toBeGreaterThan(50);
    expect(peak).toBeLessThan(limit);
    const ratio = /^netsluice_memory_used_ratio ([\d.]+)$/m.exec(
      (await get(health.port, '/metrics')).text,
    )?.[1];
    expect(Number(ratio)).toBeLessThan(0.85);
    rmSync(folder, { recursive: true });
  },
  HANG_MS,
);
