import { setTimeout as delay } from 'node:timers/promises';
import type { ApiCall } from './api-request.ts';
import type { Cluster } from './cluster.ts';

/** Pods with this label are run by a stand-in, see kwok-stages.yaml. Put it into the pod template. */
export const STAND_IN_LABEL = 'netsluice.dev/stand-in';
const POLL_MS = 100;

/** What a stand-in reads of a pod; `spec` is whatever the API server keeps, arguments and environment included. */
export interface StandInPod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly serviceAccountName?: string; readonly containers: readonly StandInContainer[] };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly name: string }[];
  };
}

export interface StandInContainer {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** A real program that runs in a pod's place. */
export interface StandInProgram {
  /** Ends it the way the kubelet does (SIGTERM); resolves when it has ended. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the program of one pod, bound to `podIP`, and resolves when its readiness probe would pass: the pod is
 * marked Ready then. It gets the address apart because it is always there by now.
 */
export type StartProgram = (pod: StandInPod, podIP: string) => Promise<StandInProgram>;

export interface StandIns {
  /** Pods whose program runs, `namespace/name`. */
  running(): string[];
  /** Resolves when exactly `count` pods are Ready and no other is left, terminating ones included. */
  settled(count: number): Promise<void>;
  markReady(namespace: string, name: string): Promise<void>;
  markNotReady(namespace: string, name: string): Promise<void>;
  /** Stops watching and ends every program; the pods stay. Rejects with the first problem a pod had. */
  stop(): Promise<void>;
}

async function podIfThere(cluster: Cluster, path: string): Promise<StandInPod | undefined> {
  const answer = await cluster.request('GET', path);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as StandInPod;
}

function isReady(pod: StandInPod): boolean {
  return pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

async function markPod(cluster: Cluster, namespace: string, name: string, ready: boolean): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const pod = await podIfThere(cluster, path);
  if (pod === undefined) return;
  const status = ready ? 'True' : 'False';
  const lastTransitionTime = new Date().toISOString();
  const conditions = ['ContainersReady', 'Ready'].map((type) => ({ type, status, lastTransitionTime }));
  // Conditions merge by type; container statuses have no merge key and must be sent whole.
  const containerStatuses = (pod.status.containerStatuses ?? []).map((container) => ({
    ...container,
    ready,
  }));
  const call: ApiCall = {
    contentType: 'application/strategic-merge-patch+json',
    body: { metadata: { uid: pod.metadata.uid }, status: { conditions, containerStatuses } },
  };
  await cluster.json('PATCH', `${path}/status`, call);
}

/**
 * The kubelet's stand-in. For each pod with the label it starts a program once the pod has an address, marks the
 * pod Ready when the program is, ends the program when the pod is deleted, and then removes the pod, as a kubelet
 * does at the end of the grace period. So a rolling update or a deleted pod takes its real course.
 */
export function runStandIns(cluster: Cluster, start: StartProgram): StandIns {
  const programs = new Map<string, { readonly pod: StandInPod; readonly program: Promise<StandInProgram> }>();
  const ending = new Set<string>();
  const problems: unknown[] = [];
  let stopped = false;

  const nameOf = ({ metadata }: StandInPod) => `${metadata.namespace}/${metadata.name}`;

  async function begin(pod: StandInPod, podIP: string): Promise<void> {
    const program = start(pod, podIP);
    programs.set(pod.metadata.uid, { pod, program });
    await program;
    // Asked until it works, here and below: the API server may be down for a while.
    await cluster.waitFor(
      async () => {
        await markPod(cluster, pod.metadata.namespace, pod.metadata.name, true);
        return true;
      },
      `${nameOf(pod)} to be marked Ready`,
    );
  }

  async function end(pod: StandInPod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    ending.add(uid);
    await (await programs.get(uid)?.program)?.stop();
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    await cluster.waitFor(
      async () => {
        const answer = await cluster.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, {
          body,
        });
        // 404: gone already; 409: a pod of the same name but another uid has followed.
        return [200, 404, 409].includes(answer.status);
      },
      `${nameOf(pod)} to be removed`,
    );
    programs.delete(uid);
    ending.delete(uid);
  }

  function note(pod: StandInPod): (error: unknown) => void {
    return (error) => {
      problems.push(error);
      process.stderr.write(`stand-in for ${nameOf(pod)}: ${String(error)}\n`);
    };
  }

  function look(pods: readonly StandInPod[]): void {
    for (const pod of pods) {
      const { uid, deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined) {
        if (!ending.has(uid)) end(pod).catch(note(pod));
      } else if (pod.status.podIP !== undefined && !programs.has(uid)) {
        begin(pod, pod.status.podIP).catch(note(pod));
      }
    }
  }

  async function list(): Promise<readonly StandInPod[]> {
    const path = `/api/v1/pods?labelSelector=${encodeURIComponent(`${STAND_IN_LABEL}=true`)}`;
    return (await cluster.json<{ items: readonly StandInPod[] }>('GET', path)).items;
  }

  async function watch(): Promise<void> {
    while (!stopped) {
      // Between stopApiServer and startApiServer nobody answers; a kubelet carries on then, too.
      const pods = await list().catch(() => []);
      if (!stopped) look(pods);
      await delay(POLL_MS);
    }
  }

  const watching = watch();
  return {
    running: () => [...programs.values()].map(({ pod }) => nameOf(pod)),
    settled: async (count) => {
      await cluster.waitFor(async () => {
        if (problems.length > 0) return true;
        const pods = await list();
        const ready = pods.filter((pod) => isReady(pod));
        return pods.length === count && ready.length === count;
      }, `${count} stand-in pods to be Ready`);
      if (problems.length > 0) throw problems[0];
    },
    markReady: (namespace, name) => markPod(cluster, namespace, name, true),
    markNotReady: (namespace, name) => markPod(cluster, namespace, name, false),
    stop: async () => {
      stopped = true;
      await watching;
      const started = await Promise.allSettled([...programs.values()].map(({ program }) => program));
      await Promise.all(
        started.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.stop() : undefined)),
      );
      if (problems.length > 0) throw problems[0];
    },
  };
}
