// `node bench/review.mjs`, after `npm run build`: what a review costs on the example shop, handler only, as a ratio over a handler that does nothing.
//
// Both handlers are the real webhook application without its socket (`inject`), so that the ratio shows the review
// and not HTTP. They are called in pairs, each pair in turn in the other order, so that both see the same machine.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { readChanges, readShop, reviewOf } from '../dist/cli/example-shop.js';
import { review } from '../dist/review/review.js';
import { profileOf } from '../dist/review/settings.js';
import { rules } from '../dist/rules/registry.js';
import { worldOf } from '../dist/world/build.js';
import { handlerOf, handlerOfNothing, send } from './handler.mjs';

// `--quick` shows that it runs; its figures mean nothing.
const [WARM_UP, ROUNDS] = process.argv.includes('--quick') ? [1, 2] : [30, 100];
const GOAL_MS = 5;

const shop = readShop();
const world = worldOf(profileOf(shop.settings), shop.events);
const context = {
  world,
  settings: shop.settings,
  rules,
  freshness: { stale: [], absent: [] },
  ownNamespace: '',
};
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const full = handlerOf((request, limits) => review(request, { ...context, limits }));
const noop = handlerOfNothing();
const payloads = readChanges(shop).map((change) => ({
  file: change.file,
  body: JSON.stringify(reviewOf(change)),
}));

const samples = { full: [], noop: [] };
const byFile = new Map(payloads.map(({ file }) => [file, []]));
for (let round = -WARM_UP; round < ROUNDS; round += 1) {
  for (const { file, body } of payloads) {
    const order = round % 2 === 0 ? ['full', 'noop'] : ['noop', 'full'];
    for (const which of order) {
      const ms = await send(which === 'full' ? full : noop, body);
      if (round < 0) continue;
      samples[which].push(ms);
      if (which === 'full') byFile.get(file).push(ms);
    }
  }
}
await full.close();
await noop.close();

const [fullMs, noopMs] = [median(samples.full), median(samples.noop)];
const say = (line) => process.stdout.write(`${line}\n`);
for (const [file, values] of byFile) say(`${median(values).toFixed(3).padStart(8)} ms  ${file}`);
say('');
say(`review   ${fullMs.toFixed(3)} ms at the median of ${samples.full.length} calls`);
say(`no-op    ${noopMs.toFixed(3)} ms`);
say(`ratio    ${(fullMs / noopMs).toFixed(1)}`);
say(`goal     review under ${GOAL_MS} ms at the median: ${fullMs < GOAL_MS ? 'met' : 'missed'}`);
say(
  `run on   netsluice ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
);
process.exit(0);
