import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Target } from './http-client.ts';

/** "The Pod's service account credentials are mounted at a well-known location". */
export const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How a pod reaches the API server: what Kubernetes tells each of them by its environment and its mounts. */
export interface PodAccount {
  /** `KUBERNETES_SERVICE_HOST`, an address. */
  readonly host: string;
  /** `KUBERNETES_SERVICE_PORT`. */
  readonly port: string;
  /** Holds `token` and `ca.crt`; the kubelet writes both anew when they change. */
  readonly folder: string;
}

/** What the environment of a process says of where it runs. */
export interface Surroundings {
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`; null outside a pod. */
  readonly server: { readonly host: string; readonly port: string } | null;
  /** `HOME`; null where there is none. */
  readonly home: string | null;
}

/** The account of the pod, where there is no kubeconfig in the home folder, which goes before it; null elsewhere. */
export function accountIn({ server, home }: Surroundings, folder = accountFolder): PodAccount | null {
  const hasKubeconfig = home !== null && existsSync(join(home, '.kube', 'config'));
  return server === null || hasKubeconfig || !existsSync(join(folder, 'token'))
    ? null
    : { ...server, folder };
}

/** The API server as a pod sees it. */
export function podTarget({ host, port, folder }: PodAccount): Target {
  const name = isIPv6(host) ? `[${host}]` : host;
  return {
    server: new URL(`https://${name}:${port}`),
    name: 'service account of the pod',
    hint: 'Check that it runs and that policies and routes let this pod reach it.',
    credentials: async () => {
      const [token, ca] = await Promise.all([
        readFile(join(folder, 'token'), 'utf8'),
        readFile(join(folder, 'ca.crt'), 'utf8'),
      ]);
      return { ca, headers: { authorization: `Bearer ${token.trim()}` } };
    },
  };
}
