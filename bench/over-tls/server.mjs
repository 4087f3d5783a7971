// A process that runs `netsluice serve` as main.ts does, and keeps a journal of what the world was told and when, so
// that its answers can be judged afterwards.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { serialize } from 'node:v8';
import { openPicture } from '../../dist/cli/picture.js';
import { serve } from '../../dist/cli/serve.js';
import { openObjects } from '../../dist/cli/serve-certificates.js';
import { startScan } from '../../dist/cli/serve-scan.js';
import { readServeConfig } from '../../dist/config.js';
import { decodeSettings, defaultSettings } from '../../dist/review/settings.js';
import { rules } from '../../dist/rules/registry.js';
import { Journal } from './journal.mjs';

const { config, problem } = readServeConfig(JSON.parse(process.argv[2] ?? '{}'), {});
if (problem !== undefined) throw new Error(problem);
const journal = new Journal(Number(process.argv[3]));
const ruleIds = rules.map(({ id }) => id);
const webhook = await serve(config, {
  version: 'bench',
  defaultSettings,
  decodeSettings: (text) => decodeSettings(text, ruleIds),
  openPicture: async (...given) => {
    const picture = await openPicture(...given);
    if ('problem' in picture) return picture;
    journal.follow(picture.sight);
    return {
      ...picture,
      review: (request, limits) => {
        const review = picture.review(request, limits);
        journal.answered(request, review);
        return review;
      },
    };
  },
  startScan,
  openObjects,
  printError: (line) => process.stderr.write(`${line}\n`),
  onSignal: () => undefined,
  exit: (code) => process.exit(code),
});
if (typeof webhook === 'number') process.exit(webhook);

const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
let cpu = process.cpuUsage();

/** Longest block, memory, and processor time since the last time. */
function vitals() {
  const { user, system } = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  const [p99, max] = [loop.percentile(99) / 1e6, loop.max / 1e6];
  loop.reset();
  return { p99, max, rss: process.memoryUsage().rss, cpuMs: (user + system) / 1000 };
}

let profiler = null;

/** Profiles from the first call on; each later one writes what ran since the one before. */
function profileTo(file) {
  if (profiler === null) {
    profiler = new Session();
    profiler.connect();
    profiler.post('Profiler.enable');
    profiler.post('Profiler.setSamplingInterval', { interval: 500 });
  } else profiler.post('Profiler.stop', (_, { profile }) => writeFileSync(file, JSON.stringify(profile)));
  profiler.post('Profiler.start');
}

const answers = {
  ready: () => ({ ready: webhook.ready() }),
  holds: ({ namespace, name }) => ({ holds: journal.holds(namespace, name) }),
  settled: ({ namespace }) => ({ settled: journal.settled(namespace) }),
  loop: vitals,
  profile: ({ file }) => profileTo(file),
  save: ({ file }) => writeFileSync(file, serialize(journal.saved())),
};
process.on('message', (message) => {
  process.send?.({ ...answers[message.command](message), done: message.command });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ done: 'listen', port: webhook.address.port });
