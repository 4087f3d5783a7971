import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inBubble } from './api-server.ts';
import type { Cluster } from './cluster.ts';
import type { PodImage } from './kubelet-container.ts';
import { type KubeletPod, type PodLife, runPod } from './kubelet-pod.ts';
import { serveLogs } from './kubelet-server.ts';
import { isReady, type KubeletPodObject } from './kubelet-spec.ts';

/** Pods whose label app.kubernetes.io/name is one of these really run; see kwok-stages.yaml. */
const RUN = ['netsluice', 'netsluice-test'];
const POLL_MS = 100;

interface KubeletNode {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly unschedulable?: boolean };
}

export interface Kubelet {
  /** Pods of a namespace (of all unless told) whose program runs now. */
  pods(namespace?: string): readonly KubeletPod[];
  /** Every one that ever ran here. */
  everyPod(): readonly KubeletPod[];
  /** Resolves when exactly `count` pods of the namespace are Ready and no other is left, terminating ones included. */
  settled(namespace: string, count: number, ceilingMs?: number): Promise<void>;
  /** Stops looking and ends everything at once; the pods stay. Rejects with the first pod that could not be run. */
  stop(): Promise<void>;
}

/**
 * Stands in for the kubelet, and for the scheduler: pods of netsluice are given a node, and once kwok has given them an
 * address their program runs from the image's files, with everything the pod asks for, in a network of its own.
 */
export async function runKubelet(cluster: Cluster, image: PodImage): Promise<Kubelet> {
  if (!inBubble()) {
    throw new Error(
      'pods run only in a bubble: node test/control-plane/bubble.mjs npx jest -i PATH, where unshare is allowed',
    );
  }
  const folder = join(dirname(cluster.logs), 'pods');
  const lives = new Map<string, PodLife>();
  const all: KubeletPod[] = [];
  const ending = new Set<string>();
  const problems: unknown[] = [];
  let stopped = false;

  function note({ metadata }: KubeletPodObject): (error: unknown) => void {
    return (error) => {
      if (stopped) return;
      problems.push(error);
      process.stderr.write(`kubelet: ${metadata.namespace}/${metadata.name}: ${String(error)}\n`);
    };
  }

  /** To the node with the fewest pods of netsluice among those that are not cordoned. */
  async function bind({ metadata }: KubeletPodObject, pods: readonly KubeletPodObject[]): Promise<void> {
    const { items } = await cluster.json<{ items: KubeletNode[] }>('GET', '/api/v1/nodes');
    const busy = (name: string) => pods.filter(({ spec }) => spec.nodeName === name).length;
    const [node] = items
      .filter(({ spec }) => spec.unschedulable !== true)
      .map((each) => each.metadata.name)
      .sort((one, other) => busy(one) - busy(other));
    // With every node cordoned it waits, as it would for a scheduler.
    if (node === undefined) return;
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name }, target };
    // A pod that is gone by now, or has a node already, is the next look's business.
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/binding`;
    await cluster.request('POST', path, { body });
  }

  async function end({ metadata }: KubeletPodObject): Promise<void> {
    const { namespace, name, uid } = metadata;
    ending.add(uid);
    await lives.get(uid)?.end(metadata.deletionGracePeriodSeconds ?? 30);
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    await cluster.waitFor(async () => {
      const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
      // 404: gone already; 409: a pod of the same name but another uid has followed.
      return stopped || [200, 404, 409].includes((await cluster.request('DELETE', path, { body })).status);
    }, `${namespace}/${name} to be removed`);
    lives.delete(uid);
    ending.delete(uid);
  }

  function begin(pod: KubeletPodObject): void {
    const life = runPod(cluster, pod, image, join(folder, pod.metadata.uid));
    lives.set(pod.metadata.uid, life);
    all.push(life.pod);
    life.done.catch(note(pod));
  }

  async function look(pods: readonly KubeletPodObject[]): Promise<void> {
    const there = new Set(pods.map(({ metadata }) => metadata.uid));
    // Removed by force: the kubelet ends what has no pod any more.
    for (const [uid, life] of lives) {
      if (there.has(uid) || ending.has(uid)) continue;
      lives.delete(uid);
      await life.end(0);
    }
    let bound = false;
    for (const pod of pods) {
      const { uid, deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined) {
        if (!ending.has(uid)) end(pod).catch(note(pod));
      } else if (pod.spec.nodeName === undefined) {
        // One at a time: the next look sees where it went, so that two pods do not go to one node.
        if (!bound) await bind(pod, pods);
        bound = true;
      } else if (pod.status.podIP !== undefined && !lives.has(uid) && !isOver(pod)) {
        begin(pod);
      }
    }
  }

  async function list(): Promise<readonly KubeletPodObject[]> {
    const selector = `app.kubernetes.io/name in (${RUN.join(',')})`;
    const path = `/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`;
    const { items } = await cluster.json<{ items: KubeletPodObject[] }>('GET', path);
    // The other stand-in's, see stand-in.ts.
    return items.filter(({ metadata }) => metadata.labels?.['netsluice.dev/stand-in'] !== 'true');
  }

  async function watch(): Promise<void> {
    while (!stopped) {
      // While the API server is away nothing is looked at, and everything runs on.
      const pods = await list().catch(() => undefined);
      if (!stopped && pods !== undefined) await look(pods);
      await delay(POLL_MS);
    }
  }

  const logs = await serveLogs(() => all);
  const watching = watch();
  return {
    pods: (namespace) =>
      [...lives.values()]
        .map(({ pod }) => pod)
        .filter((pod) => pod.running() && (namespace === undefined || pod.namespace === namespace)),
    everyPod: () => all,
    settled: async (namespace, count, ceilingMs = 60_000) => {
      await cluster.waitFor(
        async () => {
          if (problems.length > 0) return true;
          const pods = (await list()).filter(({ metadata, status }) => {
            return metadata.namespace === namespace && !isPhaseOver(status.phase);
          });
          return pods.length === count && pods.every(isReady);
        },
        `${count} pods of netsluice in ${namespace} to be Ready`,
        ceilingMs,
      );
      if (problems.length > 0) throw problems[0];
    },
    stop: async () => {
      stopped = true;
      logs.close();
      logs.closeAllConnections();
      await watching;
      await Promise.all([...lives.values()].map((life) => life.end(0)));
      if (problems.length > 0) throw problems[0];
    },
  };
}

function isPhaseOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function isOver({ status }: KubeletPodObject): boolean {
  return isPhaseOver(status.phase);
}
