import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type ExplainDocument, type ExplainedRule, explainText } from '../../src/report/explain.ts';
import { colours, plain } from '../../src/report/terminal.ts';
import { pod, policy } from '../support/build.ts';
import { spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

const manifests = [
  pod('shop/web', { labels: { app: 'web' }, ports: ['8080 http'] }),
  policy('shop/deny', '{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 443}]}]}'),
  policy(
    'shop/web',
    '{podSelector: {matchLabels: {app: web}}, ingress: [{from: [], ports: [{port: http}]}]}',
  ),
]
  .map((object) => JSON.stringify(object))
  .join('\n---\n');

const run = (...args: string[]) => spawned(['explain', ...args, '-f', '-'], {}, manifests);

const page = readFileSync('docs/rules/egress-blocks-dns.md', 'utf8');

describe('netsluice explain RULE', () => {
  test.each(['egress-blocks-dns', 'R01', 'r1', '1'])(
    '%s prints the page, and asks no cluster',
    async (name) => {
      const { code, out, err } = await spawned(['explain', name]);
      expect([code, err]).toEqual([0, '']);
      expect(out.startsWith('# R01: Pods lose DNS\n\n`egress-blocks-dns`\n')).toBe(true);
      expect(page).toContain(out.slice(out.indexOf('## Why')).trimEnd());
    },
  );

  test('several, as JSON in the published shape', async () => {
    const { code, out } = await spawned(['explain', 'R02', 'R17', '-o', 'json']);
    const document: unknown = JSON.parse(out);
    expect([code, schemaProblems('explain-v1', document)]).toEqual([0, []]);
    expect(document).toMatchObject({
      schema: 'explain/v1',
      rules: [
        {
          id: 'rules-without-policy-type',
          number: 'R02',
          severity: { baseline: 'error', restricted: 'error' },
          needs: [],
          admission: 'told',
        },
        { id: 'control-plane-callback-blocked', cure: 'policy', severity: { baseline: 'error' } },
      ],
      policies: [],
    });
  });

  test('an unknown one ends with 2 and a guess', async () => {
    expect(await spawned(['explain', 'egres-blocks-dns', 'R99'])).toEqual({
      code: 2,
      out: '',
      err: `netsluice: There is no rule egres-blocks-dns; did you mean egress-blocks-dns? A policy is written namespace/name.
netsluice: There is no rule R99. A policy is written namespace/name.
`,
    });
  });

  test('on a terminal headings are bold and code is dim, without the marks of Markdown', () => {
    const rule: Omit<ExplainedRule, 'page'> = {
      ...{ id: 'x', number: 'R01', title: 't', confidence: 'certain', cure: 'none', needs: [] },
      severity: { baseline: 'info', restricted: 'info' },
      admission: 'told',
    };
    const document: ExplainDocument = {
      schema: 'explain/v1',
      rules: [
        {
          ...rule,
          page: '# R01: t\n\n<!-- made -->\n\n`x` says\n\n```yaml\na: b\n```\n\n[All rules](README.md)\n',
        },
      ],
      ...{ policies: [], problems: [], partial: null },
    };
    expect(explainText(document, colours)).toBe(
      '\u001b[1mR01: t\u001b[0m\n\nx says\n\n\u001b[2m  a: b\u001b[0m',
    );
    expect(explainText(document, plain)).toBe('# R01: t\n\n`x` says\n\n```yaml\na: b\n```');
  });
});

describe('netsluice explain POLICY', () => {
  test('says whom it selects, what each clause lets through and what lint finds', async () => {
    const { code, err, out } = await run('shop/web');
    const [words, findings = ''] = out.split('\nFindings\n');
    expect([code, err]).toEqual([0, '']);
    expect(words).toBe(`shop/web
It selects pods of namespace shop whose label app is web (1 pod: shop/web).

It isolates them for ingress. What one of its clauses or another policy allows goes through, and nothing else:
  ingress[0]: On the TCP port that a container calls http (8080) it lets in everybody: every pod, node and address, inside and outside the cluster.

It says nothing of egress: it neither isolates pods for it nor allows anything.

What goes through all the same
  All egress of 1 pod: no policy isolates them for it.
  What comes from the node that a pod runs on, such as probes.
  Connections that are open already, perhaps: that is the affair of the network plugin.

Other policies that select some of these pods
  shop/deny (ingress)

Notes
  spec.ingress[0].from is an empty list: that is everybody, not nobody.
`);
    // Other rules speak as well; which ones is their own affair.
    expect(findings.split('\n')).toContain(
      '  warning spec.ingress[0] [rule-open-to-any-peer] everybody, inside and outside the cluster, gets in on http/TCP; name the peers in from',
    );
  });

  test('with rules beside it, as JSON in the published shape', async () => {
    const { code, out } = await run('R02', 'shop/deny', '-o', 'json');
    const document: ExplainDocument = JSON.parse(out);
    expect([code, schemaProblems('explain-v1', document)]).toEqual([0, []]);
    expect(document.rules.map(({ number }) => number)).toEqual(['R02']);
    expect(document.policies[0]?.ignored.map(({ clause }) => clause)).toEqual(['egress[0]']);
    expect(document.policies[0]?.findings[0]).toEqual({
      rule: 'rules-without-policy-type',
      severity: 'error',
      at: 'spec.egress',
      text: '[rules-without-policy-type] 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it',
    });
  });

  test('one that is not there ends with 2', async () => {
    const gone = await run('shop/dney');
    expect([gone.code, gone.out, gone.err]).toEqual([
      2,
      '',
      'netsluice: There is no NetworkPolicy shop/dney; did you mean deny?\n',
    ]);
  });
});
