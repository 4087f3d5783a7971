import { review } from '../../dist/review/review.js';
import { defaultSettings } from '../../dist/review/settings.js';
import { rules } from '../../dist/rules/registry.js';
import { shapeOf } from '../cluster-names.mjs';
import { handlerOf, handlerOfNothing, send } from '../handler.mjs';
import { reviewsOf } from '../over-tls/reviews.mjs';
import { quantilesOf, ratioOf } from '../statistics.mjs';
import { worldOf } from '../worlds.mjs';

export const title = 'Whole review, handler only';
export const order = 20;
export const quick = true;
export const memoryMiB = 6144;
export const about = `What a request costs from its bytes to the bytes of the answer, with all rules, without a socket:
the application is called in the process. Beside each request the same request goes to the same application with a
review that looks at nothing, so that the ratio shows the review and not HTTP or JSON.`;

async function measure(name, seed, count) {
  const shape = shapeOf(name);
  const { world } = worldOf(shape, seed);
  const context = {
    world,
    settings: defaultSettings,
    rules,
    freshness: { stale: [], absent: [] },
    ownNamespace: '',
  };
  const records = [];
  const full = handlerOf((request, limits) => {
    const answer = review(request, { ...context, limits });
    records.push(answer.record);
    return answer;
  });
  const floor = handlerOfNothing();
  const requests = reviewsOf(shape, seed);
  const [ours, floors] = [[], []];
  for (let i = -Math.floor(count / 5); i < count; i += 1) {
    const { body } = requests.next().value;
    const order = i % 2 === 0 ? [full, floor] : [floor, full];
    const [first, second] = [await send(order[0], body), await send(order[1], body)];
    if (i < 0) continue;
    ours.push(order[0] === full ? first : second);
    floors.push(order[0] === full ? second : first);
  }
  await full.close();
  await floor.close();
  return { ours, floors, records };
}

export async function run({ quick: small, seed, names, say, report }) {
  const rows = [];
  const checks = [];
  const usual = small ? ['typical-small'] : ['typical'];
  for (const name of names.length > 0 ? names : usual) {
    const { ours, floors, records } = await measure(name, seed, small ? 30 : 600);
    const { p50, p99 } = quantilesOf(floors);
    const shared = { shape: name, unit: 'ms', peer: { name: 'looking at nothing', p50, p99 } };
    rows.push({ metric: 'one review', ...shared, ...quantilesOf(ours), ratio: ratioOf(ours, floors) });
    const within = (100 * ours.filter((ms) => ms <= 5).length) / ours.length;
    const goal = small ? {} : { goal: { atLeast: { value: 99 } } };
    rows.push({ metric: 'reviews within 5 ms', shape: name, unit: '%', value: within, ...goal });
    const failed = records.flatMap((record) => record.failed.map(({ rule }) => rule));
    const partial = records.filter((record) => record.partial !== null).length;
    checks.push(
      { what: `rules that threw (${name})`, value: failed.length, equals: 0 },
      { what: `answers that are partial (${name})`, value: partial, equals: 0 },
      { what: `rules asked (${name})`, value: rules.length, atLeast: 40 },
    );
    say(`${name}: p50 ${rows.at(-2).p50} ms`);
    report({ rows, checks });
  }
  return { rows, checks };
}
