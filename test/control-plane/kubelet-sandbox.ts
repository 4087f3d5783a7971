import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { waitFor } from './api-request.ts';
import { NODE_ADDRESS } from './api-server.ts';
import { startProcess } from './processes.ts';

let interfaces = 0;

/** The network of one pod, which outlives its containers. */
export interface Sandbox {
  /** Put before a command, it makes the command run in this network. */
  readonly enter: readonly string[];
  /** Takes the cable out, as when a node dies: nobody hears anything any more, and nothing is refused. */
  unplug(): void;
  stop(): Promise<void>;
}

function sh(script: string): void {
  const { status, stderr } = spawnSync('sh', ['-ec', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the network of a pod could not be made: ${stderr.trim()}`);
}

/**
 * A network namespace of the pod's own, joined to the bubble by one cable. Pods thus listen on 0.0.0.0, on the same
 * ports, as they do in a cluster. The route to the pod beats the bubble's "every 10.x address is this host".
 */
export async function makeSandbox(name: string, podIP: string, logFolder: string): Promise<Sandbox> {
  // Its process only keeps the namespace alive, like the pause container of a pod.
  const pause = startProcess({
    name: `${name}-pause`,
    command: 'unshare',
    args: ['-n', 'sleep', 'infinity'],
    logFolder,
  });
  const own = readlinkSync('/proc/self/ns/net');
  await waitFor(() => readlinkSync(`/proc/${pause.pid}/ns/net`) !== own, `the network of ${name}`);
  interfaces += 1;
  const host = `pod${interfaces}`;
  sh(`
    echo 1 > /proc/sys/net/ipv4/ip_forward
    ip link add ${host} type veth peer name eth0 netns ${pause.pid}
    ip addr add 169.254.1.1/32 dev ${host}
    ip link set ${host} up
    nsenter -t ${pause.pid} -n sh -ec '
      ip link set lo up
      ip addr add ${podIP}/32 dev eth0
      ip link set eth0 up
      ip route add 169.254.1.1 dev eth0
      ip route add default via 169.254.1.1 dev eth0 src ${podIP}'
    ip route replace ${podIP}/32 dev ${host} table local src ${NODE_ADDRESS}
  `);
  return {
    enter: ['nsenter', '-t', String(pause.pid), '-n'],
    unplug: () => sh(`nsenter -t ${pause.pid} -n ip link set eth0 down`),
    stop: async () => {
      await pause.stop('SIGKILL');
      // The kernel takes its time to clear a network away; until it has, callers would wait in vain for its address.
      spawnSync('ip', ['link', 'del', host]);
    },
  };
}
