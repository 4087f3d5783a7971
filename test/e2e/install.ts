import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AuditEvent, type Cluster, startCluster } from '../control-plane/cluster.ts';
import type { KubectlResult } from '../control-plane/kubectl.ts';
import { type Kubelet, runKubelet } from '../control-plane/kubelet.ts';
import type { PodImage } from '../control-plane/kubelet-container.ts';
import type { KubeletPod } from '../control-plane/kubelet-pod.ts';
import { unhurried } from '../control-plane/unhurried.ts';
import { ensureImage } from '../image/image.ts';
import { clinic, manifest, policy } from './manifest.ts';
import { needBubble } from './netsluice.ts';

export const RELEASE = 'netsluice';
export const NAMESPACE = 'netsluice-system';
/** What the chart calls the ValidatingWebhookConfiguration of that release. */
export const CONFIGURATION = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${RELEASE}.${NAMESPACE}`;

const CHART = join(process.cwd(), 'charts', 'netsluice');
const NODES = ['node-1', 'node-2'];

/** Selects 5 pods, and its egress clause does nothing (R02): a warning, and a rejection where baseline is enforced. */
export const STRAY = {
  podSelector: { matchLabels: { app: 'desk' } },
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ podSelector: {} }] }],
  egress: [{}],
};
/** The same without the mistake. */
export const FINE = { ...STRAY, egress: undefined };
export const HEADLINE = 'isolates 1 workload (5 pods) for ingress';
export const STRAY_LINE =
  '[rules-without-policy-type] 1 egress clause is ignored: policyTypes lacks Egress; add Egress to policyTypes or drop it';

/** What kubectl prints when the chart's entry for policies rejects. */
export function rejected(...lines: readonly string[]): string {
  const text = [...lines, 'ref ########'].join('\n');
  return `Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.netsluice.dev" denied the request: ${text}\n`;
}

export interface Place {
  readonly release?: string;
  readonly namespace?: string;
}

/** A cluster in which netsluice's pods really run, and Helm. */
export interface AddOn {
  readonly cluster: Cluster;
  readonly kubelet: Kubelet;
  /** Runs Helm itself as the administrator; resolves whatever its exit code. */
  helm(args: readonly string[], values?: unknown): Promise<KubectlResult>;
  /** `helm install` of the chart, with `--wait`; rejects with what Helm said unless it succeeded. */
  install(values: unknown, place?: Place): Promise<string>;
  /** `helm upgrade` of the chart, with `--wait`. */
  upgrade(values: unknown, place?: Place): Promise<string>;
  /** `helm uninstall`; resolves when every pod has ended. */
  uninstall(place?: Place): Promise<void>;
  /** `kubectl apply -f -`, whatever comes of it. */
  apply(yaml: string, ...args: readonly string[]): Promise<KubectlResult>;
  /** Resolves when the API server is seen to ask netsluice about policies of a namespace. */
  asked(namespace: string): Promise<void>;
  /** The sum of a metric over the running pods, over its series whose labels contain the text. */
  metric(name: string, labels?: string): Promise<number>;
  /** Lines of netsluice's log, decoded, of every pod that ever ran in the namespace. */
  said(namespace?: string): readonly LogLine[];
  /** What netsluice's service accounts asked and were not allowed to, since the last `uninstall`, which takes rights away first. */
  forbidden(): readonly string[];
  stop(): Promise<void>;
}

export interface LogLine {
  readonly pod: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The image as it was built from the Dockerfile, for the stand-in of the kubelet. */
async function addOnImage(): Promise<PodImage> {
  const { rootfs, config } = await ensureImage();
  const { Entrypoint: entrypoint, Env: env, User: user, WorkingDir: workingDir } = config;
  return { rootfs, entrypoint, command: [], env, user, workingDir };
}

function runHelm(cluster: Cluster, args: readonly string[], values: unknown): Promise<KubectlResult> {
  const home = join(dirname(cluster.logs), 'helm');
  mkdirSync(home, { recursive: true });
  const given = values === undefined ? [] : ['--values', '-'];
  const child = spawn(cluster.binaries.helm, [...args, ...given], {
    // A home of its own: no plugin, repository or cache of the user's has a say.
    env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: cluster.kubeconfig, TZ: 'UTC' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A Helm that fails early closes its end; its exit code says so.
  child.stdin.once('error', () => undefined);
  child.stdin.end(values === undefined ? '' : JSON.stringify(values));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

async function metricOf({ ip }: KubeletPod, name: string, labels: string): Promise<number> {
  const text = await (await fetch(`http://${ip}:8081/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function linesOf(pod: KubeletPod): readonly LogLine[] {
  return readFileSync(pod.log(), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => ({ pod: pod.name, ...(JSON.parse(line) as { msg: string }) }));
}

function isForbidden({ user, responseStatus }: AuditEvent): boolean {
  const denied = responseStatus?.message?.includes('denied the request') ?? false;
  return (
    user.username.startsWith('system:serviceaccount:netsluice') && responseStatus?.code === 403 && !denied
  );
}

/** A cluster with clinics, DNS and the stand-in for the kubelet; netsluice is not there yet. */
export async function startAddOn(namespaces: readonly string[]): Promise<AddOn> {
  needBubble();
  const built = await addOnImage();
  const slow = Object.entries(unhurried).map(([name, value]) => `${name}=${value}`);
  const image = { ...built, env: [...built.env, ...slow] };
  const cluster = await startCluster({ nodes: NODES });
  const kubelet = await runKubelet(cluster, image).catch(async (error: unknown) => {
    await cluster.stop();
    throw error;
  });
  await cluster.apply([...namespaces.map((name) => clinic(name)), manifest('dns.yaml')].join('\n---\n'));

  let uninstalled = 0;
  const helm = (args: readonly string[], values?: unknown) => runHelm(cluster, args, values);
  async function deploy(verb: readonly string[], values: unknown, place: Place = {}): Promise<string> {
    const { release = RELEASE, namespace = NAMESPACE } = place;
    const [first = '', ...more] = verb;
    const args = [first, release, CHART, '-n', namespace, '--wait', '--timeout', '90s', ...more];
    const { code, stdout, stderr } = await helm(args, values);
    if (code !== 0) throw new Error(`helm ${first}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  }
  const apply = (yaml: string, ...args: readonly string[]) =>
    cluster.kubectl(['apply', '-f', '-', ...args], { stdin: yaml });

  return {
    cluster,
    kubelet,
    helm,
    apply,
    install: (values, place) => deploy(['install', '--create-namespace'], values, place),
    upgrade: (values, place) => deploy(['upgrade'], values, place),
    uninstall: async ({ release = RELEASE, namespace = NAMESPACE } = {}) => {
      const { code, stderr } = await helm(['uninstall', release, '-n', namespace, '--wait']);
      if (code !== 0) throw new Error(`helm uninstall: exit code ${code}\n${stderr}`);
      await kubelet.settled(namespace, 0);
      uninstalled = cluster.auditEvents().length;
    },
    asked: async (namespace) => {
      const probe = policy(namespace, 'probe', { podSelector: {}, policyTypes: ['Ingress'], egress: [{}] });
      const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies?dryRun=All`;
      await cluster.waitFor(async () => {
        await cluster.request('POST', path, { body: JSON.parse(probe) });
        const asked = cluster.auditEvents().findLast(({ objectRef }) => objectRef?.name === 'probe');
        return Object.keys(asked?.annotations ?? {}).some((key) => key.startsWith('policies.netsluice.dev/'));
      }, 'the API server to ask netsluice');
    },
    metric: async (name, labels = '') => {
      const values = await Promise.all(kubelet.pods().map((pod) => metricOf(pod, name, labels)));
      return values.reduce((sum, value) => sum + value, 0);
    },
    said: (namespace = NAMESPACE) =>
      kubelet
        .everyPod()
        .filter((pod) => pod.namespace === namespace)
        .flatMap(linesOf),
    forbidden: () =>
      cluster
        .auditEvents()
        .slice(uninstalled)
        .filter(isForbidden)
        .map(({ verb, requestURI, user }) => `${user.username} ${verb} ${requestURI}`),
    stop: async () => {
      await kubelet.stop();
      await cluster.stop();
    },
  };
}
