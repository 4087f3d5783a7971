import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { type PodImage, type RunningContainer, startContainer } from './kubelet-container.ts';
import { environmentOf, expand } from './kubelet-environment.ts';
import { makeThreshold, probeOnce } from './kubelet-probe.ts';
import { makeSandbox, type Sandbox } from './kubelet-sandbox.ts';
import { checkSpec, type KubeletPodObject, type Probe } from './kubelet-spec.ts';
import { makeVolumes, type PodVolumes } from './kubelet-volumes.ts';

/** How often mounted objects are looked at; a kubelet takes up to a minute. */
const REFRESH_MS = 500;
/** A kubelet waits 10 s before the second restart and longer before later ones. */
const RESTART_MS = 1_000;
const VOLUMES_CEILING_MS = 30_000;

/** One pod whose program really runs. */
export interface KubeletPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  /** File with everything its containers printed, one after the other. */
  readonly log: () => string;
  readonly ready: () => boolean;
  readonly restarts: () => number;
  /** To its program; SIGKILL is a crash, and the container is started again. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Takes the pod's network away, as when its node dies. */
  readonly unplug: () => void;
  /** What ended its containers so far, `exit code 0` or `SIGKILL`. */
  readonly exits: () => readonly string[];
  readonly running: () => boolean;
}

export interface PodLife {
  readonly pod: KubeletPod;
  /** Rejects when the pod could not be run as it asks. */
  readonly done: Promise<void>;
  /** SIGTERM, `graceSeconds`, SIGKILL; resolves when nothing of it runs any more. */
  readonly end: (graceSeconds: number) => Promise<void>;
}

interface ContainerState {
  readonly ready: boolean;
  readonly started: boolean;
  readonly state: object;
}

/** Repeats until told to stop; what interrupts it is an abort, which is no error. */
async function every(seconds: number, signal: AbortSignal, look: () => Promise<boolean>): Promise<void> {
  while (!signal.aborted) {
    if (await look()) return;
    await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
}

class Life implements PodLife {
  readonly done: Promise<void>;
  readonly pod: KubeletPod;
  private readonly cluster: Cluster;
  private readonly object: KubeletPodObject;
  private readonly image: PodImage;
  private readonly folder: string;
  private readonly over = new AbortController();
  private readonly ended: string[] = [];
  private readonly volumes: PodVolumes;
  private sandbox: Sandbox | undefined;
  private container: RunningContainer | undefined;
  private current: ContainerState = { ready: false, started: false, state: {} };
  private phase = 'Running';
  private starts = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, object: KubeletPodObject, image: PodImage, folder: string) {
    this.cluster = cluster;
    this.object = object;
    this.image = image;
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.volumes = makeVolumes(cluster, object, join(folder, 'volumes'));
    const { namespace, name, uid } = object.metadata;
    this.pod = {
      ...{ namespace, name, uid, ip: object.status.podIP ?? '' },
      log: () => join(cluster.logs, `${name}.log`),
      ready: () => this.current.ready,
      restarts: () => Math.max(0, this.starts - 1),
      signal: (signal) => this.container?.signal(signal),
      unplug: () => this.sandbox?.unplug(),
      exits: () => this.ended,
      running: () => this.running(),
    };
    this.done = this.run();
  }

  private running(): boolean {
    return this.container?.running() ?? false;
  }

  private async run(): Promise<void> {
    checkSpec(this.object);
    const { cluster, pod } = this;
    const filled = () => this.volumes.refresh().then(() => true);
    await cluster.waitFor(filled, `the volumes of ${pod.name}`, VOLUMES_CEILING_MS);
    void every(REFRESH_MS / 1000, this.over.signal, async () => {
      // Nobody answers while the API server is away, and a Secret may be gone for a moment: files stay as they are.
      await this.volumes.refresh().catch(() => undefined);
      return false;
    });
    if (this.object.spec.hostNetwork !== true)
      this.sandbox = await makeSandbox(pod.name, pod.ip, cluster.logs);
    const { restartPolicy = 'Always' } = this.object.spec;
    while (!this.over.signal.aborted) {
      const exit = await this.runContainer();
      const again = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exit !== 'exit code 0');
      if (!again) {
        this.phase = exit === 'exit code 0' ? 'Succeeded' : 'Failed';
        this.say({});
        break;
      }
      await delay(RESTART_MS, undefined, { signal: this.over.signal }).catch(() => undefined);
    }
    await this.writing;
  }

  /** From its start to its end. */
  private async runContainer(): Promise<string> {
    const { cluster, object, image } = this;
    const [container] = object.spec.containers;
    if (container === undefined) throw new Error(`${this.pod.name} has no container`);
    const environment = await environmentOf(cluster, object, container, image.env);
    const given = container.args ?? (container.command === undefined ? image.command : []);
    const command = [...(container.command ?? image.entrypoint), ...given];
    const running = await startContainer({
      ...{ pod: object, container, image, environment, volumes: this.volumes.folders },
      command: command.map((word) => expand(word, environment)),
      folder: join(this.folder, `container-${this.ended.length}`),
      logFolder: cluster.logs,
      enter: this.sandbox?.enter ?? [],
    });
    this.container = running;
    this.starts += 1;
    const startedAt = new Date().toISOString();
    // Without a probe there is nothing to wait for.
    const { startupProbe, readinessProbe } = container;
    this.say({
      started: !startupProbe,
      ready: !startupProbe && !readinessProbe,
      state: { running: { startedAt } },
    });
    const life = new AbortController();
    const probing = this.probe(life.signal);
    const exit = await running.exited;
    life.abort();
    await probing;
    this.ended.push(exit);
    const exitCode = Number(/^exit code (\d+)$/.exec(exit)?.[1] ?? 137);
    const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt };
    const state = { terminated: { ...terminated, finishedAt: new Date().toISOString() } };
    this.say({ ready: false, started: false, state });
    return exit;
  }

  /** Startup first; only when it has passed do readiness and liveness count. */
  private async probe(signal: AbortSignal): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.object.spec.containers[0] ?? {};
    await this.repeat(startupProbe, signal, (result) => {
      if (result === 'failed') void this.kill(`its startup probe failed`);
      return true;
    });
    if (signal.aborted) return;
    this.say({ started: true, ...(readinessProbe === undefined ? { ready: true } : {}) });
    await Promise.all([
      this.repeat(readinessProbe, signal, (result) => {
        if (this.current.ready !== (result === 'passed')) this.say({ ready: result === 'passed' });
        return false;
      }),
      this.repeat(livenessProbe, signal, (result) => {
        // A pod that is on its way out is not killed for being slow.
        if (result === 'failed' && !this.over.signal.aborted) void this.kill('its liveness probe failed');
        return result === 'failed';
      }),
    ]);
  }

  /** Asks at the probe's period; `decide` hears of each answer that reached its threshold, and says when to end. */
  private async repeat(
    probe: Probe | undefined,
    signal: AbortSignal,
    decide: (result: 'passed' | 'failed') => boolean,
  ): Promise<void> {
    const [container] = this.object.spec.containers;
    if (probe === undefined || container === undefined) return;
    await delay((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal }).catch(() => undefined);
    const count = makeThreshold(probe);
    await every(probe.periodSeconds ?? 10, signal, async () => {
      const problem = await probeOnce(container, probe, this.pod.ip);
      if (signal.aborted) return true;
      const result = count(problem === null);
      return result !== null && decide(result);
    });
  }

  private async kill(why: string, graceSeconds = 30): Promise<void> {
    const { container } = this;
    if (container === undefined) return;
    if (why !== '') process.stderr.write(`kubelet: ${this.pod.name} is ended: ${why}\n`);
    container.signal('SIGTERM');
    const ceiling = setTimeout(() => container.signal('SIGKILL'), graceSeconds * 1000);
    await container.exited;
    clearTimeout(ceiling);
  }

  async end(graceSeconds: number): Promise<void> {
    this.over.abort();
    if (graceSeconds === 0) this.container?.signal('SIGKILL');
    await this.kill('', graceSeconds);
    await this.done.catch(() => undefined);
    await this.sandbox?.stop();
  }

  /** Tells the API server, one after the other, for as long as it takes. */
  private say(change: Partial<ContainerState>): void {
    this.current = { ...this.current, ...change };
    const status = this.status();
    const write = () =>
      this.cluster.waitFor(() => this.patch(status), `the status of ${this.pod.name} to be written`);
    this.writing = this.writing.then(async () => void (await write()));
    this.writing.catch((error) => process.stderr.write(`kubelet: ${String(error)}\n`));
  }

  private status(): object {
    const ready = this.current.ready ? 'True' : 'False';
    const lastTransitionTime = new Date().toISOString();
    const [container] = this.object.spec.containers;
    return {
      phase: this.phase,
      conditions: ['ContainersReady', 'Ready'].map((type) => ({ type, status: ready, lastTransitionTime })),
      containerStatuses: [
        {
          ...{ name: container?.name, image: container?.image, imageID: '', containerID: '' },
          ...{ restartCount: this.ended.length, ...this.current },
        },
      ],
    };
  }

  private async patch(status: object): Promise<boolean> {
    const { namespace, name, uid } = this.pod;
    const answer = await this.cluster.request(
      'PATCH',
      `/api/v1/namespaces/${namespace}/pods/${name}/status`,
      {
        contentType: 'application/strategic-merge-patch+json',
        body: { metadata: { uid }, status },
      },
    );
    // 404 and 409: the pod has been removed, or another one of its name has come.
    return [200, 404, 409].includes(answer.status);
  }
}

/** Runs one pod that has an address. */
export function runPod(cluster: Cluster, object: KubeletPodObject, image: PodImage, folder: string): PodLife {
  return new Life(cluster, object, image, folder);
}
