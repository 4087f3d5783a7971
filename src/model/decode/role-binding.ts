import type { RoleBindingRecord } from '../objects.ts';
import { get, list, nameOf, namespaceOf, text } from './lenient.ts';

/** Reads which service accounts are bound, and nothing else. Throws a DecodeError where the object has no name. */
export function decodeRoleBinding(
  kind: 'RoleBinding' | 'ClusterRoleBinding',
  value: unknown,
): RoleBindingRecord {
  const namespace = kind === 'RoleBinding' ? namespaceOf(value) : null;
  const accounts = list(get(value, 'subjects')).flatMap((subject) => {
    const name = text(get(subject, 'name'));
    if (get(subject, 'kind') !== 'ServiceAccount' || name === null) return [];
    const own = text(get(subject, 'namespace')) ?? namespace;
    return own === null ? [] : [{ namespace: own, name }];
  });
  return { kind: 'RoleBinding', namespace, name: nameOf(value), accounts };
}
