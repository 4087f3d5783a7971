import type { Unit } from '../world/unit.ts';

/** By the ids of their workloads. Those begin with the namespace and a slash, so that few of them need to be compared. */
export function inOrder(units: readonly Unit[]): readonly Unit[] {
  const byNamespace = new Map<string, Unit[]>();
  for (const unit of units) {
    const known = byNamespace.get(unit.namespace);
    if (known === undefined) byNamespace.set(unit.namespace, [unit]);
    else known.push(unit);
  }
  const sorted = [...byNamespace].sort(([a], [b]) => (`${a}/` < `${b}/` ? -1 : 1));
  return sorted.flatMap(([, own]) => own.sort((a, b) => (a.workload.id < b.workload.id ? -1 : 1)));
}
