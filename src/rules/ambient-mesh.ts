import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';

export const modeLabel = 'istio.io/dataplane-mode';

/** The port on which the node proxies of the mesh hand connections on, whatever port the application asked for. */
export const tunnelPort = 15_008;

/** Does the pod's traffic go through the ambient mesh? Its own label goes before that of its namespace. */
export function isEnrolled(world: World, { labels, namespace }: Unit): boolean {
  const mode = labels.get(modeLabel) ?? world.namespaceLabels(namespace).get(modeLabel);
  return mode === 'ambient';
}

/** Are the pods of the namespace in the mesh unless they say otherwise? */
export function enrollsItsPods(world: World, namespace: string): boolean {
  return world.namespaceLabels(namespace).get(modeLabel) === 'ambient';
}
