// Clusters to measure on, by name and seed: records as the world takes them, and changes to lay over them. What names
// there are and what they mean is told in cluster-names.mjs.
import { decodeNetworkPolicy } from '../dist/model/decode/network-policy.js';
import { shapes as knownShapes } from './cluster-names.mjs';
import { nameOf, populationOf } from './cluster-pods.mjs';
import { makers } from './cluster-policies.mjs';
import { randomOf as seeded } from './random.mjs';

/** Clusters by name; others are made by `shapeOf` of cluster-names.mjs. */
export const shapes = knownShapes;

/** Deterministic numbers from 0 to 1. */
export const randomOf = seeded;

/** @typedef {import('./cluster-names.mjs').Shape} Shape */

/** Every object of the cluster, policies last. @param {Shape} shape @param {number} seed */
export function* recordsOf(shape, seed) {
  yield* populationOf(shape, seed);
  for (const policy of policiesOf(shape, seed)) yield recordOf(policy);
}

/** The policies of the cluster as JSON. @param {Shape} shape @param {number} seed */
export function* policiesOf(shape, seed) {
  const random = randomOf(seed);
  const namespaces = shape.population === 'real' ? Math.max(1, shape.namespaces - 1) : shape.namespaces;
  for (let i = 0; i < shape.policies; i += 1) yield policyOf(shape, random, i % namespaces, `policy-${i}`);
}

/** @param {object} object a NetworkPolicy as JSON */
export function recordOf(object) {
  const policy = decodeNetworkPolicy(object);
  return { kind: 'NetworkPolicy', namespace: policy.namespace, name: policy.name, policy, problem: null };
}

/**
 * A policy of the shape's sort in one namespace.
 * @param {Shape} shape @param {() => number} random @param {number} namespace @param {string} name
 */
export function policyOf(shape, random, namespace, name) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: nameOf(shape, namespace) },
    spec: makers[shape.policy](shape, random, namespace, name),
  };
}
