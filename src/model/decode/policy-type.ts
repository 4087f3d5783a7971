import type { TypeMeta } from './cluster-object.ts';
import { get } from './lenient.ts';
import { isRecord } from './value.ts';

/** Groups in which a NetworkPolicy is a slip or long gone; all others have kinds of their own of that name. */
const ownGroups: readonly string[] = [
  '',
  'networking.k8s.io',
  'extensions',
  'apps',
  'policy',
  'k8s.io',
  'networking',
  'network.k8s.io',
  'networking.k8s',
  'networking.k8.io',
  'networking.kubernetes.io',
];

const kindMeant = /^network-?polic(?:y|ies)$/i;

/** What a type means: the NetworkPolicy that is served, a slip for it, or the kind of that name of somebody else. */
export type PolicyType = 'served' | 'slip' | 'other-group' | 'none';

export function policyTypeOf({ apiVersion, kind }: TypeMeta): PolicyType {
  if (!kindMeant.test(kind)) return 'none';
  if (apiVersion === 'networking.k8s.io/v1' && kind === 'NetworkPolicy') return 'served';
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return ownGroups.includes(group.toLowerCase()) ? 'slip' : 'other-group';
}

/**
 * Does a document without a whole type mean to be a NetworkPolicy? By its kind, however that key is written, or by a
 * spec that no other kind has.
 */
export function meansPolicy(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const kind = Object.entries(value).find(([key]) => key.toLowerCase() === 'kind')?.[1];
  if (kind !== undefined && kind !== null) return typeof kind === 'string' && kindMeant.test(kind);
  const spec = get(value, 'spec');
  return (
    isRecord(spec) &&
    Object.hasOwn(spec, 'podSelector') &&
    ['ingress', 'egress', 'policyTypes'].some((field) => Object.hasOwn(spec, field))
  );
}
