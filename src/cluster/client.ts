import type https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ApiClient } from './api-client.ts';
import { ClusterError, clientOf, reasonOf, type Target } from './http-client.ts';
import { type PodAccount, podTarget } from './pod-account.ts';

/** Which cluster to talk to. Null for both: `KUBECONFIG`, `~/.kube/config`, or the pod's own service account. */
export interface ClusterSource {
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** The account of the pod that this runs in, where nothing else is configured; it is read without any library. */
  readonly account?: PodAccount | null;
}

/**
 * Opens nothing yet: the first request does. Credentials are read again for each request, so that tokens, exec
 * plugins and rotated certificates keep working. Throws a ClusterError where no cluster is configured.
 */
export async function createClient(source: ClusterSource): Promise<ApiClient> {
  const { kubeconfig, context, account } = source;
  if (kubeconfig === null && context === null && account !== undefined && account !== null)
    return clientOf(podTarget(account));
  // Loaded late: it takes 60 MiB and a second, and neither pods nor offline commands need it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  load(config, source);
  return clientOf(targetOf(config, source));
}

function load(config: KubeConfig, { kubeconfig, context }: ClusterSource): void {
  try {
    if (kubeconfig === null) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const file = kubeconfig === null ? 'The default kubeconfig' : `The kubeconfig ${kubeconfig}`;
    throw new ClusterError(`${file} cannot be read: ${reasonOf(error)}`, error);
  }
  if (context === null) return;
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new ClusterError(`There is no context "${context}" in the kubeconfig; ${known}.`);
  }
  config.setCurrentContext(context);
}

function targetOf(config: KubeConfig, { kubeconfig }: ClusterSource): Target {
  const cluster = config.getCurrentCluster();
  const context = config.getCurrentContext();
  // What the library falls back to where it finds no configuration at all.
  const invented = kubeconfig === null && context === 'loaded-context' && cluster?.name === 'cluster';
  if (cluster === null || invented) {
    throw new ClusterError(
      'No cluster is configured: set KUBECONFIG or pass --kubeconfig FILE; inside a pod, mount its service account token.',
    );
  }
  const name = `context "${context}"`;
  let server: URL;
  try {
    server = new URL(cluster.server);
  } catch (error) {
    throw new ClusterError(`The server "${cluster.server}" of ${name} is no address.`, error);
  }
  return {
    ...{ server, name },
    hint: `Check that it runs and that "kubectl --context ${context} version" works.`,
    credentials: async (signal) => {
      const request: https.RequestOptions = { signal, headers: {} };
      await config.applyToHTTPSOptions(request);
      // The library makes a new agent for each request, which keeps no connection; only a proxy needs it.
      if (!cluster.proxyUrl) delete request.agent;
      return request;
    },
  };
}
