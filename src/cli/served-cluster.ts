import type { ClusterSource } from '../cluster/client.ts';
import { accountIn } from '../cluster/pod-account.ts';
import { readSurroundings, type ServeConfig } from '../config.ts';

/** The cluster that `serve` is to watch: inside a pod the account of the pod, which needs no library to be read. */
export function servedCluster({ kubeconfig, context }: ServeConfig): ClusterSource {
  return {
    kubeconfig: kubeconfig ?? null,
    context: context ?? null,
    account: accountIn(readSurroundings()),
  };
}
