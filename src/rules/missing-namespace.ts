import { always, type DocumentInput, type DocumentRule, type Draft } from './rule.ts';

/**
 * R67. The manifest does not say in which namespace it belongs, or says `default`. It then goes wherever the current
 * context points, which is where it protects nothing or denies somebody else's traffic.
 *
 * An info where the input declares the namespace: `--namespace`, or a kustomization beside the file.
 *
 * Fix: write `metadata.namespace`. Platforms do not differ.
 */
export const missingNamespace: DocumentRule = {
  id: 'missing-namespace',
  number: 'R67',
  title: 'The manifest names no namespace',
  judges: 'document',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: 'A NetworkPolicy protects pods of its own namespace alone. A manifest without `metadata.namespace` is applied to whatever namespace the current context points to: a default-deny that was meant for one team then cuts off another, and the pods that it was meant for stay open. A policy in `default` is seldom meant, because few workloads run there.',
    fix: 'Write `metadata.namespace`. With `--namespace NAME`, `lint --fix` writes that name.',
    fine: 'It is an info where the namespace comes from elsewhere: `lint --namespace NAME`, or a `kustomization.yaml` in the same folder, which sets `namespace` or leaves it to the overlays that use it. For `default` it is an info too.',
    platforms: '',
  },
  *check({ document, from, declaredNamespace }: DocumentInput): Iterable<Draft> {
    if (from !== 'file') return;
    const { namespace } = document;
    if (namespace === 'default')
      yield {
        key: 'default',
        at: 'metadata.namespace',
        happens: ['it belongs to the namespace default, where few workloads run'],
        advice: ['name the namespace of the pods that are meant'],
        affected: [],
        severity: always('info'),
      };
    if (namespace !== null) return;
    if (declaredNamespace === null)
      yield {
        key: '',
        at: 'metadata.namespace',
        happens: ['it names no namespace, so it goes wherever the current context points'],
        advice: ['write metadata.namespace'],
        affected: [],
      };
    else yield elsewhere(declaredNamespace);
  },
};

/** Something else than the manifest says where it goes. */
function elsewhere({ name, by }: NonNullable<DocumentInput['declaredNamespace']>): Draft {
  const who = by === 'option' ? '--namespace says ' : 'the kustomization says ';
  return {
    key: '',
    at: 'metadata.namespace',
    happens:
      name === null
        ? ['it names no namespace, and leaves it to what uses this kustomization']
        : [`it names no namespace; ${who}`, { kind: 'namespace', name }],
    advice: [],
    affected: [],
    severity: always('info'),
    fix: by === 'option' ? [{ op: 'set', at: 'metadata.namespace', value: name }] : [],
  };
}
