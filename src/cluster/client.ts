import http from 'node:http';
import https from 'node:https';
import { types } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ApiClient, ApiOptions, ApiQuery, ApiResponse } from './api-client.ts';

/** Which cluster to talk to. Null for both: `KUBECONFIG`, `~/.kube/config`, or the pod's own service account. */
export interface ClusterSource {
  readonly kubeconfig: string | null;
  readonly context: string | null;
}

/** A sentence for the user: no configuration, an unknown context, or nobody answers. */
export class ClusterError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ClusterError';
  }
}

interface Target {
  readonly config: KubeConfig;
  readonly server: URL;
  readonly context: string;
  readonly proxied: boolean;
}

/**
 * Opens nothing yet: the first request does. Credentials are read again for each request, so that tokens, exec
 * plugins and rotated certificates keep working. Throws a ClusterError where no cluster is configured.
 */
export async function createClient(source: ClusterSource): Promise<ApiClient> {
  // Loaded late: it is large, and offline commands do not need it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  load(config, source);
  const target = targetOf(config, source);
  const agent = new (target.server.protocol === 'http:' ? http : https).Agent({ keepAlive: true });
  return {
    get: async (path, query, options) => {
      const request = await requestOptions(target, options);
      return send(target, addressOf(target.server, path, query), { agent, ...request }, null);
    },
    write: async (method, path, query, options) => {
      const request = await requestOptions(target, options);
      const { type, body } = options;
      const headers =
        body === null ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const all = { agent, ...request, method, headers: { ...request.headers, ...headers } };
      return send(target, addressOf(target.server, path, query), all, body);
    },
  };
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
  try {
    const server = new URL(cluster.server);
    return { config, server, context, proxied: Boolean(cluster.proxyUrl) };
  } catch (error) {
    throw new ClusterError(`The server "${cluster.server}" of context "${context}" is no address.`, error);
  }
}

async function requestOptions(target: Target, options: ApiOptions): Promise<https.RequestOptions> {
  const { signal, accept } = options;
  const request: https.RequestOptions = { signal, headers: {} };
  // Credentials never go over a connection that everybody can read, as to `kubectl proxy`.
  if (target.server.protocol === 'https:') {
    try {
      await target.config.applyToHTTPSOptions(request);
    } catch (error) {
      const message = `The credentials of context "${target.context}" cannot be had: ${reasonOf(error)}`;
      throw new ClusterError(message, error);
    }
    // The library makes a new agent for each request, which keeps no connection; only a proxy needs it.
    if (!target.proxied) delete request.agent;
  }
  return { ...request, headers: { ...request.headers, accept, 'user-agent': 'netsluice' } };
}

function addressOf(server: URL, path: string, query: ApiQuery): URL {
  const address = new URL(server);
  address.pathname = `${server.pathname.replace(/\/$/, '')}${path}`;
  address.search = new URLSearchParams(query).toString();
  return address;
}

function send(
  target: Target,
  address: URL,
  options: https.RequestOptions,
  body: string | null,
): Promise<ApiResponse> {
  const { request } = address.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const call = request(address, options, (response) => {
      const headers = new Map<string, string>();
      for (const [name, value] of Object.entries(response.headers)) {
        if (value !== undefined) headers.set(name, String(value));
      }
      resolve({ status: response.statusCode ?? 0, headers, body: response });
    });
    call.on('error', (error) => {
      reject(options.signal?.aborted === true ? error : unreachable(target, error));
    });
    call.end(body ?? undefined);
  });
}

function unreachable({ server, context }: Target, error: Error): ClusterError {
  return new ClusterError(
    `The cluster at ${server.origin} (context "${context}") cannot be reached: ${reasonOf(error)}. ` +
      `Check that it runs and that "kubectl --context ${context} version" works.`,
    error,
  );
}

function reasonOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  // An attempt on several addresses fails with an error that has only a code.
  return error.message !== '' ? error.message : 'code' in error ? String(error.code) : error.name;
}
