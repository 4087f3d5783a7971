import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { unbounded } from '../../src/impact/budget.ts';
import { difference } from '../../src/impact/difference.ts';
import { factsOf } from '../../src/platform/facts.ts';
import { redundantPolicy } from '../../src/rules/redundant-policy.ts';
import { findingsOf } from '../../src/rules/run.ts';
import { Shared } from '../../src/rules/shared.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { overlay } from '../../src/world/overlay.ts';
import { type Json, namespace, pod, policy, worldWith } from '../support/build.ts';

/** The names of the policies of shop that are told, each taken away by itself, and what that changes. */
function told(world: ClusterWorld): { readonly name: string; readonly changes: number }[] {
  return [...world.policiesIn('shop')].flatMap((one) => {
    const facts = factsOf(world);
    const input = { policy: one, world, previous: null, facts, shared: new Shared(), invented: false };
    if (findingsOf(redundantPolicy, input).length === 0) return [];
    const change = { edits: [{ kind: 'policy' as const, before: one, after: null }] };
    const { flips, rectangles } = difference(overlay(world, change), change, unbounded());
    return [{ name: one.ref.name, changes: flips.length + rectangles.length }];
  });
}

const fixtures = join('test', 'fixtures', 'rules', 'redundant-policy');

describe('a policy that adds nothing can be taken away', () => {
  test.each(readdirSync(fixtures).filter((file) => file.startsWith('loud-')))('%s', (file) => {
    const documents = parseAllDocuments(readFileSync(join(fixtures, file), 'utf8'));
    const found = told(worldWith(documents.map((document) => document.toJS())));
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ changes }) => changes > 0)).toEqual([]);
  });

  const names = ['a', 'b', 'c'] as const;
  const selector = fc.constantFrom('{}', ...names.map((name) => `{matchLabels: {app: ${name}}}`));
  const peer = fc.oneof(
    selector.map((pods) => `{podSelector: ${pods}}`),
    fc.constantFrom(
      '{namespaceSelector: {}}',
      '{ipBlock: {cidr: 10.0.0.0/8}}',
      '{ipBlock: {cidr: 10.1.0.0/16}}',
    ),
  );
  const ports = fc.constantFrom('', ', ports: [{port: 80}]', ', ports: [{port: 80, endPort: 90}]');
  const clause = fc.tuple(fc.array(peer, { minLength: 1, maxLength: 2 }), ports);
  const written = fc
    .record({ selector, clauses: fc.array(clause, { maxLength: 2 }) })
    .map(({ selector: pods, clauses }) => {
      const ingress = clauses.map(([peers, list]) => `{from: [${peers.join(', ')}]${list}}`);
      return `{podSelector: ${pods}, policyTypes: [Ingress], ingress: [${ingress.join(', ')}]}`;
    });

  test('whatever the others are', () => {
    const pods: Json[] = names.map((name, i) => pod(`shop/${name}`, { ips: [`10.1.0.${i + 1}`] }));
    let said = 0;
    fc.assert(
      fc.property(fc.array(written, { minLength: 2, maxLength: 4 }), (specs) => {
        const policies = specs.map((spec, i) => policy(`shop/p${i}`, spec));
        const found = told(worldWith([namespace('shop'), ...pods, ...policies]));
        said += found.length;
        expect(found.filter(({ changes }) => changes > 0)).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(said).toBeGreaterThan(20);
  });
});
