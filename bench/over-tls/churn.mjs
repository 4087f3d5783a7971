// What keeps happening in a cluster, by seed: pods come and go, kubelets report, labels and policies change.
import { policyOf, randomOf } from '../clusters.mjs';
import { readyAt } from './api-objects.mjs';

/** Of a hundred events: the rest are what kubelets report, which changes nothing that a policy sees. */
const shares = { pods: 36, policies: 3, namespaces: 1 };
const tickMs = 5;

const isReplaceable = ({ metadata, status }) =>
  metadata.ownerReferences?.[0].kind === 'ReplicaSet' && status.phase === 'Running';

/**
 * @param {object} given
 * @param {(kind: string) => Map<string, any>} given.items the objects by key
 * @param {(type: 'put' | 'delete', object: any) => void} given.happen
 */
export function makeChurn({ shape, seed, items, happen }) {
  const random = randomOf(seed + 1);
  const below = (limit) => Math.floor(random() * limit);
  // A pod of a StatefulSet or a DaemonSet comes back under its name.
  const pods = [...items('Pod')].filter(([, pod]) => isReplaceable(pod)).map(([key]) => key);
  const namespaces = [...items('Namespace').keys()];
  const policies = [];
  /** As many come and go beyond those of the shape. */
  const policiesMax = Math.min(200, shape.policies / 2);
  const happened = { pods: 0, kubelets: 0, policies: 0, namespaces: 0 };
  let made = 0;
  let timer = null;

  function pod() {
    const at = below(pods.length);
    const old = items('Pod').get(pods[at]);
    made += 1;
    const address =
      below(2) === 0 ? old.status.podIP : `10.${64 + (made >> 16)}.${(made >> 8) & 255}.${made & 255}`;
    const next = {
      ...old,
      metadata: { ...old.metadata, name: `${old.metadata.name.replace(/-n\d+$/, '')}-n${made}` },
      status: { ...old.status, podIP: address, podIPs: [{ ip: address }] },
    };
    happen('delete', old);
    happen('put', next);
    pods[at] = `${next.metadata.namespace}/${next.metadata.name}`;
    happened.pods += 2;
    return 2;
  }

  function kubelet() {
    const old = items('Pod').get(pods[below(pods.length)]);
    happen('put', { ...old, status: { ...old.status, conditions: readyAt(happened.kubelets) } });
    happened.kubelets += 1;
    return 1;
  }

  function policy() {
    made += 1;
    if (policies.length >= policiesMax || (policies.length > 0 && below(2) === 0)) {
      const [key] = policies.splice(below(policies.length), 1);
      happen('delete', items('NetworkPolicy').get(key));
    } else {
      const fresh = policyOf(shape, random, below(shape.namespaces), `churn-${made}`);
      policies.push(`${fresh.metadata.namespace}/${fresh.metadata.name}`);
      happen('put', fresh);
    }
    happened.policies += 1;
    return 1;
  }

  function namespace() {
    const old = items('Namespace').get(namespaces[below(namespaces.length)]);
    const labels = { ...old.metadata.labels, team: `team-${below(shape.teams)}` };
    happen('put', { ...old, metadata: { ...old.metadata, labels } });
    happened.namespaces += 1;
    return 1;
  }

  function one() {
    const dice = random() * 100;
    // A pod that is replaced is two events.
    if (dice < shares.pods / 2) return pod();
    if (dice < shares.pods / 2 + shares.policies) return policy();
    if (dice < shares.pods / 2 + shares.policies + shares.namespaces) return namespace();
    return kubelet();
  }

  return {
    happened,
    /** Goes on at so many events a second; 0 stops it. */
    at(rate) {
      clearInterval(timer);
      const since = performance.now();
      let done = 0;
      if (rate === 0) return;
      timer = setInterval(() => {
        const due = ((performance.now() - since) / 1000) * rate;
        while (done < due) done += one();
      }, tickMs);
    },
  };
}
