import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderWith, spawned } from './program.ts';
import { schemaProblems } from './schema.ts';

/** One policy with a fault of each sort; nothing else is known of its namespace. */
const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector: { matchLabels: { app: web } }
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector: { matchLabels: { team: ops } }
        - podSelector: { matchLabels: { app: prometheus } }
      ports:
        - port: 010
  egress:
    - {}
`;

const bad = policy.replace('port: 010', 'port: "80"').replace('name: web', 'name: bad');

const pods = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: wep } }
  template: { metadata: { labels: { app: wep } }, spec: { containers: [] } }
`;

const skipped =
  /\nskipped, for the input does not hold the workloads they look at: policy-selects-no-pods, .*, \+\d+; give those manifests too, or --complete if these are all\n$/;

describe('netsluice lint', () => {
  test('tells each finding at its place, as kubectl will read the file', async () => {
    const file = join(folderWith({ 'web.yaml': policy }), 'web.yaml');
    const { out, ...ended } = await spawned(['lint', '-f', file, '--fail-on', 'warning']);
    // Which rules there are is none of this test's business.
    expect({ ...ended, out: out.replace(skipped, '\n(skipped)\n') }).toEqual({
      code: 1,
      err: '',
      out: `▲ warning peer-or-looks-like-and: matches all pods in namespaces with team=ops and also app=prometheus here
   --> ${file}:12:11
   |
12 |         - podSelector: { matchLabels: { app: prometheus } }
   |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = NetworkPolicy shop/web spec.ingress[0].from[1]
   = help: remove the dash of the second peer if both selectors must hold
   = more: netsluice explain peer-or-looks-like-and

▲ warning ambiguous-scalar: 010 is 8 in YAML 1.1, which kubectl reads, and 10 in YAML 1.2
   --> ${file}:14:17
   |
14 |         - port: 010
   |                 ^^^
   = NetworkPolicy shop/web spec.ingress[0].ports[0].port
   = help: write 8 or 10

✖ error rules-without-policy-type: 1 egress clause is ignored: policyTypes lacks Egress
   --> ${file}:15:3
   |
15 |   egress:
   |   ^^^^^^
   = NetworkPolicy shop/web spec.egress
   = help: add Egress to policyTypes or drop it
   = fix: with --fix line 8 becomes
 8 +   policyTypes: [Ingress, Egress]
   = more: netsluice explain rules-without-policy-type

1 error, 2 warnings, 0 info in 1 policy of 1 file
(skipped)
`,
    });
  });

  test('what kube-apiserver rejects is an error, in its own words and with what to write instead', async () => {
    const { code, out, err } = await spawned(['lint', '-f', '-', '-o', 'compact'], {}, bad);
    expect([code, err]).toEqual([1, '']);
    expect(out.split('\n')[1]).toBe(
      '-:14:17: error api-rejects: kube-apiserver rejects it: spec.ingress[0].ports[0].port: Invalid value: "80": ' +
        'must contain at least one letter (a-z); write 80 without quotes (NetworkPolicy shop/bad)',
    );
  });

  test('versions and kinds that no server knows are told, and the rest is judged as it is meant', async () => {
    const old = policy.replace('networking.k8s.io/v1', 'extensions/v1beta1');
    const plural = policy.replace('kind: NetworkPolicy', 'kind: NetworkPolicies').replace('web', 'other');
    const calico = bad.replace('networking.k8s.io/v1', 'crd.projectcalico.org/v1');
    const folder = folderWith({ 'a.yaml': old, 'b.yaml': plural, 'c.yaml': calico });
    const { code, out } = await spawned(['lint', '-f', folder, '-o', 'compact']);
    const lines = out.replaceAll(`${folder}/`, '').split('\n');
    expect([code, lines.filter((line) => line.includes(': error '))]).toEqual([
      1,
      [
        'a.yaml:1:13: error api-version-not-served: kube-apiserver rejects it: no matches for kind "NetworkPolicy" in version "extensions/v1beta1"; write apiVersion: networking.k8s.io/v1 (NetworkPolicy shop/web)',
        'a.yaml:15:3: error rules-without-policy-type: 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it (NetworkPolicy shop/web)',
        'b.yaml:2:7: error api-version-not-served: kube-apiserver rejects it: no matches for kind "NetworkPolicies" in version "networking.k8s.io/v1"; write kind: NetworkPolicy (NetworkPolicy shop/other)',
        'b.yaml:15:3: error rules-without-policy-type: 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it (NetworkPolicy shop/other)',
      ],
    ]);
    expect(lines.filter((line) => line.startsWith('c.yaml'))).toEqual([
      'c.yaml:1:13: info api-version-not-served: a NetworkPolicy of crd.projectcalico.org/v1 is a kind of its own and is not judged here (NetworkPolicy shop/bad)',
    ]);
  });

  test('a CIDR with bits beyond its prefix is an error from 1.36 on', async () => {
    const text = policy.replace(
      'namespaceSelector: { matchLabels: { team: ops } }',
      'ipBlock: { cidr: 10.0.0.5/24 }',
    );
    const run = (version: string) =>
      spawned(['lint', '-f', '-', '-o', 'compact', '--kube-version', version], {}, text);
    const [first] = (await run('1.36')).out.split('\n');
    const said =
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.5/24": must not have bits set beyond the prefix length; ' +
      'write 10.0.0.0/24 for the range, or 10.0.0.5/32 for the one address (NetworkPolicy shop/web)';
    expect(first).toBe(`-:11:28: error api-rejects: kube-apiserver rejects it: ${said}`);
    const [before] = (await run('v1.35.2')).out.split('\n');
    expect(before).toBe(`-:11:28: warning api-rejects: kube-apiserver will reject it from 1.36 on: ${said}`);
    const wrong = await run('36');
    expect([wrong.code, wrong.err]).toEqual([
      2,
      "error: option '--kube-version <VERSION>' argument '36' is invalid. It must be a version such as 1.34.\n",
    ]);
  });

  test('a rule about what exists speaks where the input holds it, and is counted as skipped where not', async () => {
    const read = async (...args: string[]) => {
      const folder = folderWith({ 'web.yaml': policy, 'pods.yaml': pods });
      const { out } = await spawned(['lint', '-f', folder, '-o', 'json', ...args]);
      const found: unknown = JSON.parse(out);
      expect(schemaProblems('lint-v1', found)).toEqual([]);
      return found as { findings: { rule: string; message: string; advice: string }[]; skipped: object[] };
    };
    const covered = await read();
    expect(covered.skipped).toContainEqual({ rule: 'namespace-selector-matches-nothing', policies: 1 });
    expect(covered.skipped).not.toContainEqual({ rule: 'policy-selects-no-pods', policies: 1 });
    const told = (found: typeof covered) =>
      found.findings.map(({ rule, message, advice }) => `${rule}: ${message}; ${advice}`);
    expect(told(covered)).toContain('policy-selects-no-pods: it selects no pods until such pods exist; ');
    expect(told(covered).filter((text) => text.startsWith('namespace-selector'))).toEqual([]);
    const complete = await read('--complete');
    expect(complete.skipped).toEqual([]);
    expect(told(complete)).toContain(
      'namespace-selector-matches-nothing: team=ops matches no namespace until such a namespace exists; ',
    );
  });

  test('settings decide as they do for the webhook', async () => {
    const folder = folderWith({
      'web.yaml': policy,
      'off.yaml': 'rules: { rules-without-policy-type: off, peer-or-looks-like-and: info }\n',
      'exempt.yaml': 'exempt: { namespaces: [shop] }\n',
      'wrong.yaml': 'rule: {}\n',
    });
    const run = (settings: string) =>
      spawned(['lint', '-f', `${folder}/web.yaml`, '-o', 'json', '--settings', `${folder}/${settings}`]);
    const severities = async (settings: string) => {
      const { code, out } = await run(settings);
      const { findings, input } = JSON.parse(out) as {
        findings: { rule: string; severity: string }[];
        input: { policies: number; exempt: number };
      };
      return [
        code,
        input.policies,
        input.exempt,
        ...findings.map(({ rule, severity }) => `${rule} ${severity}`),
      ];
    };
    const scalar = 'ambiguous-scalar warning';
    expect(await severities('off.yaml')).toEqual([0, 1, 0, 'peer-or-looks-like-and info', scalar]);
    expect(await severities('exempt.yaml')).toEqual([0, 0, 1, scalar]);
    const wrong = await run('wrong.yaml');
    expect([wrong.code, wrong.err]).toEqual([
      3,
      `netsluice: The settings ${folder}/wrong.yaml are wrong: unknown key "rule"; did you mean "rules"?.\n`,
    ]);
  });

  test('a waiver in the object holds until its day is over, and is told', async () => {
    const waive = (until: string): string =>
      policy.replace(
        'namespace: shop',
        `namespace: shop\n  annotations: { netsluice.dev/waive.rules-without-policy-type: "moved soon; until=${until}" }`,
      );
    const run = async (until: string) => {
      const { code, out } = await spawned(['lint', '-f', '-', '-o', 'compact'], {}, waive(until));
      return [
        code,
        out
          .split('\n')
          .find((line) => line.includes('-type: 1 egress'))
          ?.split(': ')
          .slice(0, 2),
      ];
    };
    expect(await run('2999-12-31')).toEqual([0, ['-:16:3', 'waived error rules-without-policy-type']]);
    expect(await run('2020-01-01')).toEqual([1, ['-:16:3', 'error rules-without-policy-type']]);
  });

  test('waivers that do nothing are told', async () => {
    const waivers = {
      'rules-without-policy-type': 'moved soon; until=2999-12-31',
      'rule-open-to-any-peer': 'nothing to waive; until=2999-12-31',
      'selector-contradiction': 'some reason',
      'all-namespaces-peer': 'long ago; until=2020-01-01',
      'rule-open-to-any-per': 'x; until=2999-12-31',
      'policy-selects-no-pods': 'skipped; until=2999-12-31',
      'connections-newly-blocked': 'not asked; until=2999-12-31',
    };
    const lines = Object.entries(waivers).map(([rule, text]) => `    netsluice.dev/waive.${rule}: "${text}"`);
    const text = policy.replace(
      '  namespace: shop',
      ['  namespace: shop', '  annotations:', ...lines].join('\n'),
    );
    const { code, out } = await spawned(['lint', '-f', '-', '-o', 'compact'], {}, text);
    expect([code, out.split('\n').filter((line) => line.includes('idle-waiver'))]).toEqual([
      0,
      [
        '-:8:48: warning idle-waiver: the waiver of rule-open-to-any-peer waives nothing; drop it (NetworkPolicy shop/web)',
        '-:9:49: warning idle-waiver: the waiver of selector-contradiction does not count; write "reason; until=YYYY-MM-DD", both of them (NetworkPolicy shop/web)',
        '-:10:46: warning idle-waiver: the waiver of all-namespaces-peer ended on 2020-01-01; mend what it waived, or drop it (NetworkPolicy shop/web)',
        '-:11:47: warning idle-waiver: there is no rule "rule-open-to-any-per" to waive; did you mean "rule-open-to-any-peer"? (NetworkPolicy shop/web)',
      ],
    ]);
  });

  test('a policy without a spec is an error: nobody means that', async () => {
    const text =
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: a, namespace: shop }\n';
    expect(await spawned(['lint', '-f', '-', '-o', 'compact'], {}, text)).toEqual({
      code: 1,
      err: '',
      out: '-:3:19: error whole-namespace-target: there is no spec, so it isolates every pod of the namespace for ingress; write the spec (NetworkPolicy shop/a)\n',
    });
  });

  test('directories are read to their ends, links that lead round and hidden folders included or not', async () => {
    const folder = folderWith({ 'a.yaml': policy, 'notes.txt': 'kind: [', 'values.yaml': 'image: x\n' });
    mkdirSync(join(folder, 'overlays/prod'), { recursive: true });
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, 'overlays/prod/b.json'), '{"apiVersion":"v1","kind":"List","items":[]}');
    writeFileSync(join(folder, '.git/x.yaml'), 'kind: [');
    symlinkSync('..', join(folder, 'overlays/round'));
    const { code, out, err } = await spawned([
      'lint',
      '-f',
      folder,
      folder,
      '-o',
      'json',
      '--fail-on',
      'error',
    ]);
    expect([code, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toMatchObject({ input: { files: 3, objects: 1, strangers: 1, policies: 1 } });
  });

  test('what cannot be read is told with its place; the rest is judged all the same', async () => {
    const folder = folderWith({ 'a.yaml': policy, 'b.yaml': 'kind: [\n', 'c.yaml': '{{ .Values.x }}\n' });
    mkdirSync(join(folder, 'empty'));
    symlinkSync('nowhere', join(folder, 'dangling.yaml'));
    const { code, out, err } = await spawned([
      'lint',
      '-f',
      folder,
      `${folder}/empty`,
      '/gone',
      '-o',
      'compact',
    ]);
    expect([code, out.split('\n').length]).toEqual([3, 4]);
    expect(err.replaceAll(`${folder}/`, '')).toBe(`netsluice: not read: dangling.yaml: there is no such file
netsluice: not read: empty: there is no YAML or JSON file in it
netsluice: not read: /gone: there is no such file
netsluice: not read: b.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]
netsluice: not read: c.yaml:1:2: a key must be a plain value; it looks like a Helm template: give the output of \`helm template\` instead
  |
1 | {{ .Values.x }}
  |  ^
`);
  });

  test('several formats in one run; colours only on a terminal', async () => {
    const folder = folderWith({ 'web.yaml': policy });
    const out = (name: string): string => join(folder, name);
    const outputs = [
      'pretty',
      `sarif=${out('s')}`,
      `junit=${out('j')}`,
      `gitlab=${out('g')}`,
      `pretty=${out('p')}`,
    ];
    const args = ['lint', '-f', folder, ...outputs.flatMap((output) => ['-o', output])];
    const plain = await spawned(args);
    expect(plain.out).not.toContain('\u001b');
    const forced = await spawned(args, { FORCE_COLOR: '1' });
    expect(forced.out).toBe(plain.out);
    expect(readFileSync(out('p'), 'utf8')).toBe(plain.out);
    expect(JSON.parse(readFileSync(out('s'), 'utf8'))).toMatchObject({ version: '2.1.0' });
    expect(readFileSync(out('j'), 'utf8')).toMatch(/^<\?xml/);
    expect(JSON.parse(readFileSync(out('g'), 'utf8'))).toHaveLength(3);
  });

  test('the example has no errors', async () => {
    for (const args of [['--complete'], []]) {
      const { code, err, out } = await spawned(['lint', '-f', 'examples/shop', ...args]);
      expect([code, err, /^0 errors, .* in 13 policies of 8 files$/m.test(out)]).toEqual([0, '', true]);
    }
  });

  test('a comment waives what is told of its line, of the next, or of its whole document', async () => {
    const day = 'until=2999-12-31';
    const text = `# netsluice-waive peer-or-looks-like-and both are meant; ${day}
${policy.replace('  egress:', `  # netsluice-waive rules-without-policy-type moved soon; ${day}\n  egress:`)}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: late, namespace: shop }
spec:
  podSelector: { matchLabels: { app: late } }
  policyTypes: [Ingress] # netsluice-waive rules-without-policy-type not this line; ${day}
  ingress:
    - from: [] # netsluice-waive empty-peer-list-allows-all long ago; until=2020-01-01
    - from: null # netsluice-waive empty-peer-list-allows-all everybody is meant; ${day}
      ports: [{ port: 443 }]
      # netsluice-waive empty-peer-list-allow-all a slip; ${day}
  # netsluice-waive policy-types-style
  # netsluice-waive
  # netsluice-waive policy-selects-no-pods skipped; ${day}
  # netsluice-waive unknown-or-misplaced-field kept for an older server; ${day}
  egres: []
`;
    const { code, out } = await spawned(['lint', '-f', '-', '-o', 'compact'], {}, text);
    const lines = out.split('\n').map((line) => line.slice(0, line.lastIndexOf(' (')));
    expect([code, lines.filter((line) => line.includes('waive'))]).toEqual([
      1,
      [
        '-:13:11: waived warning peer-or-looks-like-and: matches all pods in namespaces with team=ops and also app=prometheus here; remove the dash of the second peer if both selectors must hold',
        '-:17:3: waived error rules-without-policy-type: 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it',
        '-:25:26: warning idle-waiver: the waiver of rules-without-policy-type waives nothing here; drop it, or put it on the line of the finding',
        '-:27:16: warning idle-waiver: the waiver of empty-peer-list-allows-all ended on 2020-01-01; mend what it waived, or drop it',
        '-:28:13: waived error empty-peer-list-allows-all: an empty from means everybody: all sources get in on 443/TCP; drop the clause to deny, or drop from to allow everybody',
        '-:30:7: warning idle-waiver: there is no rule "empty-peer-list-allow-all" to waive; did you mean "empty-peer-list-allows-all"?',
        '-:31:3: warning idle-waiver: the waiver of policy-types-style does not count; write # netsluice-waive RULE REASON; until=YYYY-MM-DD',
        '-:32:3: warning idle-waiver: the comment names no rule to waive; write # netsluice-waive RULE REASON; until=YYYY-MM-DD',
        '-:35:10: waived error unknown-or-misplaced-field: egres is no field: kubectl refuses the object, other clients lose it in silence; write egress',
      ],
    ]);
  });

  test('documents without a namespace belong to the one that is declared', async () => {
    const text = policy.replace('  namespace: shop\n', '');
    const told = async (folder: string, ...args: string[]) => {
      const { out } = await spawned(['lint', '-f', folder, '-o', 'compact', ...args]);
      return out
        .replaceAll(`${folder}/`, '')
        .split('\n')
        .filter((line) => line.includes('missing-namespace'));
    };
    const plain = folderWith({ 'a.yaml': text });
    expect(await told(plain)).toEqual([
      'a.yaml:3:1: warning missing-namespace: it names no namespace, so it goes wherever the current context points; write metadata.namespace (NetworkPolicy default/web)',
    ]);
    expect(await told(plain, '--namespace', 'shop')).toEqual([
      'a.yaml:3:1: info missing-namespace: it names no namespace; --namespace says shop (NetworkPolicy shop/web)',
    ]);
    const overlay = folderWith({
      'a.yaml': text,
      'kustomization.yaml': 'namespace: bank\nresources: [a.yaml]\n',
    });
    expect(await told(overlay)).toEqual([
      'a.yaml:3:1: info missing-namespace: it names no namespace; the kustomization says bank (NetworkPolicy bank/web)',
    ]);
  });

  test('a document without a type is judged all the same, and what is said of one fault is said once', async () => {
    const text = `Spec:
  podSelector: { matchLabels: ...(pod labels)... }
  policyTypes: [Ingress]
  ingress:
    - to: [{ podSelector: {} }]
      ports: [{ port: "80", protocol: tcp }]
    - from: []
kind: NetworkPolicy
api: networking.k8s.io/v1
metadata: { name: a, namespace: shop }
`;
    const { code, out, err } = await spawned(['lint', '-f', '-', '-o', 'compact'], {}, text);
    expect([code, err, out.split('\n').map((line) => line.split(': ').slice(0, 2).join(': '))]).toEqual([
      1,
      '',
      [
        '-:1:1: error unknown-or-misplaced-field',
        '-:2:31: error api-rejects',
        '-:5:11: error unknown-or-misplaced-field',
        '-:7:13: error empty-peer-list-allows-all',
        '-:9:6: error api-version-not-served',
        '',
      ],
    ]);
  });

  test('wrong usage', async () => {
    const { code, err } = await spawned(['lint']);
    expect([code, err]).toEqual([2, "error: required option '-f, --file <PATH...>' not specified\n"]);
    const format = await spawned(['lint', '-f', '-', '-o', 'xml']);
    expect([format.code, format.err]).toEqual([
      2,
      'error: -o xml: it must be pretty or compact or json or sarif or junit or github or gitlab or markdown, with =FILE to write a file.\n',
    ]);
  });
});
