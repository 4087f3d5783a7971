import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

const early = `# HELP calls_seconds [STABLE] How long calls took.
# TYPE calls_seconds histogram
calls_seconds_bucket{name="ours",operation="CREATE",le="0.005"} 2
calls_seconds_bucket{name="ours",operation="CREATE",le="0.025"} 3
calls_seconds_bucket{name="ours",operation="CREATE",le="+Inf"} 3
calls_seconds_sum{name="ours",operation="CREATE"} 0.03
calls_seconds_count{name="ours",operation="CREATE"} 3
`;
const late = `calls_seconds_bucket{name="ours",operation="CREATE",le="0.005"} 9
calls_seconds_bucket{name="ours",operation="CREATE",le="0.025"} 12
calls_seconds_bucket{name="ours",operation="CREATE",le="+Inf"} 13
calls_seconds_sum{name="ours",operation="CREATE"} 0.53
calls_seconds_count{name="ours",operation="CREATE"} 13
calls_seconds_bucket{name="ours",operation="DELETE",le="0.005"} 10
calls_seconds_bucket{name="ours",operation="DELETE",le="0.025"} 10
calls_seconds_bucket{name="ours",operation="DELETE",le="+Inf"} 10
calls_seconds_sum{name="ours",operation="DELETE"} 0.01
calls_seconds_count{name="ours",operation="DELETE"} 10
calls_seconds_bucket{name="theirs",operation="DELETE",le="0.005"} 400
calls_seconds_bucket{name="theirs",operation="DELETE",le="+Inf"} 400
calls_seconds_sum{name="theirs",operation="DELETE"} 1
calls_seconds_count{name="theirs",operation="DELETE"} 400
calls_seconds_more_count{name="ours"} 77
rejections{name="ours",code="403"} 2
rejections{name="ours",code="400"} 1
rejections{name="theirs",code="400"} 5
rejections_created{name="ours"} 1.7e+09
plain 1.5e+03
`;

/** The bench is made of modules that jest does not load: each expression is asked of Node. */
function asked(expression: string): unknown {
  const script = `import * as m from './bench/control-plane/histogram.mjs';
    const [early, late] = ${JSON.stringify([early, late])};
    const ours = (text) => m.histogramOf(text, 'calls_seconds', { name: 'ours' });
    const gained = m.between(ours(late), ours(early));
    process.stdout.write(JSON.stringify(${expression}, (_, value) => value === Infinity ? 'Infinity' : value));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

test('what a histogram gained between two readings, over all operations of one webhook', () => {
  expect(asked('[ours(early), gained]')).toEqual([
    {
      buckets: [
        [0.005, 2],
        [0.025, 3],
        ['Infinity', 3],
      ],
      sum: 0.03,
      count: 3,
    },
    {
      buckets: [
        [0.005, 17],
        [0.025, 19],
        ['Infinity', 20],
      ],
      sum: 0.51,
      count: 20,
    },
  ]);
  // Before its first call a webhook has no series.
  expect(asked("m.between(ours(early), m.histogramOf('', 'calls_seconds'))")).toEqual(asked('ours(early)'));
  expect(asked("m.histogramOf(late, 'calls')")).toEqual({ buckets: [], sum: 0, count: 0 });
});

test('two stretches of time count together', () => {
  expect(asked("m.together(m.histogramOf('', 'x'), ours(early))")).toEqual(asked('ours(early)'));
  expect(asked('m.together(ours(early), gained)')).toEqual({
    buckets: [
      [0.005, 19],
      [0.025, 22],
      ['Infinity', 23],
    ],
    sum: 0.54,
    count: 23,
  });
});

test('shares, edges of quantiles and the mean', () => {
  expect(asked('[0.005, 0.025, 0.01].map((edge) => m.shareWithin(gained, edge))')).toEqual([0.85, 0.95, 0]);
  // The 17th, the 18th, the 19th and the 20th of 20 calls.
  expect(asked('[0.85, 0.9, 0.95, 0.99].map((part) => m.quantileEdge(gained, part))')).toEqual([
    0.005,
    0.025,
    0.025,
    'Infinity',
  ]);
  expect(asked('m.meanOf(ours(early))')).toBe(0.01);
  const none = "m.histogramOf('', 'calls_seconds')";
  expect(asked(`[m.shareWithin(${none}, 0.005), m.quantileEdge(${none}, 0.5), m.meanOf(${none})]`)).toEqual([
    0, 0, 0,
  ]);
});

test('a counter is summed over the series with the wanted labels, and never with another of a longer name', () => {
  expect(asked("m.counterOf(late, 'rejections')")).toBe(8);
  expect(asked("m.counterOf(late, 'rejections', { name: 'ours' })")).toBe(3);
  expect(asked("m.counterOf(late, 'plain')")).toBe(1500);
  expect(asked("m.counterOf(late, 'nothing')")).toBe(0);
});
