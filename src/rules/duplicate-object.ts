import type { Related } from '../model/finding.ts';
import type { WrittenDocument } from '../model/written.ts';
import { always, type DocumentInput, type DocumentRule, type Draft } from './rule.ts';

/** How many equal documents are named. */
const relatedMax = 5;

/**
 * R68. Two documents of the input are one object: the later overwrites the earlier, or is refused where it is created.
 * Or two names have one and the same spec, so that one of them is a leftover.
 *
 * Told of the later document, once. Silent between documents that are never applied together: overlays with a kustomization each, folders whose documents
 * name no namespace.
 *
 * Fix: keep one. Platforms do not differ.
 */
export const duplicateObject: DocumentRule = {
  id: 'duplicate-object',
  number: 'R68',
  title: 'Two documents are one object, or say the same',
  judges: 'document',
  severity: always('error'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: 'Two documents with the same namespace and name are one object in the cluster. `kubectl apply` lets the later overwrite the earlier, so half of what was written never holds, and which half depends on the order of the files; `kubectl create` refuses the second. Two policies with different names and the same spec do no harm, but whoever mends one forgets the other.',
    fix: 'Give one of them another name, merge them, or drop one.',
    fine: 'Two copies that say the same are an info. Documents that are never applied together are not compared: folders with a kustomization of their own, and folders whose documents name no namespace. Lint the rendered output of overlays rather than bases and overlays at once.',
    platforms: '',
  },
  *check({ document, from, earlier }: DocumentInput): Iterable<Draft> {
    if (from !== 'file' || document.name === null) return;
    const different = earlier.sameName.filter(({ spec }) => spec !== document.spec);
    if (different.length > 0) yield twice(different);
    else if (earlier.sameName.length > 0) yield copy(earlier.sameName);
    else if (earlier.sameSpec.length > 0) yield twin(earlier.sameSpec);
  },
};

function twice(others: readonly WrittenDocument[]): Draft {
  return {
    key: 'name',
    at: 'metadata.name',
    happens: [
      'an earlier document has the same name and another spec: of the two only the last applied holds',
    ],
    advice: ['rename one, or merge them'],
    affected: [],
    related: relatedOf(others, 'the same name, another spec'),
  };
}

function copy(others: readonly WrittenDocument[]): Draft {
  return {
    key: 'name',
    at: 'metadata.name',
    happens: ['an earlier document says the same of the same object'],
    advice: ['keep one'],
    affected: [],
    severity: always('info'),
    related: relatedOf(others, 'the same name and spec'),
  };
}

function twin(others: readonly WrittenDocument[]): Draft {
  const [first] = others;
  return {
    key: 'spec',
    at: 'spec',
    happens: [`${first?.name ?? 'another policy'} has the same spec`],
    advice: ['keep one of them'],
    affected: [],
    severity: always('info'),
    related: relatedOf(others, 'the same spec under another name'),
  };
}

function relatedOf(others: readonly WrittenDocument[], says: string): Related[] {
  return others.slice(0, relatedMax).map((document) => ({
    object: { kind: 'NetworkPolicy', namespace: document.namespace, name: document.name ?? '' },
    at: 'metadata.name',
    says,
    document,
  }));
}
