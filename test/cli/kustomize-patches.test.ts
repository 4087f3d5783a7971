import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { patchFiles } from '../../src/cli/kustomize-patches.ts';
import { spawned } from './program.ts';

const policy = (metadata: string, spec: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {${metadata}}
spec: ${spec}
`;

test('a base names no namespace, and its overlays do', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-kustomize-'));
  writeFileSync(join(folder, 'kustomization.yaml'), 'resources: [policy.yaml]\n');
  writeFileSync(join(folder, 'policy.yaml'), policy('name: web', '{podSelector: {matchLabels: {app: web}}}'));
  const { out } = await spawned(['lint', '-f', folder, '-o', 'compact']);
  expect(out).toContain(
    'info missing-namespace: it names no namespace, and leaves it to what uses this kustomization',
  );
});

describe('files that a kustomization uses as patches', () => {
  test.each([
    ['under path', 'patches: [{path: a.yaml}, {path: sub/../b.yaml}]', ['x/a.yaml', 'x/b.yaml']],
    ['as merge patches, not those written inside', 'patchesStrategicMerge: [a.yaml]', ['x/a.yaml']],
    ['as lists of steps', 'patchesJson6902: [{target: {kind: NetworkPolicy}, path: a.yaml}]', ['x/a.yaml']],
    ['written inside', 'patches: [{patch: "- op: remove"}]', []],
    ['none', 'resources: [a.yaml]', []],
    ['in a kustomization that is broken', 'patches: [', []],
    ['in one whose aliases lead nowhere', 'patches: *gone', []],
    ['in one of another shape', 'patches: {path: a.yaml}', []],
  ])('%s', (_, text, files) => {
    expect([...patchFiles([{ file: 'x/kustomization.yaml', text }])]).toEqual(files);
  });

  test('only kustomizations name them', () => {
    expect([...patchFiles([{ file: 'x/values.yaml', text: 'patches: [{path: a.yaml}]' }])]).toEqual([]);
  });

  test('are counted and not judged, because what they leave out is not missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsluice-kustomize-'));
    const files = {
      'base/kustomization.yaml': 'resources: [policy.yaml]\n',
      'base/policy.yaml': policy('name: web, namespace: shop', '{podSelector: {matchLabels: {app: web}}}'),
      'prod/kustomization.yaml': 'resources: [../base]\npatches: [{path: more.yaml}]\n',
      'prod/more.yaml': policy('name: web', '{ingress: [{}]}'),
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const { code, out } = await spawned(['lint', '-f', folder]);
    expect(code).toBe(0);
    expect(out).not.toContain('more.yaml');
    expect(out).toContain(
      'passed over: 1 file that a kustomization uses as a patch; lint the output of kustomize build to judge what comes of them',
    );
  });
});
