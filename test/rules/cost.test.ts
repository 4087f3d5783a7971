import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ClusterObject } from '../../src/model/objects.ts';
import { rules } from '../../src/rules/registry.ts';
import type { Cost, PolicyRule } from '../../src/rules/rule.ts';
import { namespace, pod, recordOf } from '../support/build.ts';
import { copiesIn } from '../support/grown.ts';
import { policyRule } from '../support/injected-rules.ts';
import { otherNamespaces } from '../support/other-namespaces.ts';
import { stepsOf } from '../support/rule-steps.ts';
import { caseIn } from '../support/want.ts';

const root = join('test', 'fixtures', 'rules');

/** The files of a rule in which it speaks: there it looks at all that it ever looks at. */
function loudTexts(id: string): readonly (readonly [file: string, text: string])[] {
  const files = readdirSync(join(root, id)).filter((file) => file.startsWith('loud-'));
  return files.sort().map((file) => [file, readFileSync(join(root, id, file), 'utf8')]);
}

const few = otherNamespaces(2);
const many = otherNamespaces(20);

/** So many namespaces with a pod each that whatever has a limit has reached it. */
function crowd(count: number): readonly ClusterObject[] {
  return Array.from({ length: count }, (_, i) => [
    recordOf(namespace(`crowd-${i}`)),
    recordOf(pod(`crowd-${i}/one`, { labels: { crowd: `${i}` } })),
  ]).flat();
}

const large = crowd(1100);
const larger = crowd(1500);

/** Two clusters around one fixture, of which the second holds more of all that a rule of this cost may not look at. */
function around(cost: Cost, text: string): readonly [ClusterObject[], ClusterObject[]] {
  const peers = copiesIn(text, 'peers', 9);
  const own = copiesIn(text, 'own', 9);
  switch (cost) {
    case 'text':
      return [[...few], [...many, ...peers, ...own]];
    case 'namespace':
      return [[...few], [...many, ...peers]];
    case 'peers':
    case 'change':
      return [[...few], [...many]];
    case 'sample':
      return [[...large], [...larger]];
  }
}

const judging = rules.filter((rule) => rule.judges !== 'document');

test.each(judging.map((rule) => [rule.id, rule] as const))('%s costs what it says', (id, rule) => {
  const counts = loudTexts(id).map(([file, text]) => {
    const [small, grown] = around(rule.cost, text);
    return [file, stepsOf(rule, caseIn(text, small)), stepsOf(rule, caseIn(text, grown))];
  });
  expect(counts.length).toBeGreaterThan(0);
  expect(counts.filter(([, before, after]) => before !== after)).toEqual([]);
});

test('a rule about documents sees no cluster', () => {
  const others = rules.filter(({ judges }) => judges === 'document');
  expect(others.map(({ cost }) => cost)).toEqual(others.map(() => 'text'));
});

describe('the count finds a rule that walks over', () => {
  const text = loudTexts('policy-selects-no-pods')[0]?.[1] ?? '';
  const walks: readonly (readonly [what: string, PolicyRule])[] = [
    ['every pod', walking(({ world }) => [...world.records('Pod')])],
    ['every unit', walking(({ world }) => world.units.toArray().map((id) => world.unit(id)))],
    ['every policy', walking(({ world }) => [...world.records('NetworkPolicy')])],
    ['every namespace', walking(({ world }) => [...world.namespaces()])],
    ['every Service', walking(({ world }) => [...world.records('Service')])],
    [
      'the policies of every namespace',
      walking(({ world }) => [...world.namespaces()].map(({ name }) => [...world.policiesIn(name)])),
    ],
  ];

  function walking(walk: (input: Parameters<PolicyRule['check']>[0]) => unknown): PolicyRule {
    return policyRule({
      finds: (input) => {
        walk(input);
        return [];
      },
    });
  }

  test.each(walks)('%s', (_, rule) => {
    const [small, grown] = [few, many].map((others) => stepsOf(rule, caseIn(text, others)));
    expect(grown).toBeGreaterThan(small ?? Number.NaN);
  });
});
