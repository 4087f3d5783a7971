// AdmissionReviews over a generated cluster, as the API server sends them after `kubectl apply` and `kubectl delete`.
import { createHash } from 'node:crypto';
import { policiesOf, policyOf, randomOf } from '../clusters.mjs';

/** An endless row of requests by seed: a third creates, a third deletes, a third updates. */
export function* reviewsOf(shape, seed) {
  const stored = new Map();
  for (const policy of policiesOf(shape, seed)) {
    const { namespace } = policy.metadata;
    if (!stored.has(namespace)) stored.set(namespace, policy);
  }
  const random = randomOf(seed + 1000);
  for (let i = 0; ; i += 1) {
    const fresh = policyOf(shape, random, Math.floor(random() * shape.namespaces), 'fresh');
    const { namespace } = fresh.metadata;
    const before = i % 3 === 0 ? null : (stored.get(namespace) ?? null);
    const named = { ...fresh, metadata: { name: before?.metadata.name ?? 'fresh', namespace } };
    const after = i % 3 === 1 && before !== null ? null : named;
    yield reviewOf(i, before, after);
  }
}

function reviewOf(index, before, after) {
  const { name, namespace } = (after ?? before).metadata;
  const operation = before === null ? 'CREATE' : after === null ? 'DELETE' : 'UPDATE';
  const type = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' };
  const resource = { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' };
  // The last two digits count, so that one in a hundred can be told by its uid.
  const uid = `${digest(`${index}`, 8)}-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const body = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      ...{ uid, kind: type, resource, requestKind: type, requestResource: resource },
      ...{ name, namespace, operation },
      userInfo: {
        username: 'system:serviceaccount:delivery:applier',
        uid: digest('applier', 32),
        groups: ['system:serviceaccounts', 'system:serviceaccounts:delivery', 'system:authenticated'],
        extra: {
          'authentication.kubernetes.io/credential-id': [`JTI=${digest('credential', 32)}`],
          'authentication.kubernetes.io/node-name': ['node-17'],
          'authentication.kubernetes.io/pod-name': ['applier-6d5f7c9b8-x2x7k'],
        },
      },
      object: after === null ? null : storedForm(after),
      oldObject: before === null ? null : storedForm(before),
      dryRun: false,
      options: {
        kind: operation === 'DELETE' ? 'DeleteOptions' : 'UpdateOptions',
        apiVersion: 'meta.k8s.io/v1',
      },
    },
  };
  return { uid, body: JSON.stringify(body) };
}

/** With what the API server and kubectl add to an object. */
function storedForm({ apiVersion, kind, metadata, spec }) {
  const applied = JSON.stringify({ apiVersion, kind, metadata: { annotations: {}, ...metadata }, spec });
  return {
    ...{ apiVersion, kind },
    metadata: {
      ...metadata,
      uid: `${digest(`${metadata.namespace}/${metadata.name}`, 8)}-1111-4222-8333-444444444444`,
      resourceVersion: '123456',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${applied}\n` },
      managedFields: [
        {
          manager: 'kubectl-client-side-apply',
          operation: 'Update',
          apiVersion,
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: {
            'f:metadata': {
              'f:annotations': { '.': {}, 'f:kubectl.kubernetes.io/last-applied-configuration': {} },
            },
            'f:spec': Object.fromEntries(Object.keys(spec).map((key) => [`f:${key}`, {}])),
          },
        },
      ],
    },
    spec,
  };
}

const digest = (text, length) => createHash('sha256').update(text).digest('hex').slice(0, length);
