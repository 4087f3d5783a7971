import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiAnswer, type ApiCall, makeApiClient, waitFor } from './api-request.ts';
import { chooseApiPort, writeControlPlaneFiles } from './api-server.ts';
import { type Binaries, ensureBinaries } from './binaries.ts';
import { someTestFailed } from './jest-failures.ts';
import { type KubectlResult, runKubectl, succeeded } from './kubectl.ts';
import { makePrograms } from './launch.ts';

export interface ClusterOptions {
  /** Names of the Nodes; put one into `nodeName` of a pod template, there is no scheduler. `['node-1']` unless told. */
  readonly nodes?: readonly string[];
  /** Where pod addresses come from; `10.244.0.0/16` unless told. */
  readonly podCidr?: string;
  /** Port of the API server; 443 in a bubble and a free one outside unless told; 0 for a free one. */
  readonly apiPort?: number;
  /** Appended to kube-apiserver's arguments. */
  readonly apiServerFlags?: readonly string[];
}

/** One line of the audit log: level Metadata, stage ResponseComplete. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number; readonly message?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Cluster {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** The authority of the API server's certificate, PEM. */
  readonly ca: string;
  /** `https://127.0.0.1:PORT`; in a bubble `https://10.96.0.1:443` answers as well. */
  readonly server: string;
  /** The folder that holds one log file per program. */
  readonly logs: string;
  /** Paths of the programs, kubectl among them. */
  readonly binaries: Binaries;
  /** Runs kubectl as the administrator; resolves whatever its exit code. */
  kubectl(args: readonly string[], options?: { readonly stdin?: string }): Promise<KubectlResult>;
  /** `kubectl apply -f -` with the YAML; rejects with what kubectl said unless it succeeded. */
  apply(yaml: string): Promise<KubectlResult>;
  /** `kubectl get ARGS -o json`, decoded; rejects with what kubectl said unless it succeeded. */
  get<T>(args: readonly string[]): Promise<T>;
  /** One raw request to the API, as the administrator unless a token is given. Much cheaper than kubectl. */
  request(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  /** As `request`, decoded; rejects unless the status is 2xx. */
  json<T>(method: string, path: string, call?: ApiCall): Promise<T>;
  /** A service-account token from the TokenRequest API, valid for an hour. */
  token(namespace: string, serviceAccount: string): Promise<string>;
  /** In order with SIGTERM unless told; SIGKILL is a crash. */
  stopApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /**
   * Starts it again on the same port with the same data; resolves when /readyz says yes. kube-controller-manager
   * starts afresh, kwok finds back by itself: a new pod may wait some seconds for its address.
   */
  startApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  /** Writes of NetworkPolicies, Namespaces and workloads so far. The API server may log just after it answered. */
  auditEvents(): AuditEvent[];
  /** Polls, see waitFor in api-request.ts. */
  waitFor: typeof waitFor;
  /** Ends every process and removes every file; keeps the logs if a test failed or NETSLUICE_KEEP_LOGS is set. */
  stop(): Promise<void>;
}

function reasonToKeepLogs(started: boolean): string | undefined {
  if (!started) return 'the cluster did not start';
  if (someTestFailed() === true) return 'a test failed';
  return process.env['NETSLUICE_KEEP_LOGS'] === undefined ? undefined : 'NETSLUICE_KEEP_LOGS is set';
}

function removeFiles(folder: string, keepLogs: string | undefined): void {
  if (keepLogs === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return;
  }
  for (const name of readdirSync(folder)) {
    if (name !== 'logs') rmSync(join(folder, name), { recursive: true, force: true });
  }
  process.stderr.write(`control plane: ${keepLogs}; the logs are in ${join(folder, 'logs')}\n`);
}

/** Starts etcd, kube-apiserver, kube-controller-manager and kwok, and resolves when pods can be made. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const binaries = await ensureBinaries();
  const apiPort = await chooseApiPort(options.apiPort);
  const server = `https://127.0.0.1:${apiPort}`;
  const folder = mkdtempSync(join(tmpdir(), 'netsluice-cluster-'));
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const adminToken = randomBytes(16).toString('hex');
  const files = await writeControlPlaneFiles(folder, server, adminToken);
  const api = makeApiClient(server, files.ca, adminToken);
  const plan = {
    binaries,
    files,
    logs,
    apiPort,
    podCidr: options.podCidr ?? '10.244.0.0/16',
    nodes: options.nodes ?? ['node-1'],
    apiServerFlags: options.apiServerFlags ?? [],
  };
  const programs = makePrograms(plan, api);
  let started = false;
  let stopped = false;

  async function stop(): Promise<void> {
    if (stopped) return;
    stopped = true;
    api.close();
    await programs.killAll();
    removeFiles(folder, reasonToKeepLogs(started));
  }

  function kubectl(args: readonly string[], { stdin = '' }: { readonly stdin?: string } = {}) {
    const own = [`--kubeconfig=${files.kubeconfig}`, `--cache-dir=${join(folder, 'kubectl-cache')}`];
    return runKubectl(binaries.kubectl, [...own, ...args], folder, stdin);
  }

  try {
    await programs.startAll();
    started = true;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kubeconfig: files.kubeconfig,
    ca: files.ca,
    server,
    logs,
    binaries,
    kubectl,
    request: api.request,
    json: api.json,
    waitFor,
    startApiServer: programs.startApiServer,
    stopApiServer: programs.stopApiServer,
    stop,
    apply: async (yaml) => succeeded(await kubectl(['apply', '-f', '-'], { stdin: yaml }), 'kubectl apply'),
    get: async <T>(args: readonly string[]) => {
      const result = await kubectl(['get', ...args, '-o', 'json']);
      return JSON.parse(succeeded(result, `kubectl get ${args.join(' ')}`).stdout) as T;
    },
    token: async (namespace, serviceAccount) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3600 },
      };
      return (await api.json<{ status: { token: string } }>('POST', path, { body })).status.token;
    },
    restartApiServer: async () => {
      await programs.stopApiServer();
      await programs.startApiServer();
    },
    auditEvents: () => {
      if (!existsSync(files.auditLog)) return [];
      // The last line may be half written.
      const lines = readFileSync(files.auditLog, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as AuditEvent);
    },
  };
}
