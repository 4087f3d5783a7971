// Two directories as platform teams keep them: 800 workloads in 40 namespaces and 160 policies, one file each, and the
// same after a change of a few policies. Everything is derived from counters, so that every run reads the same bytes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tiers = ['web', 'api', 'worker', 'db', 'cache'];
const ports = { web: 8080, api: 9090, worker: 9100, db: 5432, cache: 6379 };

/** Writes `before` and `after` below the folder. */
export function writeDirectories(folder, { namespaces = 40, perNamespace = 20 } = {}) {
  for (const side of ['before', 'after']) {
    const root = join(folder, side);
    for (let n = 0; n < namespaces; n += 1) {
      const namespace = `team-${String(n).padStart(2, '0')}`;
      mkdirSync(join(root, namespace), { recursive: true });
      const write = (name, text) => writeFileSync(join(root, namespace, `${name}.yaml`), text);
      for (let w = 0; w < perNamespace; w += 1) {
        const tier = tiers[w % tiers.length];
        const name = `${tier}-${w}`;
        write(`deployment-${name}`, deployment(namespace, name, tier));
      }
      for (const [name, spec] of Object.entries(policies(n, side === 'after')))
        write(`policy-${name}`, policy(namespace, name, spec));
    }
  }
  return { before: join(folder, 'before'), after: join(folder, 'after') };
}

/** Four a namespace; in the after state one in ten lets the next team in, and one in twenty closes its databases. */
function policies(n, changed) {
  const next = `team-${String((n + 1) % 40).padStart(2, '0')}`;
  const peer = changed && n % 10 === 0 ? [from('web'), elsewhere(next, 'web')] : [from('web')];
  return {
    'default-deny': ['  podSelector: {}', '  policyTypes: [Ingress]'],
    api: [...selects('api'), '  ingress:', '  - from:', ...peer.flat(), ...onPort(9090)],
    db: [
      ...selects('db'),
      '  ingress:',
      '  - from:',
      ...(changed && n % 20 === 5 ? from('api') : [...from('api'), ...from('worker')]),
      ...onPort(5432),
    ],
    cache: [...selects('cache'), '  ingress:', '  - from:', ...from('api'), ...onPort(6379)],
  };
}

function selects(tier) {
  return ['  podSelector:', '    matchLabels:', `      tier: ${tier}`];
}

function from(tier) {
  return ['    - podSelector:', '        matchLabels:', `          tier: ${tier}`];
}

function elsewhere(namespace, tier) {
  return [
    '    - namespaceSelector:',
    '        matchLabels:',
    `          kubernetes.io/metadata.name: ${namespace}`,
    '      podSelector:',
    '        matchLabels:',
    `          tier: ${tier}`,
  ];
}

function onPort(port) {
  return ['    ports:', '    - protocol: TCP', `      port: ${port}`];
}

function policy(namespace, name, spec) {
  return [
    'apiVersion: networking.k8s.io/v1',
    'kind: NetworkPolicy',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    'spec:',
    ...spec,
    '',
  ].join('\n');
}

function deployment(namespace, name, tier) {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${name}
    app.kubernetes.io/part-of: ${namespace}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
        tier: ${tier}
    spec:
      containers:
      - name: main
        image: registry.example/${name}:1.2.3
        ports:
        - name: http
          containerPort: ${ports[tier]}
          protocol: TCP
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            memory: 256Mi
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
`;
}
