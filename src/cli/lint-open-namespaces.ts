import type { LintFinding } from '../report/lint-report.ts';
import type { Coverage } from '../review/coverage.ts';
import type { Settings } from '../review/settings.ts';
import { isWithoutPolicies } from '../rules/namespace-missing-default-deny.ts';
import { podsDo } from '../rules/phrases.ts';
import type { World } from '../world/world.ts';
import type { LintObject } from './lint-objects.ts';
import { written } from './lint-written.ts';

const id = 'namespace-missing-default-deny';

/**
 * Namespaces of the input that have pods and no policy: no rule about policies can tell them. Each is told once, on the
 * Namespace where it is in the input, else on the first object that lies in it.
 */
export function openNamespaces(
  objects: readonly LintObject[],
  world: World,
  coverage: Coverage,
  settings: Settings,
): LintFinding[] {
  const override = Object.hasOwn(settings.rules, id) ? settings.rules[id] : undefined;
  if (override === 'off') return [];
  const severity = override === 'reject' ? 'error' : override === 'warn' ? 'warning' : 'info';
  return [...placesIn(objects)].flatMap(([namespace, { raw, record }]) => {
    const isExempt = settings.exempt.namespaces.includes(namespace);
    if (isExempt || !coverage.covers(namespace) || !isWithoutPolicies(world, namespace)) return [];
    const units = world
      .unitsIn(namespace)
      .toArray()
      .flatMap((unit) => world.unit(unit) ?? []);
    const path = record.kind === 'Namespace' ? 'metadata.name' : 'metadata.namespace';
    const message = `no policy selects any pod of ${namespace}, so ${podsDo(units, 'real', verb)} open both ways`;
    const advice = `add a default-deny; netsluice generate default-deny -n ${namespace} writes one`;
    return [written(raw, { rule: id, severity, path, key: '', message, advice })];
  });
}

const verb = { one: 'is', many: 'are', invented: 'will be' };

function placesIn(objects: readonly LintObject[]): Map<string, LintObject> {
  const found = new Map<string, LintObject>();
  for (const object of objects) {
    const { record } = object;
    if (record.kind === 'Namespace') found.set(record.name, object);
    else if ((record.kind === 'Pod' || 'template' in record) && !found.has(record.namespace))
      found.set(record.namespace, object);
  }
  return found;
}
