import type { Difference } from '../impact/rectangle.ts';
import type { Change } from '../model/change.ts';
import type { Related } from '../model/finding.ts';
import type { Unit } from '../world/unit.ts';

/** So many other places are told at most: the first ones say what it is about. */
const mostPlaces = 3;

/** The workloads of some pods, each once. */
export function workloadsThat(units: readonly Unit[], says: string): Related[] {
  const found = new Map<string, Related>();
  for (const { namespace, workload } of units) {
    if (found.size === mostPlaces) break;
    const object = { kind: workload.kind, namespace, name: workload.name };
    found.set(workload.id, { object, at: '', says });
  }
  return [...found.values()];
}

/** An object as a whole. */
export function objectThat(
  kind: string,
  { namespace, name }: { readonly namespace: string | null; readonly name: string },
  says: string,
): Related {
  return { object: { kind, namespace, name }, at: '', says };
}

type Effect = Difference['rectangles'][number]['causes'][number]['effect'];

const effects: Readonly<Record<Effect, string>> = {
  isolates: 'it isolates them',
  frees: 'it isolated them',
  allows: 'this clause allows it',
  'stops-allowing': 'this clause allowed it',
};

/** The policies that the change does not touch and whose word it rests on, in the order of their names. */
export function policiesBehind(
  rectangles: Difference['rectangles'],
  { edits }: Change,
  wanted: readonly Effect[],
): Related[] {
  const edited = new Set(
    edits.map((edit) => (edit.kind === 'policy' ? keyOf((edit.after ?? edit.before)?.ref) : '')),
  );
  const found = new Map<string, Related>();
  for (const { causes } of rectangles) {
    for (const { policy, direction, clause, effect } of causes) {
      const at = clause === null ? 'spec.podSelector' : `spec.${direction}[${clause}]`;
      const key = `${keyOf(policy)} ${at}`;
      if (found.has(key) || edited.has(keyOf(policy)) || !wanted.includes(effect)) continue;
      const { namespace, name } = policy;
      found.set(key, { object: { kind: 'NetworkPolicy', namespace, name }, at, says: effects[effect] });
    }
  }
  const inOrder = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder.slice(0, mostPlaces).map(([, related]) => related);
}

function keyOf(ref: { readonly namespace: string; readonly name: string } | undefined): string {
  return ref === undefined ? '' : `${ref.namespace}/${ref.name}`;
}
