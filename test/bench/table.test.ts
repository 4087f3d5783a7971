import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

/** The bench is made of modules that jest does not load: each expression is asked of Node. */
function asked(module: string, expression: string): unknown {
  const script = `import * as m from './bench/${module}.mjs'; process.stdout.write(JSON.stringify(${expression}));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

const verdicts = (row: object, check: object) =>
  asked('table', `m.withVerdicts({ rows: [${JSON.stringify(row)}], checks: [${JSON.stringify(check)}] })`);

test('a goal is met where every figure of it is', () => {
  const row = { metric: 'a', unit: 'ms', p50: 1, p99: 6 };
  const check = { what: 'b', value: 3 };
  const met = (goal: object, more: object) => {
    const { rows, checks } = verdicts({ ...row, goal }, { ...check, ...more }) as {
      readonly rows: readonly { readonly met: boolean }[];
      readonly checks: readonly { readonly held: boolean }[];
    };
    return [rows[0]?.met, checks[0]?.held];
  };
  expect(met({ p50: 1, p99: 6 }, { equals: 3 })).toEqual([true, true]);
  expect(met({ p50: 1, p99: 5 }, { equals: 4 })).toEqual([false, false]);
  expect(met({ atLeast: { p50: 2 } }, { atMost: 2 })).toEqual([false, false]);
  expect(met({ atLeast: { p50: 1 } }, { atLeast: 4 })).toEqual([true, false]);
  // What was not measured meets no goal.
  expect(met({ max: 25 }, { value: null, atMost: 9 })).toEqual([false, false]);
});

test('what fell short is told with its goal and its reason', () => {
  const rows = [
    {
      metric: 'one change',
      shape: 'typical',
      unit: 'ms',
      p50: 2,
      met: false,
      goal: { p50: 1 },
      note: 'Why.',
    },
    { metric: 'growth', unit: 'ms', p50: 3, goalText: 'ratio ≤ 1.1', ratio: { median: 1.2 }, met: false },
    { metric: 'index', unit: 's', value: 1, goal: { value: 2 }, met: true },
  ];
  const report = JSON.stringify({ sections: [{ title: 'Difference', rows }] });
  expect(asked('table', `m.missedLines(${report})`)).toEqual([
    '- Difference: one change (typical) is p50 2 ms; the goal is p50 ≤ 1. Why.\n',
    '- Difference: growth is ratio 1.2; the goal is ratio ≤ 1.1.\n',
  ]);
});

test('medians and quartiles', () => {
  expect(asked('statistics', 'm.quantilesOf([5, 1, 4, 2, 3])')).toEqual({
    p50: 3,
    p90: 5,
    p99: 5,
    max: 5,
    count: 5,
  });
  expect(asked('statistics', 'm.ratioOf([2, 4, 6, 8, 5], [1, 1, 1, 1, 0])')).toEqual({
    median: 6,
    low: 4,
    high: 8,
  });
  // Whichever is called first, the answers stand in the same places.
  const order = "[0, 1].map((i) => m.inTurn(i, () => 'ours', () => 'theirs'))";
  expect(asked('statistics', order)).toEqual([
    ['ours', 'theirs'],
    ['ours', 'theirs'],
  ]);
});

test('names of any shape become the same shape for everybody', () => {
  expect(asked('cluster-names', "m.shapeOf('1.5m-10k-20k:3-1-0-2-4-3-1')")).toMatchObject({
    pods: 1_500_000,
    namespaces: 10_000,
    policies: 20_000,
    replicas: 3,
    workloads: 50,
    profile: {
      localPods: 3,
      singlePorts: 1,
      portRanges: 0,
      podSelectors: 2,
      peerNamespaces: 4,
      peerPods: 3,
      cidrs: 1,
    },
  });
});
