import type { Edit } from '../model/change.ts';
import type { Finding } from '../model/finding.ts';
import { recordName } from '../model/objects.ts';
import type { ObjectRef } from '../model/ref.ts';
import type { Draft, Rule } from './rule.ts';

/** Adds who said it and about which object, so that a rule cannot misreport itself. */
export function stamp(rule: Rule, object: ObjectRef, draft: Draft, invented: boolean): Finding {
  return {
    rule: rule.id,
    number: rule.number,
    object,
    key: draft.key,
    severity: draft.severity ?? rule.severity,
    confidence: draft.confidence ?? rule.confidence,
    cure: draft.cure ?? rule.cure,
    needs: draft.needs ?? rule.needs,
    restsOnVerdicts: rule.restsOnVerdicts,
    at: draft.at,
    happens: draft.happens,
    advice: draft.advice,
    affected: draft.affected,
    invented,
    related: draft.related ?? [],
    fix: draft.fix ?? [],
    admission: rule.admission ?? 'told',
  };
}

/** The object an edit is about. */
export function objectOf(edit: Edit): ObjectRef {
  if (edit.kind === 'policy') return (edit.after ?? edit.before)?.ref ?? nothing;
  if (edit.kind === 'namespace')
    return { kind: 'Namespace', namespace: null, name: (edit.after ?? edit.before)?.name ?? '' };
  const record = edit.after ?? edit.before;
  return record === null ? nothing : { kind: record.kind, ...recordName(record) };
}

const nothing: ObjectRef = { kind: '', namespace: null, name: '' };
