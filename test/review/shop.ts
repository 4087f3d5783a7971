/** The world of the review's tests: a shop of three workloads, a foreign namespace and the resolver. */
import { genericProfile, type Profile } from '../../src/model/profile.ts';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { type Json, namespace, running, service, worldWith } from '../support/build.ts';

export function shopObjects(shopLabels: Json = {}): Json[] {
  return [
    namespace('shop', shopLabels),
    namespace('data'),
    namespace('kube-system'),
    ...running('shop/web', 3, { ports: ['8080'] }),
    ...running('shop/api', 2, { ports: ['8081'] }),
    ...running('shop/db', 2, { ports: ['5432'] }),
    ...running('data/store', 1, { ports: ['6379'] }),
    ...running('kube-system/coredns', 2, { labels: { 'k8s-app': 'kube-dns' }, ports: ['53/UDP', '53'] }),
    service('kube-system/kube-dns', { 'k8s-app': 'kube-dns' }, ['53->53/UDP', '53->53/TCP']),
  ];
}

/** `shopLabels` are those of the namespace shop; `more` comes on top. */
export function shop(
  shopLabels: Json = {},
  more: readonly Json[] = [],
  profile: Profile = genericProfile,
): ClusterWorld {
  return worldWith([...shopObjects(shopLabels), ...more], profile);
}

export const denyIngress = '{podSelector: {}, policyTypes: [Ingress]}';
export const denyEgress = '{podSelector: {}, policyTypes: [Egress]}';
