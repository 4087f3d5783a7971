// Pairs of pods and policies as the API has them, one question at a time: what a careful afternoon gives.

const listOf = (value) => value ?? [];

/** @param {any} selector @param {Record<string, string>} labels */
export function matches(selector, labels) {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    if (labels[key] !== value) return false;
  return listOf(selector.matchExpressions).every(({ key, operator, values }) => {
    const has = Object.hasOwn(labels, key);
    if (operator === 'Exists') return has;
    if (operator === 'DoesNotExist') return !has;
    const isOne = has && values.includes(labels[key]);
    return operator === 'In' ? isOne : !isOne;
  });
}

const numberOf = (address) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function inBlock(address, cidr) {
  const [network, length] = cidr.split('/');
  const size = 2 ** (32 - Number(length));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

function peerMatches(peer, policyNamespace, pod, namespaces) {
  if (peer.ipBlock !== undefined) {
    const { cidr, except } = peer.ipBlock;
    return inBlock(pod.status.podIP, cidr) && !listOf(except).some((each) => inBlock(pod.status.podIP, each));
  }
  const { namespace, labels } = pod.metadata;
  if (peer.namespaceSelector === undefined) {
    if (namespace !== policyNamespace) return false;
  } else if (!matches(peer.namespaceSelector, namespaces.get(namespace))) return false;
  return peer.podSelector === undefined || matches(peer.podSelector, labels ?? {});
}

function portMatches(term, { protocol, port }, pod) {
  if ((term.protocol ?? 'TCP') !== protocol) return false;
  if (term.port === undefined) return true;
  if (typeof term.port === 'number') return port >= term.port && port <= (term.endPort ?? term.port);
  return pod.spec.containers.some((container) =>
    listOf(container.ports).some(
      (each) =>
        each.name === term.port && (each.protocol ?? 'TCP') === protocol && each.containerPort === port,
    ),
  );
}

const isOf = (type) => (policy) =>
  (policy.spec.policyTypes ?? ['Ingress', ...(policy.spec.egress === undefined ? [] : ['Egress'])]).includes(
    type,
  );

/**
 * One state of the cluster: which policies select which pod is found out once, as anybody would.
 * @param {readonly any[]} pods @param {Map<string, Record<string, string>>} namespaces labels by name
 */
export function stateOf(pods, namespaces, policies) {
  const byNamespace = Map.groupBy?.(policies, (policy) => policy.metadata.namespace) ?? grouped(policies);
  const selecting = new Map(
    pods.map((pod) => {
      const own = listOf(byNamespace.get(pod.metadata.namespace)).filter((policy) =>
        matches(policy.spec.podSelector, pod.metadata.labels ?? {}),
      );
      return [pod, { ingress: own.filter(isOf('Ingress')), egress: own.filter(isOf('Egress')) }];
    }),
  );
  const admits = (all, clauses, from, peerPod, destination, flow) =>
    all.length === 0 ||
    all.some((policy) =>
      listOf(policy.spec[clauses]).some(
        (clause) =>
          (listOf(clause[from]).length === 0 ||
            clause[from].some((peer) => peerMatches(peer, policy.metadata.namespace, peerPod, namespaces))) &&
          (listOf(clause.ports).length === 0 ||
            clause.ports.some((term) => portMatches(term, flow, destination))),
      ),
    );
  return {
    allows: (source, destination, flow) =>
      admits(selecting.get(source).egress, 'egress', 'to', destination, destination, flow) &&
      admits(selecting.get(destination).ingress, 'ingress', 'from', source, destination, flow),
  };
}

function grouped(policies) {
  const groups = new Map();
  for (const policy of policies) {
    const { namespace } = policy.metadata;
    groups.set(namespace, [...(groups.get(namespace) ?? []), policy]);
  }
  return groups;
}

/** The ports that a policy tells apart, and one that it does not name. @param {any} policy */
export function flowsOf(policy) {
  const terms = [...listOf(policy.spec.ingress), ...listOf(policy.spec.egress)].flatMap(({ ports }) =>
    listOf(ports),
  );
  const numbers = terms.flatMap(({ port, endPort, protocol = 'TCP' }) =>
    typeof port === 'number' ? [port, endPort ?? port].map((each) => ({ protocol, port: each })) : [],
  );
  const all = [
    { protocol: 'TCP', port: 9 },
    { protocol: 'TCP', port: 8080 },
    { protocol: 'TCP', port: 8081 },
    ...numbers,
  ];
  return [...new Map(all.map((flow) => [`${flow.protocol}/${flow.port}`, flow])).values()];
}
