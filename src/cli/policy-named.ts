import type { CompiledPolicy } from '../model/policy.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { meant } from './trace-ends.ts';

/** The NetworkPolicy `namespace/name`, or why there is none to speak of. */
export function policyNamed(
  world: ClusterWorld,
  text: string,
): CompiledPolicy | { readonly problem: string } {
  const [namespace = '', name = '', more] = text.split('/');
  if (namespace === '' || name === '' || more !== undefined)
    return { problem: `"${text}" is no policy: write ns/name.` };
  const policies = [...world.policiesIn(namespace)];
  const found = policies.find(({ ref }) => ref.name === name);
  if (found !== undefined) return found;
  const stored = world.record('NetworkPolicy', namespace, name);
  if (stored !== undefined)
    return {
      problem: `NetworkPolicy ${text} cannot be read: ${stored.problem ?? 'it has too many ipBlocks'}.`,
    };
  const hint = meant(
    name,
    policies.map(({ ref }) => ref.name),
  );
  return { problem: `There is no NetworkPolicy ${text}${hint}` };
}
