/** One object of every kind that the world holds, with every field that a record keeps. */
import { parseAllDocuments } from 'yaml';
import { decodeObject } from '../../src/model/decode/cluster-object.ts';
import type { ClusterObject } from '../../src/model/objects.ts';

const template = `
  metadata:
    labels: {app: web, pod-template-hash: 7d4f}
    annotations: {prometheus.io/scrape: "true", prometheus.io/port: "9090", other: left out}
  spec:
    serviceAccountName: web-account
    automountServiceAccountToken: false
    nodeName: worker-1
    containers:
      - name: main
        ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]
        readinessProbe: {httpGet: {port: http}}
`;

const indented = template.replaceAll('\n', '\n    ');
const deeper = template.replaceAll('\n', '\n        ');

export const everyKindText = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a, kubernetes.io/metadata.name: shop}}
---
apiVersion: v1
kind: Pod
${template
  .replaceAll('\n  ', '\n')
  .replace(
    'metadata:',
    'metadata:\n  name: web-7d4f-x2\n  namespace: shop\n  ownerReferences: [{kind: ReplicaSet, name: web-7d4f, controller: true}]',
  )}
status: {phase: Running, podIPs: [{ip: 10.1.2.3}, {ip: "fd00:1::3"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector: {app: web}
  clusterIPs: [10.96.0.7]
  ports: [{name: http, port: 80, targetPort: http, nodePort: 30080}, {port: 53, protocol: UDP, targetPort: 53}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.2.3], targetRef: {kind: Pod, name: web-7d4f-x2}}]
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
spec: {podCIDRs: [10.1.2.0/24, "fd00:1::/64"]}
status: {addresses: [{type: InternalIP, address: 192.168.7.1}, {type: Hostname, address: worker-1}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  ingressClassName: public
  rules: [{host: shop.example.org, http: {paths: [{path: /, backend: {service: {name: web, port: {name: http}}}}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: front, namespace: edge}
spec: {rules: [{backendRefs: [{name: web, namespace: shop, port: 80}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: watch}
spec:
  namespaceSelector: {matchNames: [shop]}
  selector: {matchLabels: {app: web}}
  endpoints: [{port: http}]
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web, namespace: watch}
spec:
  namespaceSelector: {any: true}
  selector: {matchExpressions: [{key: app, operator: In, values: [web, cart]}]}
  podMetricsEndpoints: [{portNumber: 8080}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web-account, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web-everywhere}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: web-account, namespace: shop}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: checks}
webhooks:
  - name: a.checks.example.org
    failurePolicy: Ignore
    clientConfig: {service: {namespace: shop, name: web, port: 8443}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: defaults}
webhooks: [{name: b.example.org, clientConfig: {service: {namespace: shop, name: web}}}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics.example.org}
spec: {group: metrics.example.org, version: v1, service: {namespace: shop, name: web}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: carts.example.org}
spec:
  group: example.org
  names: {kind: Cart, plural: carts}
  conversion: {strategy: Webhook, webhook: {clientConfig: {service: {namespace: shop, name: web}}}}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: l7, namespace: shop}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  uid: 6f1c
  labels: {team: a}
  annotations: {note: kept for the front end}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [b, c]}]}
          podSelector: {matchExpressions: [{key: app, operator: Exists}]}
        - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}
      ports: [{port: http}, {port: 8000, endPort: 8100, protocol: TCP}, {protocol: UDP}]
  egress: [{to: [{ipBlock: {cidr: "2001:db8::/32"}}]}, {}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: unreadable, namespace: shop}
spec: {podSelector: 5}
${['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet']
  .map(
    (kind) => `---
apiVersion: apps/v1
kind: ${kind}
metadata: {name: web-${kind.toLowerCase()}, namespace: shop}
spec:
  replicas: 3
  template:${indented}`,
  )
  .join('\n')}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
        - {name: calico-node, env: [{name: FELIX_DEFAULTENDPOINTTOHOSTACTION, value: ACCEPT}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: web-rc, namespace: shop}
spec:
  replicas: 2
  template:${indented}
---
apiVersion: batch/v1
kind: Job
metadata: {name: web-job, namespace: shop, ownerReferences: [{kind: CronJob, name: web-cron, controller: true}]}
spec:
  parallelism: 2
  template:${indented}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: web-cron, namespace: shop}
spec:
  jobTemplate:
    spec:
      template:${deeper}
`;

/** Throws where an object of the text cannot be read: the text is part of the tests. */
export function everyKind(): readonly ClusterObject[] {
  return parseAllDocuments(everyKindText).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object = decodeObject(document.toJS());
    if (object === null) throw new Error(`not known: ${document.toString()}`);
    return object;
  });
}
