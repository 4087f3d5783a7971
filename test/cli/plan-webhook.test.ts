import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments, stringify } from 'yaml';
import { detectedAt } from '../../src/cli/detected.ts';
import { runPlan } from '../../src/cli/plan.ts';
import { namingOf } from '../../src/cli/plan-deletions.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/cluster/snapshot.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { plain } from '../../src/report/terminal.ts';
import { review } from '../../src/review/review.ts';
import { profileOf, type Settings } from '../../src/review/settings.ts';
import { rules } from '../../src/rules/registry.ts';
import { worldOf } from '../../src/world/build.ts';
import { shopObjects } from '../review/shop.ts';
import { contextOf, type Json, pod, policy, recordOf, request, settingsWith } from '../support/build.ts';

/** One policy that is to be created, updated or deleted. */
interface Asked {
  readonly before: Json | null;
  readonly after: Json | null;
}

interface Both {
  readonly webhook: readonly Finding[];
  readonly plan: string;
}

const namesOf = (object: Json) => object['metadata'] as { namespace?: string; name: string };

/** As kubectl sends it, so that the webhook knows as well as `plan` what its author wrote. */
function applied(object: Json | null): Json | null {
  if (object === null) return null;
  const metadata = object['metadata'] as { annotations?: Json };
  const note = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object) };
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...note } } };
}

/** Gives one change, snapshot and settings file to the webhook's review and to `netsluice plan`. */
async function both(cluster: readonly ClusterObject[], settings: Settings, asked: Asked): Promise<Both> {
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-plan-'));
  const at = (name: string): string => join(folder, name);
  const objects = asked.before === null ? cluster : [...cluster, recordOf(asked.before)];
  const bytes = encodeSnapshot({
    takenAt: '2026-06-15T12:00:00Z',
    version: '0.0.0',
    cluster: null,
    platform: null,
    absent: [],
    redacted: false,
    objects,
  });
  writeFileSync(at('cluster.snapshot'), bytes);
  writeFileSync(at('settings.yaml'), stringify(settings));
  if (asked.after !== null) writeFileSync(at('change.yaml'), stringify(asked.after));

  const snapshot = decodeSnapshot(bytes);
  if ('problem' in snapshot) throw new Error(snapshot.problem);
  const world = worldOf(
    profileOf(settings, detectedAt(snapshot)),
    snapshot.objects.map((object) => ({ type: 'put', object })),
  );
  const { namespace = 'default', name } = namesOf(asked.after ?? asked.before ?? {});
  const answer = review(request({ ...asked, after: applied(asked.after) }, { namespace, name }), {
    ...contextOf(world, { rules }),
    settings,
  });

  let printed = '';
  const naming = namingOf(`networkpolicy/${namespace}/${name}`);
  if ('problem' in naming) throw new Error(naming.problem);
  const code = await runPlan(
    {
      asked: {
        kind: 'apply',
        files: asked.after === null ? [] : [at('change.yaml')],
        deletions: asked.after === null ? [naming] : [],
      },
      snapshots: [at('cluster.snapshot')],
      maxAgeMs: null,
      cluster: [],
      source: { kubeconfig: null, context: null },
      live: false,
      waitMs: 1000,
      settings: at('settings.yaml'),
      failOn: 'error',
      failOnChange: false,
      outputs: [{ name: 'json', file: null }],
    },
    {
      write: (_, text) => {
        printed += text;
      },
      tell: () => undefined,
      paint: plain,
    },
    { now: () => 0, today: '2026-06-15' },
  );
  if (code > 1) throw new Error(`plan ends with ${code}`);
  const [, plan = '[]'] = /^ {2}"findings": (\[(?:\n.*?\n {2})?\])/ms.exec(printed) ?? [];
  return { webhook: answer.findings, plan };
}

/** As the JSON output writes them. */
function bytesOf(findings: readonly Finding[]): string {
  const lines = findings.map((finding) => `    ${JSON.stringify(finding)}`);
  return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
}

describe('the findings of the webhook and of plan are the same bytes', () => {
  const settings = settingsWith({
    contracts: [
      {
        name: 'web-reaches-api',
        require: {
          from: { namespace: 'shop', podSelector: { matchLabels: { app: 'web' } } },
          to: { namespace: 'shop', podSelector: { matchLabels: { app: 'api' } } },
          ports: ['8081/TCP'],
        },
        reason: 'orders come in here',
      },
    ],
  } as never);
  const cluster = [...shopObjects(), pod('shop/lone', { ports: ['9000'] })].map(recordOf);
  const deny = policy('shop/all', '{podSelector: {}, policyTypes: [Ingress, Egress]}');
  const wide = policy(
    'shop/all',
    '{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {}}]}, {from: [{podSelector: {matchLabels: {app: wed}}}], ports: [{port: http}]}], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}',
  );

  test.each([
    ['created', { before: null, after: deny }],
    ['created wide', { before: null, after: wide }],
    ['updated', { before: wide, after: deny }],
    ['updated the other way', { before: deny, after: wide }],
    ['deleted, and others go on denying', { before: wide, after: null }],
  ])('a policy that is %s', async (_, asked) => {
    const standing = policy('shop/standing', '{podSelector: {}}');
    const { webhook, plan } = await both([...cluster, recordOf(standing)], settings, asked);
    expect(webhook.length).toBeGreaterThan(1);
    expect(plan).toBe(bytesOf(webhook));
  });

  test('the only policy, deleted', async () => {
    const { webhook, plan } = await both(cluster, settings, { before: deny, after: null });
    expect(webhook.map(({ number }) => number)).toEqual(['R16']);
    expect(plan).toBe(bytesOf(webhook));
  });

  test('one that stays as it is has none', async () => {
    const { webhook, plan } = await both(cluster, settings, { before: deny, after: deny });
    expect([webhook, plan]).toEqual([[], '[]']);
  });

  test('nor has one in an exempt namespace', async () => {
    const exempt = settingsWith({ exempt: { namespaces: ['shop'] } });
    const { webhook, plan } = await both(cluster, exempt, { before: null, after: deny });
    expect([webhook, plan]).toEqual([[], '[]']);
  });

  const root = join('test', 'fixtures', 'rules');
  // An empty list that a file holds is sure; what kubectl noted down is a hint, and weighs less.
  const slugs = readdirSync(root).filter((slug) => slug !== 'empty-peer-list-allows-all');
  test.each(slugs.sort())('the examples of %s', async (slug) => {
    for (const file of readdirSync(join(root, slug)).sort()) {
      const asked = fixture(readFileSync(join(root, slug, file), 'utf8'));
      if (asked === null) continue;
      const { webhook, plan } = await both(asked.cluster, settingsWith(), asked);
      expect([file, plan]).toEqual([file, bytesOf(webhook)]);
    }
  });
});

/** The change of a fixture, where it is one of one policy. */
function fixture(text: string): (Asked & { readonly cluster: readonly ClusterObject[] }) | null {
  const roleKey = 'netsluice.dev/fixture';
  const documents = parseAllDocuments(text);
  if (/^# (?:profile|namespace) /m.test(text) || documents.some(({ errors }) => errors.length > 0))
    return null;
  const objects = documents.map((document): Json => document.toJS());
  const role = (object: Json): string =>
    (object['metadata'] as { annotations?: Record<string, string> } | undefined)?.annotations?.[roleKey] ??
    '';
  const [before = null, ...more] = objects.filter((object) => role(object) === 'before');
  const [after = null, ...others] = objects.filter((object) => role(object) === 'apply');
  const asked = [before, after].filter((object) => object !== null);
  const onePolicy =
    more.length + others.length === 0 &&
    asked.length > 0 &&
    asked.every(({ kind }) => kind === 'NetworkPolicy') &&
    new Set(asked.map((object) => JSON.stringify([namesOf(object).namespace, namesOf(object).name]))).size ===
      1;
  if (!onePolicy) return null;
  try {
    return { before, after, cluster: objects.filter((object) => role(object) === '').map(recordOf) };
  } catch {
    // An object that cannot be read is no part of a snapshot.
    return null;
  }
}
