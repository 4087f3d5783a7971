// Changes to the policies of a generated cluster, as requests to its API: a third creates, a third deletes, a third
// replaces. What the API server took is kept, so that the next change fits what is there.
import { policyOf, randomOf } from '../clusters.mjs';

const root = '/apis/networking.k8s.io/v1/namespaces';

/** @typedef {{ method: string, path: string, body?: object, done: () => void }} Change */

/** An endless row by seed. `done` is to be called when a change was taken. @returns {Generator<Change>} */
export function* changesOf(shape, seed, policies) {
  const random = randomOf(seed + 2000);
  const stored = policies.map(({ metadata }) => metadata);
  const below = (limit) => Math.floor(random() * limit);
  for (let i = 0; ; i += 1) {
    const at = below(stored.length);
    const { name, namespace } = stored[at];
    const path = `${root}/${namespace}/networkpolicies/${name}`;
    if (i % 3 === 0) {
      const body = policyOf(shape, random, below(shape.namespaces), `fresh-${i}`);
      yield {
        method: 'POST',
        path: `${root}/${body.metadata.namespace}/networkpolicies`,
        body,
        done: () => stored.push(body.metadata),
      };
    } else if (i % 3 === 1) {
      yield { method: 'DELETE', path, done: () => stored.splice(at, 1) };
    } else {
      const { apiVersion, kind, spec } = policyOf(shape, random, below(shape.namespaces), name);
      const body = { apiVersion, kind, metadata: { name, namespace }, spec };
      yield { method: 'PUT', path, body, done: () => undefined };
    }
  }
}
