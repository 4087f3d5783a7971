import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { NODE_ADDRESS } from './api-server.ts';
import { makeAuthority } from './certificates.ts';
import type { KubeletPod } from './kubelet-pod.ts';

/** Where the API server asks a node for logs when the Node does not say. */
const KUBELET_PORT = 10_250;

/** Answers `kubectl logs`, and `helm test` which shows what its pods printed: `/containerLogs/NAMESPACE/POD/CONTAINER`. */
export async function serveLogs(pods: () => readonly KubeletPod[]): Promise<Server> {
  const authority = await makeAuthority('netsluice test kubelet');
  const certificate = await authority.issue({ commonName: 'kubelet', ip: [NODE_ADDRESS] });
  const server = createServer(certificate, ({ url = '' }, response) => {
    const [, what, namespace, name] = url.split('?', 1)[0]?.split('/') ?? [];
    const pod = pods().findLast((each) => each.namespace === namespace && each.name === name);
    if (what !== 'containerLogs' || pod === undefined) response.writeHead(404).end('no such pod here\n');
    else response.end(readFileSync(pod.log()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(KUBELET_PORT, NODE_ADDRESS, resolve);
  });
  return server;
}
