// The whole gate over TLS: `node bench/over-tls.mjs [SHAPE] [--quick] [--seed N] [--json FILE]`, after a build.
//
// Four processes. `netsluice serve` as it is started in a cluster, which reads everything from a stand-in for the API
// server, where things keep happening; the least that can answer an AdmissionReview over TLS, which is the floor; and
// this one, which calls both in turn and measures.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeThrowawayAuthority } from '../dist/cli/throwaway-certificate.js';
import { shapeOf } from './cluster-names.mjs';
import { rounded } from './over-tls/figures.mjs';
import { isKept } from './over-tls/journal.mjs';
import { checkKept } from './over-tls/kept.mjs';
import { makeCaller } from './over-tls/load.mjs';
import { Measured } from './over-tls/measure.mjs';
import { startProcess } from './over-tls/processes.mjs';
import { reviewsOf } from './over-tls/reviews.mjs';

/** `churn` is events a second while one call is made after the other, at 30 % and at 70 % of the capacity. */
const lengths = {
  full: {
    ...{ shape: 'typical', pairs: 1500, pairSeconds: 60, warmUp: 300, flows: 1000, keepEvery: 100 },
    ...{ capacitySeconds: 10, slices: 8, sliceSeconds: 2.5, churn: [200, 500, 1000] },
    serve: {},
  },
  quick: {
    ...{ shape: '150-10-10:typical', pairs: 150, pairSeconds: 300, warmUp: 20, flows: 200, keepEvery: 40 },
    ...{ capacitySeconds: 0.5, slices: 2, sliceSeconds: 0.4, churn: [50, 100, 200] },
    // On a busy machine the clock must not decide what an answer says.
    serve: { deadlineMs: '10000' },
  },
};
/** As the chart gives it. */
const heap = ['--max-old-space-size=768'];
const settings = 'platform: { profile: generic }\n';

/** Certificates for the server and for the one who calls, and a kubeconfig for the stand-in. */
async function filesIn(folder) {
  const authority = await makeThrowawayAuthority('netsluice bench');
  const server = await authority.issue({ commonName: 'localhost', dns: ['localhost'], ip: ['127.0.0.1'] });
  const client = await authority.issue({ commonName: 'kube-apiserver', dns: ['kube-apiserver'] });
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    authority: authority.cert,
    client,
    cert: write('tls.crt', server.cert),
    key: write('tls.key', server.key),
    clientCa: write('ca.crt', authority.cert),
    settings: write('settings.yaml', settings),
    kubeconfig: (port) =>
      write(
        'kubeconfig',
        JSON.stringify({
          clusters: [{ name: 'bench', cluster: { server: `http://127.0.0.1:${port}` } }],
          contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
          users: [{ name: 'bench', user: {} }],
          'current-context': 'bench',
        }),
      ),
  };
}

/** @param {{ shape?: string, seed: number, quick: boolean, tell?: (line: string) => void }} options */
export async function overTls({ shape: asked, seed, quick, tell = () => undefined }) {
  const length = quick ? lengths.quick : lengths.full;
  const name = asked ?? length.shape;
  const shape = shapeOf(name);
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-over-tls-'));
  const running = [];
  const start = async (...given) => {
    const one = await startProcess(...given);
    running.push(one);
    return one;
  };
  try {
    const files = await filesIn(folder);
    const cluster = await start('./cluster.mjs', [name, String(seed)], ['--max-old-space-size=6000']);
    tell(`a cluster of ${name} is listed at port ${cluster.port}`);
    const { cert, key, clientCa } = files;
    const own = { listen: '127.0.0.1:0', healthListen: '127.0.0.1:0', cert, key, clientCa };
    const begun = performance.now();
    const config = {
      ...own,
      ...length.serve,
      settings: files.settings,
      kubeconfig: files.kubeconfig(cluster.port),
    };
    const server = await start('./server.mjs', [JSON.stringify(config), String(length.keepEvery)], heap);
    while (!(await server.ask('ready')).ready) await new Promise((resolve) => setTimeout(resolve, 50));
    tell(`ready after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    const least = await start('./floor.mjs', [JSON.stringify({ cert, key, clientCa })]);
    const caller = ({ port }) => makeCaller({ port, authority: files.authority, pair: files.client });
    const reviews = reviewsOf(shape, seed);
    const next = () => reviews.next().value;
    const loop = async () => {
      const { p99, max, rss } = await server.ask('loop');
      return { p99: rounded(p99), max: rounded(max), rssMiB: Math.round(rss / 2 ** 20) };
    };
    let expiredAt = 0;
    const measured = new Measured(caller(server), caller(least), next, length, {
      loop,
      churn: (rate) => cluster.ask('churn', { rate }),
      expire: async () => {
        expiredAt = (await cluster.ask('expire')).at;
      },
    });
    const report = await measured.run();
    const all = measured.answers;
    tell(`${all.length} answers of the gate were timed`);
    const { namespace } = await cluster.ask('settle');
    while (!(await server.ask('settled', { namespace })).settled)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const [journal, history] = [join(folder, 'journal'), join(folder, 'history')];
    await server.ask('save', { file: journal });
    const { happened } = await cluster.ask('save', { file: history });
    const kept = all
      .filter(({ uid }) => isKept(uid, length.keepEvery))
      .map(({ uid, text }) => ({ uid, text }));
    for (const one of running.splice(0)) await one.stop();
    const checked = await checkKept({
      name,
      seed,
      settings,
      flows: length.flows,
      journal,
      history,
      kept,
      expiredAt,
      tell,
    });
    const answers = all.map(({ text }) => JSON.parse(text).response);
    return {
      shape: name,
      seed,
      ...report,
      happened,
      answers: {
        count: all.length,
        notOk: all.filter(({ status }) => status !== 200).length,
        notAnalysed: answers.filter((answer) => answer.auditAnnotations?.error !== undefined).length,
        partial: answers.filter((answer) => answer.auditAnnotations?.partial !== undefined).length,
        underFiveMs: rounded(all.filter((answer) => answer.ms < 5).length / all.length),
      },
      ...checked,
    };
  } finally {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const args = process.argv.slice(2);
  const option = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const [first] = args;
  const shape = first !== undefined && !first.startsWith('--') ? { shape: first } : {};
  const tell = (line) => process.stderr.write(`${line}\n`);
  const result = await overTls({
    ...shape,
    seed: Number(option('--seed', '7')),
    quick: args.includes('--quick'),
    tell,
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const file = option('--json', '');
  if (file !== '') writeFileSync(file, JSON.stringify(result, null, 2));
}
