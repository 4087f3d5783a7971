/** Objects as the API server prints them, of any kind that it encodes, with every field that the kind may have. */
import fc, { type Arbitrary } from 'fast-check';
import { type FieldShape, shapes } from './protobuf-encoder.ts';

const words: Readonly<Record<string, readonly string[]>> = {
  addressType: ['IPv4', 'FQDN'],
  annotations: [
    'prometheus.io/port',
    'netsluice.dev/x',
    'k8s.v1.cni.cncf.io/networks',
    'kubernetes.io/ingress.class',
  ],
  cidr: ['10.0.0.0/8', '2001:db8::/32', '10.1.2.3'],
  dnsPolicy: ['ClusterFirst', 'None'],
  except: ['10.1.0.0/16', '10.2.0.0/16'],
  externalTrafficPolicy: ['Local', 'Cluster'],
  failurePolicy: ['Ignore', 'Fail'],
  image: ['registry.example/kindnetd:v20240101-abc', 'example.invalid/main'],
  clusterIP: ['None', '10.96.0.1'],
  clusterIPs: ['None', '10.96.0.1', 'fd00::1'],
  kind: ['Pod', 'ReplicaSet', 'ServiceAccount', 'User'],
  key: ['app', 'tier'],
  labels: ['app', 'kubernetes.io/service-name', 'kubernetes.io/os', '7', 'constructor', '__proto__'],
  matchLabels: ['app', 'tier'],
  name: ['a', 'web', 'http', 'windows', 'calico-node', 'aws-node', 'FELIX_DEFAULTENDPOINTTOHOSTACTION'],
  nodeSelector: ['kubernetes.io/os', 'other'],
  operator: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
  phase: ['Running', 'Succeeded', 'Failed', 'Terminating'],
  policyTypes: ['Ingress', 'Egress'],
  protocol: ['TCP', 'UDP', 'SCTP'],
  restartPolicy: ['Always'],
  status: ['True', 'False'],
  type: ['InternalIP', 'ExternalIP', 'NodePort', 'ExternalName', 'Complete', 'Failed', 'Ready'],
  values: ['a', 'b', ''],
  value: ['accept', 'DROP', 'true', 'strict'],
};

const anyText = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'http', '8080', 'windows', 'Grüße 🚢'),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
);
const number = fc.constantFrom(0, 1, 2, 53, 80, 8080, 65_535, 65_536, -1, 2_147_483_647);
const moment = fc.constantFrom('2026-01-02T03:04:05Z', '2039-12-31T23:59:59Z', '1970-01-01T00:00:01Z');

/** No message holds itself, so that this comes to an end. */
export function anyObject(kind: string): Arbitrary<Record<string, unknown>> {
  const fields = shapes.get(kind);
  if (fields === undefined) throw new Error(`there is no message ${kind}`);
  return fc.tuple(...fields.map(anyField)).map((parts) => Object.assign({}, ...parts));
}

/** A record with the field, without it, or with the fields of an embedded message. */
function anyField(field: FieldShape): Arbitrary<Record<string, unknown>> {
  const { name, mark, type } = field;
  if (name === '~') return anyObject(type);
  const set = (arbitrary: Arbitrary<unknown>): Arbitrary<Record<string, unknown>> =>
    arbitrary.map((item) => ({ [name]: item }));
  const perhaps = (arbitrary: Arbitrary<unknown>) =>
    fc.oneof({ weight: 1, arbitrary: fc.constant({}) }, { weight: 2, arbitrary: set(arbitrary) });
  const value = anyValue(field);
  if (mark === '[]') return perhaps(fc.array(value, { minLength: 1, maxLength: 3 }));
  if (mark === '*' || type === 'opaque') return perhaps(value);
  // The creation is always known, and nobody reads it.
  if (type === 'Time') return fc.constant({});
  const hasEmpty = mark !== '!' && ['string', 'int', 'bool', 'map'].includes(type);
  return hasEmpty ? perhaps(value.filter(isFilled)) : set(value);
}

const mapValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'a', 'web') },
  { weight: 1, arbitrary: anyText },
);

/** "Map keys are sorted", as Go prints them. */
function sortedRecord(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is empty is left out of the JSON. */
function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}

function anyValue({ name, type }: FieldShape): Arbitrary<unknown> {
  const known = fc.constantFrom(...(words[name] ?? ['']));
  const text = fc.oneof({ weight: 3, arbitrary: known }, { weight: 1, arbitrary: anyText });
  switch (type) {
    case 'string':
      return text;
    case 'int':
      return number;
    case 'bool':
      return fc.boolean();
    case 'map':
      return fc.array(fc.tuple(text, mapValue), { maxLength: 4 }).map(sortedRecord);
    case 'Time':
      return moment;
    case 'IntOrString':
      return fc.oneof(number, anyText);
    case 'opaque':
      return anyText;
    default:
      return anyObject(type);
  }
}
