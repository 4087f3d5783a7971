import { join } from 'node:path';
import { type ApiClient, waitFor } from './api-request.ts';
import {
  apiServerArguments,
  type ControlPlaneFiles,
  controllerManagerArguments,
  freePort,
  NODE_ADDRESS,
} from './api-server.ts';
import { type Binaries, controlPlaneFolder } from './binaries.ts';
import { type ManagedProcess, startProcess } from './processes.ts';

const START_CEILING_MS = 120_000;

/** What the programs of one control plane are started with. */
export interface LaunchPlan {
  readonly binaries: Binaries;
  readonly files: ControlPlaneFiles;
  readonly logs: string;
  readonly apiPort: number;
  readonly podCidr: string;
  readonly nodes: readonly string[];
  readonly apiServerFlags: readonly string[];
}

export interface Programs {
  /** Starts everything, in order; resolves when pods can be made. */
  startAll(): Promise<void>;
  /** After stopApiServer: the API server with the same data, and a fresh kube-controller-manager. */
  startApiServer(): Promise<void>;
  stopApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Ends everything at once: nothing here is worth an orderly end, the data go with the folder. */
  killAll(): Promise<void>;
}

/** Polls until `ready` says yes; rejects with the end of its log as soon as a program that is needed has ended. */
async function whenReady(
  program: ManagedProcess,
  ready: () => Promise<boolean>,
  what: string,
): Promise<void> {
  await waitFor(async () => !program.running() || (await ready()), what, START_CEILING_MS);
  if (program.running()) return;
  throw new Error(`${program.name} ended (${await program.exited}); its last words:\n${program.lastWords()}`);
}

interface NodeObject {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function nodeObject(name: string, podCidr: string): unknown {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: { podCIDR: podCidr } };
}

/** The programs of one control plane; none is started yet. */
export function makePrograms(plan: LaunchPlan, api: ApiClient): Programs {
  const { files } = plan;
  const running = new Map<string, ManagedProcess>();
  let etcd = '';

  function start(name: keyof Binaries, args: string[]): ManagedProcess {
    const program = startProcess({
      name,
      command: plan.binaries[name],
      args,
      logFolder: plan.logs,
      cwd: files.folder,
    });
    running.set(name, program);
    return program;
  }

  async function startEtcd(): Promise<void> {
    etcd = `http://127.0.0.1:${await freePort()}`;
    const peer = `http://127.0.0.1:${await freePort()}`;
    start('etcd', [
      '--unsafe-no-fsync',
      `--data-dir=${join(files.folder, 'etcd')}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ]);
  }

  async function startApiServer(): Promise<void> {
    const args = [...apiServerArguments(files, etcd, plan.apiPort), ...plan.apiServerFlags];
    const ready = async () => (await api.request('GET', '/readyz')).status === 200;
    await whenReady(start('kube-apiserver', args), ready, 'kube-apiserver to be ready');
  }

  async function nodeIsReady(name: string): Promise<boolean> {
    const node = await api.json<NodeObject>('GET', `/api/v1/nodes/${name}`);
    return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  }

  async function startManager(): Promise<ManagedProcess> {
    await running.get('kube-controller-manager')?.stop('SIGKILL');
    return start('kube-controller-manager', controllerManagerArguments(files));
  }

  function startKwok(): ManagedProcess {
    return start('kwok', [
      `--kubeconfig=${files.kubeconfig}`,
      `--config=${join(controlPlaneFolder(), 'kwok-stages.yaml')}`,
      '--manage-all-nodes=true',
      `--cidr=${plan.podCidr}`,
      `--node-ip=${NODE_ADDRESS}`,
    ]);
  }

  async function startAll(): Promise<void> {
    await startEtcd();
    await startApiServer();
    const manager = await startManager();
    const kwok = startKwok();
    for (const name of plan.nodes) {
      await api.json('POST', '/api/v1/nodes', { body: nodeObject(name, plan.podCidr) });
    }
    // Without its default service account the API server turns down every pod of a namespace.
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    const hasAccount = async () => (await api.request('GET', account)).status === 200;
    await whenReady(manager, hasAccount, 'the default service account');
    for (const name of plan.nodes) {
      await whenReady(kwok, () => nodeIsReady(name), `node ${name} to be Ready`);
    }
  }

  return {
    startAll,
    startApiServer: async () => {
      await startApiServer();
      // One that lived through the outage may wait half a minute before it looks again. kwok may, too, but it must
      // not be started afresh: it would hand out addresses that pods already have.
      await startManager();
    },
    stopApiServer: async (signal = 'SIGTERM') => running.get('kube-apiserver')?.stop(signal),
    killAll: async () => {
      await Promise.all([...running.values()].map((program) => program.stop('SIGKILL')));
    },
  };
}
