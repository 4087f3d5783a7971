import { isRecord, ownField } from '../model/decode/value.ts';
import type { UnknownField } from '../model/written.ts';
import type { ApiRejection } from './api-rejection.ts';

/** What the server decodes a value into; `go` is the type as its messages name it. */
type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'text' | 'whole' | 'truth' | 'port' | 'map'; readonly go: string }
  | { readonly kind: 'list'; readonly go: string; readonly item: Shape }
  | { readonly kind: 'struct'; readonly go: string; readonly fields: ReadonlyMap<string, Shape> };

const anything: Shape = { kind: 'any' };
const text = (go = 'string'): Shape => ({ kind: 'text', go });
const texts = (go = 'string'): Shape => ({ kind: 'list', go: `[]${go}`, item: text(go) });
const map: Shape = { kind: 'map', go: 'map[string]string' };
const struct = (go: string, fields: Readonly<Record<string, Shape>>): Shape => ({
  kind: 'struct',
  go,
  fields: new Map(Object.entries(fields)),
});
const listOf = (item: Shape, go: string): Shape => ({ kind: 'list', go: `[]${go}`, item });

const selector = struct('v1.LabelSelector', {
  matchLabels: map,
  matchExpressions: listOf(
    struct('v1.LabelSelectorRequirement', {
      key: text(),
      operator: text('v1.LabelSelectorOperator'),
      values: texts(),
    }),
    'v1.LabelSelectorRequirement',
  ),
});
const peers = listOf(
  struct('v1.NetworkPolicyPeer', {
    podSelector: selector,
    namespaceSelector: selector,
    ipBlock: struct('v1.IPBlock', { cidr: text(), except: texts() }),
  }),
  'v1.NetworkPolicyPeer',
);
const ports = listOf(
  struct('v1.NetworkPolicyPort', {
    protocol: text('v1.Protocol'),
    port: { kind: 'port', go: 'int32' },
    endPort: { kind: 'whole', go: 'int32' },
  }),
  'v1.NetworkPolicyPort',
);
const metadata = struct('v1.ObjectMeta', {
  name: text(),
  generateName: text(),
  namespace: text(),
  selfLink: text(),
  uid: text('types.UID'),
  resourceVersion: text(),
  generation: { kind: 'whole', go: 'int64' },
  creationTimestamp: anything,
  deletionTimestamp: anything,
  deletionGracePeriodSeconds: { kind: 'whole', go: 'int64' },
  labels: map,
  annotations: map,
  ownerReferences: listOf(
    struct('v1.OwnerReference', {
      apiVersion: text(),
      kind: text(),
      name: text(),
      uid: text('types.UID'),
      controller: { kind: 'truth', go: 'bool' },
      blockOwnerDeletion: { kind: 'truth', go: 'bool' },
    }),
    'v1.OwnerReference',
  ),
  finalizers: texts(),
  managedFields: anything,
});
const policy = struct('v1.NetworkPolicy', {
  apiVersion: text(),
  kind: text(),
  metadata,
  spec: struct('v1.NetworkPolicySpec', {
    podSelector: selector,
    ingress: listOf(
      struct('v1.NetworkPolicyIngressRule', { ports, from: peers }),
      'v1.NetworkPolicyIngressRule',
    ),
    egress: listOf(struct('v1.NetworkPolicyEgressRule', { ports, to: peers }), 'v1.NetworkPolicyEgressRule'),
    policyTypes: texts('v1.PolicyType'),
  }),
});

/** A value on the way down, and how the server's messages call the way. */
interface Step {
  readonly value: unknown;
  readonly path: string;
  /** The innermost struct, and the fields that lead to the value, without indexes. */
  readonly struct: string;
  readonly fields: readonly string[];
}

const refused = 'NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: ';

/** Values of a wrong type, each as the server would tell it were it the only one. */
export function shapeFaults(value: unknown): readonly ApiRejection[] {
  const found: ApiRejection[] = [];
  walk({ value, path: '', struct: '', fields: [] }, policy, {
    wrong: (step, got, go) => {
      const into =
        step.fields.length === 0 ? 'value' : `struct field ${step.struct}.${step.fields.join('.')}`;
      const body = `${refused}json: cannot unmarshal ${got} into Go ${into} of type ${go}`;
      found.push({ field: '', at: step.path, body, help: helpFor(got, go), since: 'ever' });
    },
    unknown: () => undefined,
  });
  return found;
}

/** Fields that the server does not know: "rejected with fieldValidation=Strict", which kubectl asks for. */
export function unknownFields(value: unknown): readonly ApiRejection[] {
  return unknownPlaces(value)
    .filter(({ known }) => known.length > 0)
    .map(({ path }) => {
      const body = `${refused}strict decoding error: unknown field ${JSON.stringify(path)}`;
      return { field: '', at: path, body, help: '', since: 'ever' as const };
    });
}

/** The same, and texts that stand where fields should, because a blank is missing after a colon. */
export function unknownPlaces(value: unknown): readonly UnknownField[] {
  const found: UnknownField[] = [];
  walk({ value, path: '', struct: '', fields: [] }, policy, {
    wrong: ({ path, value: text }, got, go) => {
      const isGlued = got === 'string' && !plainTypes.has(go) && /^[A-Za-z]+:[^\s]/.test(String(text));
      if (isGlued) found.push({ path, key: String(text), known: [], beside: [] });
    },
    unknown: (path, key, known, beside) => found.push({ path, key, known, beside }),
  });
  return found;
}

/** Types whose values are no fields. */
const plainTypes: ReadonlySet<string> = new Set(['int32', 'int64', 'bool', 'map[string]string']);

function helpFor(got: string, go: string): string {
  if (go.startsWith('[]')) return 'write a list, each item with a dash';
  if (go === 'string' && (got === 'bool' || got === 'number')) return 'put it in quotes';
  if (go === 'int32') return 'write a whole number without quotes';
  return '';
}

interface Visitor {
  readonly wrong: (step: Step, got: string, go: string) => void;
  readonly unknown: (path: string, key: string, known: readonly string[], beside: readonly string[]) => void;
}

/** "null" is absent for every type. */
function walk(step: Step, shape: Shape, visitor: Visitor): void {
  const { value } = step;
  if (value === null || value === undefined || shape.kind === 'any') return;
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) visitor.wrong(step, kindOf(value), shape.go);
    else walkItems(step, value, shape.item, visitor);
  } else if (shape.kind === 'struct') {
    if (!isRecord(value)) visitor.wrong(step, kindOf(value), shape.go);
    else walkFields(step, value, shape, visitor);
  } else if (shape.kind === 'map') walkMap(step, shape.go, visitor);
  else if (!fits(value, shape.kind)) visitor.wrong(step, numberOf(value, shape.kind), shape.go);
}

function walkItems(step: Step, items: readonly unknown[], shape: Shape, visitor: Visitor): void {
  for (const [index, value] of items.entries())
    walk({ ...step, value, path: `${step.path}[${index}]` }, shape, visitor);
}

function walkFields(
  step: Step,
  value: Readonly<Record<string, unknown>>,
  { go, fields }: Extract<Shape, { kind: 'struct' }>,
  visitor: Visitor,
): void {
  const keys = Object.keys(value);
  for (const key of keys) {
    const path = step.path === '' ? key : `${step.path}.${key}`;
    const shape = fields.get(key);
    if (shape === undefined) visitor.unknown(path, key, [...fields.keys()], keys);
    else {
      const inside = { struct: go.replace('v1.', ''), fields: [...step.fields, key] };
      walk({ value: ownField(value, key), path, ...inside }, shape, visitor);
    }
  }
}

function walkMap(step: Step, go: string, visitor: Visitor): void {
  const { value } = step;
  if (!isRecord(value)) {
    visitor.wrong(step, kindOf(value), go);
    return;
  }
  for (const key of Object.keys(value))
    walk({ ...step, value: value[key], path: `${step.path}[${key}]` }, text(), visitor);
}

const intMax = 2 ** 31;

function fits(value: unknown, kind: 'text' | 'whole' | 'truth' | 'port'): boolean {
  if (kind === 'truth') return typeof value === 'boolean';
  if (kind === 'text') return typeof value === 'string';
  if (kind === 'port' && typeof value === 'string') return true;
  return typeof value === 'number' && Number.isInteger(value) && value >= -intMax && value < intMax;
}

/** The server prints the number itself only where it wants one. */
function numberOf(value: unknown, kind: string): string {
  return typeof value === 'number' && (kind === 'whole' || kind === 'port')
    ? `number ${value}`
    : kindOf(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
