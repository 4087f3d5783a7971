import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { freePort, inBubble } from '../control-plane/api-server.ts';
import { type Authority, type Certificate, makeAuthority } from '../control-plane/certificates.ts';
import type { Cluster } from '../control-plane/cluster.ts';
import { succeeded } from '../control-plane/kubectl.ts';
import { type ManagedProcess, startProcess } from '../control-plane/processes.ts';
import {
  runStandIns,
  type StandInPod,
  type StandInProgram,
  type StandIns,
} from '../control-plane/stand-in.ts';
import { unhurried } from '../control-plane/unhurried.ts';
import { manifest } from './manifest.ts';

const NAMESPACE = 'netsluice-system';
const SERVICE_HOST = `netsluice.${NAMESPACE}.svc`;
const NEEDS_BUBBLE =
  'this test needs addresses of pods: run it as node test/control-plane/bubble.mjs npx jest -i test/e2e, where unshare is allowed';

/** One line of netsluice's log about one request. */
export interface DecisionLine {
  readonly msg: string;
  readonly ref: string;
  readonly operation: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly dryRun: boolean;
  readonly decision: string;
  readonly outcome: string;
  readonly rules: readonly string[];
}

/** A program that stands for one netsluice pod. */
export interface Replica {
  readonly name: string;
  /** `http://HOST:PORT` of its health port. */
  readonly health: string;
  readonly process: ManagedProcess;
  /** Sends SIGTERM, once: what comes later, such as the end of its pod, only waits. */
  terminate(): void;
}

export interface Netsluice {
  /** Those that run now. */
  replicas(): readonly Replica[];
  /** Every one that ever ran, the ended ones included. */
  everyReplica(): readonly Replica[];
  /** Sets the number of pods and resolves when exactly so many are Ready and the rest has ended. */
  scale(count: number): Promise<void>;
  /** Resolves when every replica's picture holds as many objects of each kind as the API server. */
  caughtUp(): Promise<void>;
  /** The sum over the running replicas of one metric, over those of its series whose labels contain the given text. */
  metric(name: string, labels?: string): Promise<number>;
  /** The series of one metric that are not zero, as the running replicas tell them. */
  counted(name: string): Promise<readonly string[]>;
  /** The decision lines of all replicas, each one's in order. */
  decisions(): readonly DecisionLine[];
  /** Gives every pod a new certificate, the way the kubelet swaps a Secret's files; answers which one it is now. */
  rotateCertificate(): Promise<Certificate>;
  register(failurePolicy: 'Ignore' | 'Fail'): Promise<void>;
  stop(): Promise<void>;
}

/** Throws unless pods have addresses that can be listened on. */
export function needBubble(): void {
  if (!inBubble()) throw new Error(NEEDS_BUBBLE);
}

function builtProgram(): string {
  const program = join(process.cwd(), 'dist', 'main.js');
  if (existsSync(program)) return program;
  throw new Error(`${program} is missing: the tests run the built program; run npm run build first`);
}

function get(url: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, timeout: 10_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.once('error', reject).once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${url}: no answer in 10 s`)));
    outgoing.once('error', reject).end();
  });
}

/** The kubelet's way with a Secret: a new folder, and a link that is swapped in one step. */
class SecretFolder {
  readonly path: string;
  private generation = 0;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  write(files: Readonly<Record<string, string>>): void {
    this.generation += 1;
    const folder = `..${this.generation}`;
    mkdirSync(join(this.path, folder));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, folder, name), text);
    symlinkSync(folder, join(this.path, '..next'));
    renameSync(join(this.path, '..next'), join(this.path, '..data'));
    for (const name of Object.keys(files)) {
      if (!existsSync(join(this.path, name))) symlinkSync(join('..data', name), join(this.path, name));
    }
  }
}

/** Value of a metric in Prometheus' text format, summed over the series whose labels contain the text. */
function sumOf(text: string, name: string, labels: string): number {
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

const COUNTED: readonly (readonly [kind: string, path: string])[] = [
  ['namespaces', '/api/v1/namespaces'],
  ['pods', '/api/v1/pods'],
  ['services', '/api/v1/services'],
  ['networkpolicies.networking.k8s.io', '/apis/networking.k8s.io/v1/networkpolicies'],
  ['deployments.apps', '/apis/apps/v1/deployments'],
];

/** Why the replica's picture is behind, or null. */
async function behind(cluster: Cluster, replicas: readonly Replica[]): Promise<string | null> {
  for (const [kind, path] of COUNTED) {
    const { items } = await cluster.json<{ items: readonly unknown[] }>('GET', path);
    for (const { name, health } of replicas) {
      const { text } = await get(`${health}/metrics`);
      const seen = sumOf(text, 'netsluice_snapshot_objects', `kind="${kind}"`);
      if (seen !== items.length) return `${name} sees ${seen} of ${items.length} ${kind}`;
    }
  }
  return null;
}

function podKubeconfig(cluster: Cluster, token: string): string {
  // Pods expect the API at the address of the Service `kubernetes`; only in the bubble does it answer.
  const server = inBubble() ? 'https://10.96.0.1:443' : cluster.server;
  const ca = Buffer.from(cluster.ca).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    clusters: [{ name: 'pod', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'pod', user: { token } }],
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
  });
}

class Installation implements Netsluice {
  private readonly cluster: Cluster;
  private readonly authority: Authority;
  private readonly secret: SecretFolder;
  private readonly all: Replica[] = [];
  private standIns: StandIns | undefined;
  private loopbackPort = 0;

  constructor(cluster: Cluster, authority: Authority) {
    this.cluster = cluster;
    this.authority = authority;
    this.secret = new SecretFolder(join(dirname(cluster.logs), 'netsluice-tls'));
  }

  async start(replicas: number, settings: string): Promise<void> {
    await this.rotateCertificate();
    const text = manifest('netsluice.yaml', {
      'replicas: 2': `replicas: ${inBubble() ? replicas : 0}`,
      SETTINGS: JSON.stringify(settings),
    });
    if (!inBubble()) {
      process.stderr.write('e2e: no bubble here; one netsluice on a loopback address stands for all pods\n');
      await this.cluster.apply(text);
      this.loopbackPort = await freePort();
      await this.startLoopback();
      return;
    }
    this.standIns = runStandIns(this.cluster, (pod, podIP) => this.startPod(pod, podIP));
    await this.cluster.apply(text);
    await this.standIns.settled(replicas);
  }

  private async startLoopback(): Promise<void> {
    const healthPort = await freePort();
    const { args } = await this.container();
    const own = args
      .filter((arg) => !arg.includes('listen='))
      .concat(`--listen=127.0.0.1:${this.loopbackPort}`, `--health-listen=127.0.0.1:${healthPort}`);
    await this.run('netsluice-loopback', own, `http://127.0.0.1:${healthPort}`);
  }

  private async container(): Promise<{ readonly args: readonly string[] }> {
    const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/netsluice`;
    const { spec } = await this.cluster.json<{
      spec: { template: { spec: { containers: [{ args: string[] }] } } };
    }>('GET', path);
    return spec.template.spec.containers[0];
  }

  private startPod({ metadata, spec }: StandInPod, podIP: string): Promise<StandInProgram> {
    const args = (spec.containers[0]?.args ?? []).map((arg) => arg.replaceAll('$(POD_IP)', podIP));
    return this.run(metadata.name, args, `http://${podIP}:8081`);
  }

  /** Runs the real program with a pod's arguments; resolves when its readiness probe passes. */
  private async run(name: string, podArgs: readonly string[], health: string): Promise<StandInProgram> {
    const folder = join(dirname(this.cluster.logs), name);
    mkdirSync(folder, { recursive: true });
    const settings = await this.cluster.json<{ data: Record<string, string> }>(
      'GET',
      `/api/v1/namespaces/${NAMESPACE}/configmaps/netsluice-settings`,
    );
    writeFileSync(join(folder, 'settings.yaml'), settings.data['settings.yaml'] ?? '');
    const token = await this.cluster.token(NAMESPACE, 'netsluice');
    writeFileSync(join(folder, 'kubeconfig'), podKubeconfig(this.cluster, token));
    const args = podArgs.map((arg) =>
      arg
        .replace('/etc/netsluice/tls', this.secret.path)
        .replace('/etc/netsluice/settings.yaml', join(folder, 'settings.yaml')),
    );
    const program = startProcess({
      name,
      command: process.execPath,
      args: [builtProgram(), ...args],
      logFolder: this.cluster.logs,
      env: { KUBECONFIG: join(folder, 'kubeconfig'), POD_NAMESPACE: NAMESPACE, ...unhurried },
    });
    let terminated = false;
    const terminate = () => {
      if (!terminated) process.kill(program.pid, 'SIGTERM');
      terminated = true;
    };
    this.all.push({ name, health, process: program, terminate });
    const ready = async () => !program.running() || (await get(`${health}/readyz`)).status === 200;
    await this.cluster.waitFor(ready, `${name} to be ready`);
    if (!program.running()) {
      throw new Error(`${name} ended (${await program.exited}); its last words:\n${program.lastWords()}`);
    }
    return {
      stop: async () => {
        if (program.running()) terminate();
        await program.exited;
      },
    };
  }

  replicas(): readonly Replica[] {
    return this.all.filter((replica) => replica.process.running());
  }

  everyReplica(): readonly Replica[] {
    return this.all;
  }

  async scale(count: number): Promise<void> {
    needBubble();
    const args = ['scale', 'deployment/netsluice', '-n', NAMESPACE, `--replicas=${count}`];
    succeeded(await this.cluster.kubectl(args), 'kubectl scale');
    await this.standIns?.settled(count);
  }

  async caughtUp(): Promise<void> {
    let last: string | null = null;
    try {
      await this.cluster.waitFor(async () => {
        last = await behind(this.cluster, this.replicas());
        return last === null;
      }, 'netsluice to have seen everything');
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}: ${last}`);
    }
  }

  async metric(name: string, labels = ''): Promise<number> {
    const texts = await Promise.all(this.replicas().map(({ health }) => get(`${health}/metrics`)));
    return texts.reduce((sum, { text }) => sum + sumOf(text, name, labels), 0);
  }

  async counted(name: string): Promise<readonly string[]> {
    const texts = await Promise.all(this.replicas().map(({ health }) => get(`${health}/metrics`)));
    const lines = texts.flatMap(({ text }) => text.split('\n'));
    return lines.filter((line) => /^[^{ ]+/.exec(line)?.[0] === name && !line.endsWith(' 0'));
  }

  decisions(): readonly DecisionLine[] {
    return this.all
      .flatMap(({ process: { log } }) => readFileSync(log, 'utf8').split('\n').slice(0, -1))
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as DecisionLine)
      .filter(({ msg }) => msg === 'decision');
  }

  async rotateCertificate(): Promise<Certificate> {
    const pair = await this.authority.issue({
      commonName: 'netsluice',
      dns: [SERVICE_HOST],
      ip: ['127.0.0.1'],
    });
    this.secret.write({ 'tls.crt': pair.cert, 'tls.key': pair.key });
    return pair;
  }

  async register(failurePolicy: 'Ignore' | 'Fail'): Promise<void> {
    const caBundle = Buffer.from(this.authority.cert).toString('base64');
    const place = inBubble()
      ? { service: { namespace: NAMESPACE, name: 'netsluice', path: '/validate' } }
      : { url: `https://127.0.0.1:${this.loopbackPort}/validate` };
    await this.cluster.apply(
      manifest('webhook.yaml', {
        FAILURE_POLICY: failurePolicy,
        CLIENT_CONFIG: JSON.stringify({ ...place, caBundle }),
      }),
    );
  }

  async stop(): Promise<void> {
    // What was in progress does not matter any more, and a drain takes seconds.
    await Promise.all(this.replicas().map((replica) => replica.process.stop('SIGKILL')));
    await this.standIns?.stop();
  }
}

/** The settings of the tests. */
const SETTINGS = 'modes:\n  mayLower: [relaxed]\n';

/** Installs netsluice as manifests/netsluice.yaml says, without asking it about anything yet: see `register`. */
export async function installNetsluice(
  cluster: Cluster,
  replicas: number,
  settings = SETTINGS,
): Promise<Netsluice> {
  builtProgram();
  const installation = new Installation(cluster, await makeAuthority('netsluice e2e'));
  try {
    await installation.start(replicas, settings);
  } catch (error) {
    // Nobody else could stop what was begun, and a stand-in that goes on looking keeps Jest alive.
    await installation.stop();
    throw error;
  }
  return installation;
}
