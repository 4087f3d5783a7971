import { agentOptions, agentPrograms } from '../network-agent.ts';
import type { NetworkPolicy, PolicySpec } from '../network-policy.ts';
import {
  type AdminPolicy,
  type CallbackRecord,
  type ClusterObject,
  type EndpointSliceRecord,
  type ForeignPolicyRecord,
  type GatewayRouteRecord,
  type IngressRecord,
  type MonitorRecord,
  type NamespaceRecord,
  type NodeRecord,
  type PodRecord,
  type PodShape,
  type PolicyRecord,
  type RoleBindingRecord,
  type ServiceRecord,
  type WorkloadRecord,
  workloadKinds,
} from '../objects.ts';
import { protocols } from '../port.ts';
import {
  address,
  annotations,
  block,
  boolean,
  checkShape,
  count,
  either,
  type Fields,
  labels,
  listOf,
  name,
  nothing,
  nullable,
  object,
  one,
  optional,
  port,
  portName,
  range,
  type Shape,
  selector,
  text,
  word,
} from './shape.ts';
import { DecodeError, fail, fieldAt, isRecord } from './value.ts';

/** The fields of a record that are checked and that redaction knows; others survive and are redacted by their type. */
type FieldsOf<Record> = { readonly [Key in Exclude<keyof Record, 'kind'>]?: Shape };

const protocol = one(protocols);
const owner = nullable(object({ kind: word, name }));

const podShape: FieldsOf<PodShape> = {
  labels,
  annotations,
  ports: listOf(object({ name: nullable(name), number: port, protocol, certain: boolean })),
  probePorts: listOf(port),
  hostNetwork: boolean,
  dnsPolicy: word,
  serviceAccount: name,
  automountToken: nullable(boolean),
  extraNetworks: boolean,
  windows: boolean,
};

const pod: FieldsOf<PodRecord> = {
  namespace: name,
  name,
  ...podShape,
  owner,
  node: nullable(name),
  addresses: listOf(address),
  finished: boolean,
  terminating: boolean,
};

const workload: FieldsOf<WorkloadRecord> = {
  namespace: name,
  name,
  owner,
  replicas: count,
  finished: boolean,
  template: object(podShape),
  agents: optional(listOf(object({ program: one(agentPrograms), options: listOf(one(agentOptions)) }))),
};

const namespace: FieldsOf<NamespaceRecord> = { name, labels, terminating: boolean };

const service: FieldsOf<ServiceRecord> = {
  namespace: name,
  name,
  labels,
  selector: nullable(labels),
  type: one(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']),
  headless: boolean,
  clusterAddresses: listOf(address),
  externalTrafficPolicy: one(['Cluster', 'Local']),
  ports: listOf(
    object({ name: nullable(name), port, targetPort: portName, protocol, nodePort: nullable(port) }),
  ),
};

const endpointSlice: FieldsOf<EndpointSliceRecord> = {
  namespace: name,
  name,
  service: nullable(name),
  ports: listOf(object({ name: nullable(name), port: nullable(port), protocol })),
  endpoints: listOf(object({ addresses: listOf(address), pod: nullable(name) })),
};

const node: FieldsOf<NodeRecord> = {
  name,
  addresses: listOf(address),
  podRanges: listOf(range),
  machine: one(['ordinary', 'windows', 'fargate', 'virtual']),
};

const ingress: FieldsOf<IngressRecord> = {
  namespace: name,
  name,
  className: nullable(name),
  backends: listOf(object({ service: name, port: portName })),
};

const gatewayRoute: FieldsOf<GatewayRouteRecord> = {
  namespace: name,
  name,
  backends: listOf(object({ namespace: name, service: name, port })),
};

const monitor: FieldsOf<MonitorRecord> = {
  of: one(['Service', 'Pod']),
  namespace: name,
  name,
  selector,
  namespaces: either(['own', 'any'], listOf(name)),
  endpoints: listOf(object({ port: nullable(name), targetPort: nullable(portName) })),
};

const roleBinding: FieldsOf<RoleBindingRecord> = {
  namespace: nullable(name),
  name,
  accounts: listOf(object({ namespace: name, name })),
};

const callback: FieldsOf<CallbackRecord> = {
  name,
  targets: listOf(
    object({
      name,
      service: object({ namespace: name, name, port }),
      failurePolicy: one(['Fail', 'Ignore']),
    }),
  ),
};

const adminActions = listOf(one(['allow', 'deny', 'pass']));

const admin: FieldsOf<AdminPolicy> = {
  tier: one(['Admin', 'Baseline']),
  subject: object({ namespaces: selector, pods: selector }),
  ingress: adminActions,
  egress: adminActions,
};

const foreignPolicy: FieldsOf<ForeignPolicyRecord> = {
  api: word,
  resource: word,
  namespace: nullable(name),
  name,
  admin: nullable(object(admin)),
};

const peer = object({
  podSelector: nullable(selector),
  namespaceSelector: nullable(selector),
  ipBlock: nullable(object({ cidr: block, except: listOf(block) })),
});

const clauses = listOf(
  object({
    peers: listOf(peer),
    ports: listOf(object({ protocol, port: nullable(portName), endPort: nullable(port) })),
  }),
);

const spec: FieldsOf<PolicySpec> = {
  podSelector: nullable(selector),
  policyTypes: listOf(one(['Ingress', 'Egress'])),
  ingress: clauses,
  egress: clauses,
};

const policy: FieldsOf<NetworkPolicy> = {
  namespace: name,
  name,
  uid: nullable(text),
  labels,
  annotations,
  terminating: boolean,
  owned: boolean,
  written: nothing,
  spec: nullable(object(spec)),
};

const policyRecord: FieldsOf<PolicyRecord> = {
  namespace: name,
  name,
  policy: nullable(object(policy)),
  problem: nullable(text),
};

const shapes: { readonly [Kind in ClusterObject['kind']]?: Fields } = {
  Namespace: namespace,
  Pod: pod,
  ...Object.fromEntries(workloadKinds.map((kind) => [kind, workload])),
  Service: service,
  EndpointSlice: endpointSlice,
  Node: node,
  Ingress: ingress,
  HTTPRoute: gatewayRoute,
  Monitor: monitor,
  RoleBinding: roleBinding,
  ValidatingWebhookConfiguration: callback,
  MutatingWebhookConfiguration: callback,
  APIService: callback,
  CustomResourceDefinition: callback,
  NetworkPolicy: policyRecord,
  ForeignPolicy: foreignPolicy,
};

const byKind: ReadonlyMap<string, Fields> = new Map(Object.entries(shapes));

/** What is known of the fields of a kind; of a kind without an entry only that it has a name. */
export function fieldsOf(kind: string): Fields {
  return byKind.get(kind) ?? { name };
}

/** Is there an entry for the kind? */
export function hasShape(kind: string): boolean {
  return byKind.has(kind);
}

/**
 * Reads a record that was written as it is, maps already Maps. Fields that nobody has said anything about are kept.
 * Throws a DecodeError where it is no record of one of the kinds, or where a field is of another shape.
 */
export function decodeRecord(value: unknown, kinds: ReadonlySet<string>): ClusterObject {
  const place = { value, path: '' };
  if (!isRecord(value)) return fail(place, 'it must be an object');
  const kind = fieldAt(place, 'kind');
  if (typeof kind.value !== 'string' || !kinds.has(kind.value))
    throw new DecodeError(
      'kind',
      `is ${JSON.stringify(kind.value ?? null)?.slice(0, 60)}; it is none that this netsluice knows`,
    );
  checkShape(place, object(fieldsOf(kind.value)));
  const stored = value as Partial<ClusterObject>;
  if (stored.kind === 'NetworkPolicy' && stored.policy !== null) checkSame(stored);
  return value as unknown as ClusterObject;
}

/** The names of a policy stand in it twice. */
function checkSame({ namespace: space, name: called, policy: inner }: Partial<PolicyRecord>): void {
  if (inner?.namespace !== space || inner?.name !== called)
    throw new DecodeError('policy', `is of another name than the record, ${space}/${called}`);
}
