// The whole gate over TLS: `node bench/over-tls.mjs [SHAPE] [--quick] [--seed N] [--json FILE] [--keep DIR]`,
// after a build. `--keep` leaves in DIR what was kept, and a profile of the server for each part of the run.
//
// Four processes. `netsluice serve` as it is started in a cluster, which reads everything from a stand-in for the API
// server, where things keep happening; the least that can answer an AdmissionReview over TLS, which is the floor; and
// this one, which calls both in turn and measures.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeThrowawayAuthority } from '../dist/cli/throwaway-certificate.js';
import { shapeOf } from './cluster-names.mjs';
import { rounded } from './over-tls/figures.mjs';
import { isKept, listedName } from './over-tls/journal.mjs';
import { makeCaller } from './over-tls/load.mjs';
import { Measured } from './over-tls/measure.mjs';
import { judged, roomy, startProcess } from './over-tls/processes.mjs';
import { reviewsOf } from './over-tls/reviews.mjs';
import { heapOptions } from './served.mjs';

/** `churn` is events a second while one call is made after the other, at 30 % and at 70 % of the capacity. */
const lengths = {
  full: {
    ...{ shape: 'typical', pairs: 1500, pairSeconds: 40, warmUp: 300, flows: 1000, keepEvery: 100 },
    ...{ capacitySeconds: 10, slices: 8, sliceSeconds: 1.5, relistSeconds: 100, churn: [200, 500, 1000] },
    serve: {},
  },
  quick: {
    ...{ shape: '150-10-10:typical', pairs: 150, pairSeconds: 300, warmUp: 20, flows: 200, keepEvery: 40 },
    ...{ capacitySeconds: 0.5, slices: 2, sliceSeconds: 0.4, relistSeconds: 60, churn: [50, 100, 200] },
    // On a busy machine the clock must not decide what an answer says.
    serve: { deadlineMs: '10000' },
  },
};
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

/**
 * @param {object} options
 * @param {string} [options.shape]
 * @param {number} options.seed
 * @param {boolean} options.quick
 * @param {string} [options.keep] where to leave what was kept, and profiles
 * @param {(line: string) => void} [options.tell]
 * @param {(result: object) => void} [options.measured] told what was measured, before the answers are judged
 */
export async function overTls({ shape: asked, seed, quick, keep, tell = () => undefined, measured }) {
  const length = quick ? lengths.quick : lengths.full;
  const name = asked ?? length.shape;
  const shape = shapeOf(name);
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'netsluice-over-tls-'));
  mkdirSync(folder, { recursive: true });
  const running = [];
  const start = async (...given) => {
    const one = await startProcess(...given);
    running.push(one);
    return one;
  };
  try {
    const files = await filesIn(folder);
    const began = performance.now();
    const since = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    const cluster = await start('./cluster.mjs', [name, String(seed)], roomy);
    tell(`a cluster of ${name} is listed at port ${cluster.port}, after ${since()}`);
    const { cert, key, clientCa } = files;
    const own = { listen: '127.0.0.1:0', healthListen: '127.0.0.1:0', cert, key, clientCa };
    const config = {
      ...own,
      ...length.serve,
      settings: files.settings,
      kubeconfig: files.kubeconfig(cluster.port),
    };
    const server = await start(
      './server.mjs',
      [JSON.stringify(config), String(length.keepEvery)],
      heapOptions,
    );
    while (!(await server.ask('ready')).ready) await new Promise((resolve) => setTimeout(resolve, 50));
    tell(`ready after ${since()}`);
    const least = await start('./floor.mjs', [JSON.stringify({ cert, key, clientCa })]);
    const caller = ({ port }) => makeCaller({ port, authority: files.authority, pair: files.client });
    const reviews = reviewsOf(shape, seed);
    const next = () => reviews.next().value;
    const loop = async (part) => {
      const { p99, max, rss, cpuMs } = await server.ask('loop');
      if (keep !== undefined) {
        await server.ask('profile', { file: join(folder, `${part}.cpuprofile`) });
        // To write a profile down blocks the loop as well.
        await server.ask('loop');
      }
      const rssMiB = Math.round(rss / 2 ** 20);
      tell(`${part} over after ${since()}: ${Math.round(cpuMs)} ms of processor time, ${rssMiB} MiB`);
      return { p99: rounded(p99), max: rounded(max), rssMiB, cpuMs: Math.round(cpuMs) };
    };
    await loop('start');
    let expired = { at: 0, namespace: '' };
    const run = new Measured(caller(server), caller(least), next, length, {
      loop,
      churn: (rate) => cluster.ask('churn', { rate }),
      expire: async () => {
        expired = await cluster.ask('expire');
      },
      listed: async () => {
        const { holds } = await server.ask('holds', { namespace: expired.namespace, name: listedName });
        return holds;
      },
    });
    const report = await run.run();
    const all = run.answers;
    tell(`${all.length} answers of the gate were timed, after ${since()}`);
    const result = { shape: name, seed, ...report, answers: answersOf(all) };
    measured?.(result);
    const { namespace } = await cluster.ask('settle');
    while (!(await server.ask('settled', { namespace })).settled)
      await new Promise((resolve) => setTimeout(resolve, 50));
    tell(`the world is what the server has, after ${since()}`);
    const [journal, history] = [join(folder, 'journal'), join(folder, 'history')];
    const [{ happened }] = await Promise.all([
      cluster.ask('save', { file: history }),
      server.ask('save', { file: journal }),
    ]);
    const kept = all
      .filter(({ uid, status }) => status === 200 && isKept(uid, length.keepEvery))
      .map(({ uid, text }) => ({ uid, text }));
    for (const one of running.splice(0)) await one.stop();
    const given = {
      name,
      seed,
      settings,
      flows: length.flows,
      journal,
      history,
      kept,
      expiredAt: expired.at,
    };
    if (keep !== undefined)
      writeFileSync(join(folder, 'given.json'), JSON.stringify({ ...given, times: timesOf(all) }));
    const checked = await judged(given, tell);
    tell(`all is judged after ${since()}`);
    return { ...result, happened, ...checked };
  } finally {
    for (const one of running) await one.stop();
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

const timesOf = (all) => all.map(({ text, ...time }) => time);

function answersOf(all) {
  const isOk = ({ status }) => status === 200;
  const notes = all.filter(isOk).map(({ text }) => JSON.parse(text).response.auditAnnotations ?? {});
  return {
    count: all.length,
    notOk: all.filter((answer) => !isOk(answer)).length,
    notAnalysed: notes.filter(({ error }) => error !== undefined).length,
    partial: notes.filter(({ partial }) => partial !== undefined).length,
    underFiveMs: rounded(all.filter((answer) => isOk(answer) && answer.ms < 5).length / all.length),
  };
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
    ...(args.includes('--keep') ? { keep: option('--keep') } : {}),
    tell,
  });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  const file = option('--json', '');
  if (file !== '') writeFileSync(file, JSON.stringify(result, null, 2));
}
