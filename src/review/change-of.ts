import { writtenInObject } from '../dialects/last-applied.ts';
import { compileNetworkPolicy } from '../dialects/network-policy.ts';
import type { Change, Edit } from '../model/change.ts';
import { decodeObject } from '../model/decode/cluster-object.ts';
import { decodeNetworkPolicy } from '../model/decode/network-policy.ts';
import { DecodeError } from '../model/decode/value.ts';
import type { NetworkPolicy } from '../model/network-policy.ts';
import type { WorkloadRecord } from '../model/objects.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import type { ReviewRequest } from '../model/review.ts';
import { sameValue } from '../model/same-value.ts';
import { sameLabels } from '../model/selector.ts';

/** What a request asks to change, or why there is nothing to analyse. */
export type Asked =
  | { readonly kind: 'change'; readonly change: Change; readonly edit: Edit }
  | { readonly kind: 'not-handled'; readonly why: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'unreadable'; readonly path: string; readonly problem: string };

const workloadResources: ReadonlySet<string> = new Set([
  'deployments',
  'statefulsets',
  'daemonsets',
  'replicasets',
  'jobs',
  'cronjobs',
]);

const operations: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE']);

/**
 * Decodes what the API server sent. "For UPDATE and DELETE, before is the request's oldObject", never a cached copy;
 * an item of a DeleteCollection has its name only there.
 */
export function askedOf(request: ReviewRequest, profile: Profile): Asked {
  const { group, version, resource, operation } = request;
  if (!operations.has(operation))
    return { kind: 'not-handled', why: `operation ${operation || 'without a name'}` };
  try {
    if (group === 'networking.k8s.io' && resource === 'networkpolicies') {
      return version === 'v1'
        ? policyAsked(request, profile)
        : { kind: 'not-handled', why: `${group}/${version} ${resource}` };
    }
    if (group === '' && resource === 'namespaces') return namespaceAsked(request);
    if (workloadResources.has(resource)) return workloadAsked(request);
  } catch (error) {
    if (error instanceof DecodeError) return { kind: 'unreadable', path: error.path, problem: error.problem };
    throw error;
  }
  return { kind: 'not-handled', why: `${group}/${version} ${resource}` };
}

function policyAsked({ operation, object, oldObject, namespace }: ReviewRequest, profile: Profile): Asked {
  const read = (value: unknown): NetworkPolicy => {
    const policy = decodeNetworkPolicy(value);
    return { ...policy, namespace, written: writtenInObject(value, policy) };
  };
  const after = operation === 'DELETE' ? null : compileNetworkPolicy(read(object), profile);
  // An old object that cannot be read does not excuse the new one from being judged.
  const before =
    operation === 'CREATE' ? null : compiledOrNull(() => compileNetworkPolicy(read(oldObject), profile));
  if (operation === 'DELETE' && before === null) read(oldObject);
  if (before !== null && after !== null && samePolicy(before, after)) return { kind: 'unchanged' };
  return asked({ kind: 'policy', before, after });
}

function compiledOrNull(compile: () => CompiledPolicy): CompiledPolicy | null {
  try {
    return compile();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** "Spec and netsluice.dev/* annotations both unchanged": only what no rule reads differs. */
export function samePolicy(before: CompiledPolicy, after: CompiledPolicy): boolean {
  const own = ({ source }: CompiledPolicy) =>
    [...source.annotations]
      .filter(([key]) => key.startsWith('netsluice.dev/'))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  const read = (policy: CompiledPolicy) => {
    const { subject, ingress, egress, source } = policy;
    return [
      subject,
      ingress !== null,
      egress !== null,
      source.spec?.ingress,
      source.spec?.egress,
      own(policy),
    ];
  };
  return sameValue(read(before), read(after));
}

const namespaceType = { apiVersion: 'v1', kind: 'Namespace' };

function namespaceAsked({ operation, object, oldObject }: ReviewRequest): Asked {
  const before = operation === 'CREATE' ? null : decodeObject(oldObject, namespaceType);
  const after = operation === 'DELETE' ? null : decodeObject(object, namespaceType);
  // Only changed labels matter: namespaces come and go with their pods.
  if (before?.kind !== 'Namespace' || after?.kind !== 'Namespace') return { kind: 'unchanged' };
  if (sameLabels(before.labels, after.labels)) return { kind: 'unchanged' };
  return asked({ kind: 'namespace', before, after });
}

function workloadAsked({ operation, object, oldObject, group, version, kind }: ReviewRequest): Asked {
  const type = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
  const before = operation === 'CREATE' ? null : workloadOrNull(decodeObject(oldObject, type));
  const after = operation === 'DELETE' ? null : workloadOrNull(decodeObject(object, type));
  if (before === null || after === null) return { kind: 'unchanged' };
  if (sameLabels(before.template.labels, after.template.labels)) return { kind: 'unchanged' };
  return asked({ kind: 'workload', before, after });
}

function workloadOrNull(object: ReturnType<typeof decodeObject>): WorkloadRecord | null {
  return object !== null && 'template' in object ? object : null;
}

function asked(edit: Edit): Asked {
  return { kind: 'change', change: { edits: [edit] }, edit };
}
