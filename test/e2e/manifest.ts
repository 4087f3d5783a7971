import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Text of a file of `test/e2e/manifests`, with every occurrence of each given word put in its place. */
export function manifest(name: string, words: Readonly<Record<string, string>> = {}): string {
  // From the repository's root: Jest runs this file as CommonJS, plain Node as a module.
  const text = readFileSync(join(process.cwd(), 'test', 'e2e', 'manifests', name), 'utf8');
  return Object.entries(words).reduce((out, [word, value]) => out.replaceAll(word, value), text);
}

/** A clinic of 3 workloads and 14 pods in a namespace of its own; see manifests/clinic.yaml. */
export function clinic(namespace: string, labels: Readonly<Record<string, string>> = {}): string {
  return manifest('clinic.yaml', { NAMESPACE: namespace, LABELS: JSON.stringify(labels) });
}

/** The YAML (JSON is YAML) of a NetworkPolicy. */
export function policy(
  namespace: string,
  name: string,
  spec: unknown,
  metadata: Readonly<Record<string, unknown>> = {},
): string {
  const head = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
  return JSON.stringify({ ...head, metadata: { name, namespace, ...metadata }, spec });
}
