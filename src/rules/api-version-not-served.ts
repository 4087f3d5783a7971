import { policyTypeOf } from '../model/decode/policy-type.ts';
import { isRecord } from '../model/decode/value.ts';
import type { FixStep } from '../model/finding.ts';
import type { WrittenDocument } from '../model/written.ts';
import { always, type DocumentInput, type DocumentRule, type Draft } from './rule.ts';

const served = 'networking.k8s.io/v1';

/**
 * R65. The document means to be a NetworkPolicy, and no API server serves its `apiVersion` and `kind`: a slip, a version
 * that is gone, or no type at all.
 *
 * A NetworkPolicy of another vendor's group is a kind of its own. It is noted as not judged, and never read as this one.
 *
 * Fix: `apiVersion: networking.k8s.io/v1`, `kind: NetworkPolicy`. Platforms do not differ.
 */
export const apiVersionNotServed: DocumentRule = {
  id: 'api-version-not-served',
  number: 'R65',
  title: 'No API server serves this apiVersion and kind',
  judges: 'document',
  severity: always('error'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: 'NetworkPolicies are served as `networking.k8s.io/v1` and nothing else. `extensions/v1beta1` has been gone since Kubernetes 1.16, and a slip in the group or version is refused with `no matches for kind`. In a batch of manifests such a refusal is easy to overlook: everything else is applied, and the pods stay open.',
    fix: 'Write `apiVersion: networking.k8s.io/v1` and `kind: NetworkPolicy`. The fields are the same as in the older versions.',
    fine: 'A NetworkPolicy of another group, such as `projectcalico.org/v3`, is a kind of its own with other fields. It is noted as an info and not judged.',
    platforms: '',
  },
  *check({ document, from }: DocumentInput): Iterable<Draft> {
    const type = policyTypeOf(document);
    if (from !== 'file' || type === 'served') return;
    yield type === 'other-group' ? strange(document) : slip(document);
  },
};

function strange({ apiVersion }: WrittenDocument): Draft {
  return {
    key: 'other-group',
    at: 'apiVersion',
    happens: [`a NetworkPolicy of ${apiVersion} is a kind of its own and is not judged here`],
    advice: [],
    affected: [],
    severity: always('info'),
  };
}

function slip(document: WrittenDocument): Draft {
  const { apiVersion, kind } = document;
  const misnamed = misnamedKeys(document);
  const wrong = [
    ...(apiVersion === served ? [] : [{ key: 'apiVersion', value: served }]),
    ...(kind === 'NetworkPolicy' ? [] : [{ key: 'kind', value: 'NetworkPolicy' }]),
  ];
  const missing = [...(apiVersion === '' ? ['apiVersion'] : []), ...(kind === '' ? ['kind'] : [])];
  const type = `${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
  const renames = misnamed.map(({ key, meant }): FixStep => ({ op: 'rename', at: key, to: meant }));
  const sets = wrong.map(({ key, value }): FixStep => ({ op: 'set', at: key, value }));
  const write = wrong.map(({ key, value }) => `${key}: ${value}`).join(' and ');
  const instead = misnamed.map(({ key, meant }) => `${meant} instead of ${key}`).join(' and ');
  return {
    key: 'not-served',
    at: misnamed[0]?.key ?? wrong.at(-1)?.key ?? 'apiVersion',
    happens: [
      missing.length === 0
        ? `kube-apiserver rejects it: no matches for kind ${type}`
        : `kube-apiserver rejects it: it has no ${missing.join(' and no ')}`,
    ],
    advice: [`write ${instead === '' ? write : instead}`],
    affected: [],
    fix: [...renames, ...sets],
  };
}

/** Keys at the top that are slips for the two that are missing. */
export function misnamedKeys({ apiVersion, kind, value }: WrittenDocument): { key: string; meant: string }[] {
  if (!isRecord(value)) return [];
  return Object.keys(value).flatMap((key) => {
    if (apiVersion === '' && /^(?:-?\s*api[-_ ]?(?:version)?|version)$/i.test(key) && key !== 'apiVersion')
      return [{ key, meant: 'apiVersion' }];
    return kind === '' && key !== 'kind' && key.toLowerCase() === 'kind' ? [{ key, meant: 'kind' }] : [];
  });
}
