/** Follows the pages for users to the letter: every command here is one of theirs. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import { type AddOn, startAddOn } from './install.ts';
import { masked } from './kubectl-answer.ts';

const bin = mkdtempSync(join(tmpdir(), 'netsluice-user-'));
let addOn: AddOn;

beforeAll(async () => {
  addOn = await startAddOn([]);
  symlinkSync(addOn.cluster.binaries.kubectl, join(bin, 'kubectl'));
  symlinkSync(addOn.cluster.binaries.helm, join(bin, 'helm'));
}, 1_500_000);

afterAll(async () => {
  rmSync(bin, { recursive: true });
  await addOn?.stop();
}, 60_000);

/** The first block of shell commands of a page that contains a text. */
function commands(page: string, text: string): string {
  const blocks = readFileSync(`docs/${page}`, 'utf8').matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm);
  const block = [...blocks].map(([, lines = '']) => lines).find((lines) => lines.includes(text));
  if (block === undefined) throw new Error(`docs/${page} has no command with ${text}`);
  return block;
}

function shell(script: string): Promise<KubectlResult> {
  const path = `${bin}:${process.env['PATH'] ?? ''}`;
  const child = spawn('bash', ['-ec', script], {
    env: { PATH: path, HOME: bin, KUBECONFIG: addOn.cluster.kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

const TAKES = 180_000;
const headline =
  'Warning: blocks 2 connections (try/web -> kube-system/coredns:53/TCP,53/UDP, +1); isolates 1 workload (1 pod) for egress, 1 keeps no destination\n';
const dns =
  'Warning: [egress-blocks-dns] 1 pod loses DNS until another policy allows UDP+TCP 53 to kube-system/kube-dns\n';
let ref = '';

test(
  'docs/install.md: install, and prove it',
  async () => {
    const installed = await shell(commands('install.md', 'helm install'));
    expect([installed.code, installed.stderr]).toEqual([0, '']);
    expect(installed.stdout).toContain('netsluice 0.1.0 judges NetworkPolicies now.');
    const tested = await shell(commands('install.md', 'helm test'));
    expect(tested.code).toBe(0);
    expect(tested.stderr).toContain('The bad policy was rejected, as it should be');
    expect(tested.stderr).toContain('The API server reaches netsluice.');
  },
  TAKES,
);

test(
  'docs/install.md: see it work',
  async () => {
    const result = await shell(commands('install.md', 'kubectl create namespace try'));
    ref = /ref (\w{8})/.exec(result.stderr)?.[1] ?? '';
    expect(masked(result)).toEqual({
      code: 0,
      stdout:
        'namespace/try created\ndeployment.apps/web created\nnetworkpolicy.networking.k8s.io/deny created\n',
      stderr: `${headline}${dns}Warning: ref ########\n`,
    });
  },
  TAKES,
);

test(
  'docs/operate.md: from the ref to the log line',
  async () => {
    const found = await shell(commands('operate.md', 'grep 3f9c1a2b').replace('3f9c1a2b', ref));
    expect(found.stdout.trim().split('\n')).toHaveLength(1);
    const line = JSON.parse(found.stdout.slice(found.stdout.indexOf('{')));
    expect(line).toMatchObject({
      ...{ ref, namespace: 'try', name: 'deny', decision: 'admitted', msg: 'decision' },
      rules: expect.arrayContaining(['egress-blocks-dns', 'pods-newly-isolated']),
    });
  },
  TAKES,
);

const again = `kubectl -n try delete networkpolicy deny >/dev/null 2>&1
kubectl -n try create -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: {}, policyTypes: [Egress] }
EOF`;

test(
  'docs/operate.md: waive the finding',
  async () => {
    const waived = await shell(commands('operate.md', 'settings.waivers'));
    expect([waived.code, waived.stderr]).toEqual([0, '']);
    let answer = '';
    await addOn.cluster.waitFor(async () => {
      answer = masked(await shell(again)).stderr;
      return !answer.includes('egress-blocks-dns');
    }, 'the waiver to hold');
    expect(answer).toBe(`${headline}Warning: ref ########\n`);
  },
  TAKES,
);

test(
  'docs/rollout.md: enforce in one namespace, then everywhere',
  async () => {
    const label = await shell(
      commands('rollout.md', 'netsluice.dev/enforce=baseline').replace('shop', 'try'),
    );
    expect(label).toEqual({ code: 0, stdout: 'namespace/try labeled\n', stderr: '' });
    const stray = `kubectl -n try create -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: stray }
spec: { podSelector: {}, policyTypes: [Ingress], ingress: [{}], egress: [{}] }
EOF`;
    let refused: KubectlResult = { code: 0, stdout: '', stderr: '' };
    await addOn.cluster.waitFor(async () => {
      await shell('kubectl -n try delete networkpolicy stray --ignore-not-found');
      refused = await shell(stray);
      return refused.stderr.includes('denied the request');
    }, 'the label to reach netsluice');
    expect(masked(refused).stderr).toContain(
      'admission webhook "policies.netsluice.dev" denied the request: ',
    );
    expect(refused.stderr).toContain('[rules-without-policy-type] 1 egress clause is ignored');

    const enforce = await shell(commands('rollout.md', 'profile=enforce'));
    expect([enforce.code, enforce.stderr]).toEqual([0, '']);
    expect(enforce.stdout).toContain('enforce: enforce baseline, warn baseline, audit restricted');
    const listed = await shell(
      commands('rollout.md', 'netsluice rollout').replace('netsluice', `${process.execPath} dist/main.js`),
    );
    expect(listed.code).toBe(0);
  },
  TAKES,
);

test(
  'docs/upgrade.md and docs/install.md: upgrade, uninstall',
  async () => {
    const upgraded = await shell(commands('upgrade.md', 'helm upgrade'));
    expect([upgraded.code, upgraded.stderr]).toEqual([0, '']);
    const gone = await shell(commands('install.md', 'helm uninstall'));
    expect([gone.code, gone.stdout]).toEqual([0, 'release "netsluice" uninstalled\n']);
    const left = await shell(
      'kubectl get validatingwebhookconfigurations,clusterroles -o name | grep netsluice || true',
    );
    expect(left.stdout).toBe('');
  },
  TAKES,
);
