import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderWith, netsluice, spawned } from './program.ts';

/** Two things that a machine can mend, one that it cannot, and a layout of its own. */
const policy = `# who reaches the shop
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name:   web   # the front
  namespace: shop
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [ Ingress ]   # in

  ingress:
    - from:
        # ops
        - namespaceSelector: { matchLabels: { team: ops } }
        - podSelector: { matchLabels: { app: 'prometheus' } }
      ports:
        - port: "80"   # http
  egress:
    - to: [{ podSelector: {} }]
`;

const mended = policy.replace('[ Ingress ]', '[ Ingress, Egress ]').replace('"80"', '80');

describe('netsluice lint --fix', () => {
  test('writes what can be mended and leaves every other character; what is left is told', async () => {
    const folder = folderWith({
      'web.yaml': `${policy}---\n${policy.replace('web ', 'db ')}`,
      'clean.yaml': 'a: 1\n',
    });
    const file = join(folder, 'web.yaml');
    const { code, out, err } = await netsluice(['lint', '-f', folder, '--fix', '-o', 'compact']);
    expect(readFileSync(file, 'utf8')).toBe(`${mended}---\n${mended.replace('web ', 'db ')}`);
    expect([code, err]).toEqual([
      0,
      `netsluice: mended ${file}: 4 findings (api-rejects, rules-without-policy-type)\n`,
    ]);
    expect(out.split('\n').filter((line) => line.includes('warning'))).toHaveLength(2);
    const again = await netsluice(['lint', '-f', folder, '--fix', '-o', 'compact']);
    expect(again).toEqual({ code, out, err: '' });
  });

  test('CRLF, a byte order mark and JSON stay what they are', async () => {
    const json = JSON.stringify(
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'j', namespace: 'shop' },
        spec: {
          podSelector: {},
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: {} }] }],
          egress: [{ to: [{ podSelector: {} }] }],
        },
      },
      null,
      4,
    );
    const windows = `\uFEFF${policy.replaceAll('\n', '\r\n')}`;
    const folder = folderWith({ 'win.yaml': windows, 'j.json': json });
    await netsluice(['lint', '-f', folder, '--fix']);
    expect(readFileSync(join(folder, 'win.yaml'), 'utf8')).toBe(`\uFEFF${mended.replaceAll('\n', '\r\n')}`);
    expect(readFileSync(join(folder, 'j.json'), 'utf8')).toBe(
      json.replace('"Ingress"\n        ]', '"Ingress",\n            "Egress"\n        ]'),
    );
  });

  test('--dry-run prints a diff and writes nothing; findings are told beside it', async () => {
    const folder = folderWith({ 'web.yaml': policy });
    const file = join(folder, 'web.yaml');
    const { code, out, err } = await netsluice(['lint', '-f', file, '--fix', '--dry-run']);
    expect([code, out]).toEqual([
      1,
      `--- a/${file}
+++ b/${file}
@@ -6,7 +6,7 @@
   namespace: shop
 spec:
   podSelector: { matchLabels: { app: web } }
-  policyTypes: [ Ingress ]   # in
+  policyTypes: [ Ingress, Egress ]   # in
 
   ingress:
     - from:
@@ -14,6 +14,6 @@
         - namespaceSelector: { matchLabels: { team: ops } }
         - podSelector: { matchLabels: { app: 'prometheus' } }
       ports:
-        - port: "80"   # http
+        - port: 80   # http
   egress:
     - to: [{ podSelector: {} }]
`,
    ]);
    expect(err.split('\n')[0]).toBe(
      `netsluice: would mend ${file}: 2 findings (api-rejects, rules-without-policy-type)`,
    );
    expect(err.split('\n')).toHaveLength(5);
    expect(readFileSync(file, 'utf8')).toBe(policy);
    const alone = await netsluice(['lint', '-f', file, '--dry-run']);
    expect([alone.code, alone.err]).toEqual([2, 'error: --dry-run goes with --fix.\n']);
  });

  test('standard input comes back mended', async () => {
    const { code, out, err } = await spawned(['lint', '-f', '-', '--fix'], {}, policy);
    expect([code, out]).toEqual([0, mended]);
    expect(err).toMatch(
      /^netsluice: mended -: 2 findings .*\nnetsluice: -:15:11: warning peer-or-looks-like-and: /,
    );
    const clean = 'a: 1\n';
    expect(await spawned(['lint', '-f', '-', '--fix'], {}, clean)).toEqual({ code: 0, out: clean, err: '' });
  });

  test('what is waived is left alone', async () => {
    const waived = policy
      .replace(
        'namespace: shop',
        'namespace: shop\n  annotations: { netsluice.dev/waive.rules-without-policy-type: "soon; until=2999-01-01" }',
      )
      .replace('"80"', '80');
    const folder = folderWith({ 'waived.yaml': waived });
    const { err } = await netsluice(['lint', '-f', join(folder, 'waived.yaml'), '--fix']);
    expect([err, readFileSync(join(folder, 'waived.yaml'), 'utf8')]).toEqual(['', waived]);
  });

  test('a file that is no UTF-8 is not touched', async () => {
    const folder = folderWith({});
    const file = join(folder, 'latin.yaml');
    writeFileSync(file, Buffer.from(policy.replace('the front', 'die Küche'), 'latin1'));
    const before = readFileSync(file);
    const { code, err } = await netsluice(['lint', '-f', file, '--fix', '-o', 'compact']);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect([code, err.split('\n').at(-2)]).toEqual([
      3,
      `netsluice: not read: ${file}:5: it is no text in UTF-8; save it in UTF-8`,
    ]);
  });

  test('json tells what each finding would change', async () => {
    const folder = folderWith({ 'web.yaml': `a: 1\n---\n${policy}` });
    const { out } = await netsluice(['lint', '-f', folder, '-o', 'json']);
    const { findings } = JSON.parse(out) as { findings: { rule: string; fix: object[] }[] };
    expect(findings.flatMap(({ rule, fix }) => (fix.length === 0 ? [] : [{ rule, fix }]))).toEqual([
      {
        rule: 'api-rejects',
        fix: [{ line: 19, column: 1, endLine: 20, endColumn: 1, text: '        - port: 80   # http\n' }],
      },
      {
        rule: 'rules-without-policy-type',
        fix: [
          {
            line: 11,
            column: 1,
            endLine: 12,
            endColumn: 1,
            text: '  policyTypes: [ Ingress, Egress ]   # in\n',
          },
        ],
      },
    ]);
  });
});
