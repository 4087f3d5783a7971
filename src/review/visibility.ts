import { type Clause, type CompiledPolicy, clausesOf, directions, type Peer } from '../model/policy.ts';
import { pinnedValue } from '../model/selector.ts';
import type { Settings } from './settings.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Which namespaces' workloads the requesting user may be told by name. */
export type Visibility = (namespace: string) => boolean;

/**
 * `own`: the request's namespace; `counts`: public namespaces and those that the policy itself names, too; `names`:
 * all. A user who may write one namespace is not told what runs in the others.
 */
export function visibilityOf(
  namespace: string,
  policies: readonly CompiledPolicy[],
  settings: Settings,
): Visibility {
  if (settings.detail === 'names') return () => true;
  const visible = new Set([namespace]);
  if (settings.detail === 'counts') {
    for (const name of settings.publicNamespaces) visible.add(name);
    for (const name of policies.flatMap(namedNamespaces)) visible.add(name);
  }
  return (name) => visible.has(name);
}

/** Namespaces that the policy's selectors pin by name. */
function namedNamespaces(policy: CompiledPolicy): string[] {
  const peers = directions
    .flatMap((direction) => clausesOf(policy, direction))
    .flatMap((clause) => peersIn(clause));
  return peers.flatMap((peer) => {
    if (peer.kind !== 'pods' || peer.namespaces === 'own') return [];
    return pinnedValue(peer.namespaces, nameLabel) ?? [];
  });
}

function peersIn({ peers }: Clause): readonly Peer[] {
  return peers === 'any' ? [] : peers;
}
