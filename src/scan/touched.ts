import { type CallbackRecord, type ClusterObject, recordName, type WorldEvent } from '../model/objects.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** Namespaces whose policies may be judged otherwise than before; `all` where nobody can tell them apart. */
export type Touched = ReadonlySet<string> | 'all';

const callbackKinds: ReadonlySet<ClusterObject['kind']> = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'CustomResourceDefinition',
]);

/**
 * What an event touches directly; asked before it is applied, so that the old object is still known. Policies of other
 * namespaces that look at a touched one are found by `outlook.ts` when its turn comes.
 */
export function touchedBy(event: WorldEvent, world: ClusterWorld): Touched {
  const kind = event.type === 'put' ? event.object.kind : event.kind;
  if (kind === 'Node') return none;
  if (kind === 'Namespace') {
    const name = event.type === 'put' && event.object.kind === 'Namespace' ? event.object.name : '';
    return new Set([event.type === 'delete' ? event.name : name]);
  }
  if (callbackKinds.has(kind)) return new Set(callbackNamespaces(event, world));
  if (farKinds.has(kind)) return farNamespaces(event, world);
  const namespace =
    event.type === 'delete' ? event.namespace : 'namespace' in event.object ? event.object.namespace : null;
  // Only a policy of an API that is not analysed and that governs the whole cluster is left.
  return namespace === null ? 'all' : new Set([namespace]);
}

const none: Touched = new Set<string>();

function callbackNamespaces(event: WorldEvent, world: ClusterWorld): string[] {
  const records: CallbackRecord[] = [];
  const kind = event.type === 'put' ? event.object.kind : event.kind;
  const name = event.type === 'delete' ? event.name : 'name' in event.object ? event.object.name : '';
  if (event.type === 'put' && 'targets' in event.object) records.push(event.object);
  const old = world.record(kind, null, name);
  if (old !== undefined && 'targets' in old) records.push(old);
  return records.flatMap(({ targets }) => targets.map(({ service }) => service.namespace));
}

/** Namespaced or not, these concern the pods of the namespaces that they name. */
const farKinds: ReadonlySet<ClusterObject['kind']> = new Set(['HTTPRoute', 'Monitor', 'RoleBinding']);

function farNamespaces(event: WorldEvent, world: ClusterWorld): Touched {
  const { kind, namespace, name } =
    event.type === 'delete' ? event : { kind: event.object.kind, ...recordName(event.object) };
  const records = [world.record(kind, namespace, name), event.type === 'put' ? event.object : undefined];
  const named = records.map((record) => (record === undefined ? none : namedBy(record)));
  return named.some((each) => each === 'all') ? 'all' : new Set(named.flatMap((each) => [...each]));
}

function namedBy(record: ClusterObject): Touched {
  switch (record.kind) {
    case 'HTTPRoute':
      return new Set(record.backends.map(({ namespace }) => namespace));
    case 'RoleBinding':
      return new Set(record.accounts.map(({ namespace }) => namespace));
    case 'Monitor':
      if (record.namespaces === 'any') return 'all';
      return new Set(record.namespaces === 'own' ? [record.namespace] : record.namespaces);
    default:
      return none;
  }
}
