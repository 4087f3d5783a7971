import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Container, Probe } from './kubelet-spec.ts';

function portOf(container: Container, port: number | string): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`container ${container.name} has no port ${port} to probe`);
  return named.containerPort;
}

/** Asks once; null when the probe passed, else why not. A status from 200 to 399 passes. */
export function probeOnce(container: Container, probe: Probe, podIP: string): Promise<string | null> {
  const { path = '/', port, scheme = 'HTTP' } = probe.httpGet ?? { port: 0 };
  const host = podIP.includes(':') ? `[${podIP}]` : podIP;
  const url = `${scheme.toLowerCase()}://${host}:${portOf(container, port)}${path}`;
  const send = scheme === 'HTTPS' ? tlsRequest : plainRequest;
  const options = { agent: false, headers: { 'user-agent': 'kube-probe/1.36', connection: 'close' } };
  return new Promise((resolve) => {
    // The kubelet verifies no certificate when it probes.
    const outgoing = send(url, { ...options, ...(scheme === 'HTTPS' ? { rejectUnauthorized: false } : {}) });
    const ceiling = setTimeout(
      () => outgoing.destroy(new Error('timed out')),
      (probe.timeoutSeconds ?? 1) * 1000,
    );
    outgoing.once('response', (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      answer.once('close', () => {
        clearTimeout(ceiling);
        resolve(status >= 200 && status < 400 ? null : `${url} answered ${status}`);
      });
    });
    outgoing.on('error', (error) => {
      clearTimeout(ceiling);
      resolve(`${url}: ${error.message}`);
    });
    outgoing.end();
  });
}

/** Counts answers as the kubelet does: `passed` or `failed` when the threshold is reached, else null. */
export function makeThreshold(probe: Probe): (passed: boolean) => 'passed' | 'failed' | null {
  let run = 0;
  let last: boolean | undefined;
  return (passed) => {
    run = passed === last ? run + 1 : 1;
    last = passed;
    const wanted = passed ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (run < wanted) return null;
    return passed ? 'passed' : 'failed';
  };
}
