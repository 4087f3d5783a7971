import type { ClusterObject, PolicyRecord } from '../objects.ts';
import type { GivenField, WrittenPolicy } from '../written.ts';
import { get, list } from './lenient.ts';
import { isRecord, ownField } from './value.ts';

/** What a document tells of how its author wrote it. Takes anything and never throws. */
export function writtenPolicy(
  value: unknown,
  source: 'file' | 'last-applied',
): Omit<WrittenPolicy, 'document'> {
  const spec = get(value, 'spec');
  const given = new Set<GivenField>();
  if (list(get(spec, 'policyTypes')).length > 0) given.add('policyTypes');
  for (const field of ['ingress', 'egress'] as const) {
    if (Array.isArray(get(spec, field))) given.add(field);
  }
  return {
    source,
    given,
    emptyPeers: [...emptyIn(spec, 'ingress', 'from'), ...emptyIn(spec, 'egress', 'to')],
  };
}

/** "A list that is empty or null is left out" before anything sees it, and then matches everybody. */
function emptyIn(spec: unknown, clauses: 'ingress' | 'egress', peers: 'from' | 'to'): string[] {
  return list(get(spec, clauses)).flatMap((clause, index) => {
    if (!isRecord(clause) || !Object.hasOwn(clause, peers)) return [];
    const value = ownField(clause, peers);
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
    return isEmpty ? [`spec.${clauses}[${index}].${peers}`] : [];
  });
}

/** The record of a file's object, with what its policy's author wrote. */
export function asWritten<T extends ClusterObject | null>(record: T, value: unknown): T | PolicyRecord {
  if (record?.kind !== 'NetworkPolicy' || record.policy === null) return record;
  const written: WrittenPolicy = { ...writtenPolicy(value, 'file'), document: null };
  return { ...record, policy: { ...record.policy, written } };
}
