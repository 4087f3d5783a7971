/** Copies of what a fixture holds, to see what a rule's cost grows with. */
import { parseAllDocuments } from 'yaml';
import type { ClusterObject } from '../../src/model/objects.ts';
import { type Json, recordOf } from './build.ts';

type Manifest = Json & { readonly kind: string; readonly metadata: Json & { readonly name: string } };

/** What of a fixture is there `count` times more: its own namespace, or the others, where its peers are. */
export function copiesIn(text: string, where: 'own' | 'peers', count: number): readonly ClusterObject[] {
  const manifests = parseAllDocuments(text).map((document): Manifest => document.toJS());
  const changed = manifests.filter(({ metadata }) => roleOf(metadata) === 'apply');
  const own = new Set(changed.map((manifest) => spaceOf(manifest)));
  const copied = manifests.filter((manifest) => {
    const space = spaceOf(manifest);
    if (roleOf(manifest.metadata) !== '' || serving.has(space) || !copiedKinds.has(manifest.kind))
      return false;
    return own.has(space) === (where === 'own');
  });
  return Array.from({ length: count }, (_, i) =>
    copied.map((manifest) => recordOf(copyOf(manifest, i))),
  ).flat();
}

/** What serves the cluster as a whole: there is one of each, however large it is. */
const serving: ReadonlySet<unknown> = new Set(['kube-system', 'gateway']);

const copiedKinds: ReadonlySet<string> = new Set([
  'Pod',
  'Deployment',
  'StatefulSet',
  'Service',
  'NetworkPolicy',
  'Job',
  'CronJob',
  'Ingress',
]);

function roleOf({ annotations }: Json): unknown {
  const found: Json = typeof annotations === 'object' && annotations !== null ? { ...annotations } : {};
  return found['netsluice.dev/fixture'] ?? '';
}

function spaceOf({ kind, metadata }: Manifest): unknown {
  return kind === 'Namespace' ? metadata.name : metadata['namespace'];
}

/** Under another name, and with a label more, so that pods of it are not pods of the same unit. */
function copyOf(manifest: Manifest, i: number): Json {
  const labels = manifest.metadata['labels'];
  const more = typeof labels === 'object' && labels !== null ? { ...labels, copy: `${i}` } : { copy: `${i}` };
  return {
    ...manifest,
    metadata: { ...manifest.metadata, name: `${manifest.metadata.name}-copy-${i}`, labels: more },
  };
}
