import { z } from 'zod';
import { selectorAt } from '../model/decode/label-selector.ts';
import { DecodeError } from '../model/decode/value.ts';
import { isProtocol, portMax } from '../model/port.ts';
import { everything, type Selector, selectorOf } from '../model/selector.ts';
import { type PortSet, portRange, unionPorts } from '../sets/port-set.ts';

const nameLabel = 'kubernetes.io/metadata.name';
const labelName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const nameRule = 'must be at most 63 lower-case letters, digits and "-"';

const labelSelector = z
  .strictObject({
    matchLabels: z.record(z.string(), z.string()).optional(),
    matchExpressions: z
      .array(
        z.strictObject({
          key: z.string(),
          operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
          values: z.array(z.string()).optional(),
        }),
      )
      .optional(),
  })
  .superRefine((value, context) => {
    try {
      selectorAt({ value, path: '' });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

const pods = z
  .strictObject({
    namespace: z.string().regex(labelName, nameRule).optional(),
    namespaceSelector: labelSelector.optional(),
    podSelector: labelSelector.optional(),
  })
  .refine(({ namespace, namespaceSelector }) => namespace === undefined || namespaceSelector === undefined, {
    message: 'has both namespace and namespaceSelector; one of them says where the pods are',
  });

const source = z.union([z.literal('internet'), pods], {
  error: 'must be internet, or pods by namespace or namespaceSelector and podSelector',
});
const destination = z.union([z.enum(['internet', 'dns']), pods], {
  error: 'must be internet, dns, or pods by namespace or namespaceSelector and podSelector',
});

const portText = z.string('must be text such as 5432/TCP').superRefine((text, context) => {
  if (readPorts(text) === null)
    context.addIssue({
      code: 'custom',
      message: `is ${JSON.stringify(text.slice(0, 60))}; write 5432/TCP or 8000-8080/TCP`,
    });
});

const flow = z
  .strictObject({
    from: source.describe('who connects: internet, or pods of every namespace that the selectors match'),
    to: destination.describe('to whom: internet, dns, or pods of every namespace that the selectors match'),
    ports: z
      .array(portText)
      .min(1, 'must list a port; leave ports out to mean every port')
      .optional()
      .describe('ports of the destination; absent: every port, of dns those that the resolvers listen on'),
  })
  .refine(({ from, to }) => from !== 'internet' || to !== 'internet', {
    message: 'is from internet to internet, which no policy decides',
  });

/** One contract as the settings file has it. */
const contractSchema = z
  .strictObject({
    name: z.string().regex(labelName, nameRule),
    forbid: flow.optional().describe('broken if any pair could connect on any of the ports'),
    require: flow.optional().describe('broken if any pair cannot connect on each of the ports'),
    level: z.enum(['error', 'warning']).default('error').describe('what a change that breaks it is'),
    onDelete: z
      .enum(['warn', 'reject'])
      .default('warn')
      .describe('whether the deletion of a policy that breaks it is refused where enforce is on'),
    reason: z.string().max(200).optional().describe('why it is there; printed with it'),
  })
  .refine(({ forbid, require: needed }) => (forbid === undefined) !== (needed === undefined), {
    message: 'must have either forbid or require',
  });

type ContractText = z.output<typeof contractSchema>;
type FlowText = z.output<typeof flow>;
type PodsText = z.output<typeof pods>;

/** The settings' key `contracts`. */
export const contractsSchema = z.array(contractSchema).superRefine((contracts, context) => {
  const seen = new Set<string>();
  for (const [index, { name }] of contracts.entries()) {
    if (seen.has(name))
      context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is there twice` });
    seen.add(name);
  }
});

/** The keys that may stand at a path below `contracts`, so that a misspelt one can be told the one that was meant. */
export function contractKeysAt(path: readonly PropertyKey[]): readonly string[] {
  const last = path.at(-1);
  if (typeof last === 'number')
    return path.includes('matchExpressions')
      ? ['key', 'operator', 'values']
      : Object.keys(contractSchema.shape);
  if (last === 'forbid' || last === 'require') return Object.keys(flow.shape);
  return last === 'from' || last === 'to' ? Object.keys(pods.shape) : Object.keys(labelSelector.shape);
}

/** Pods of every namespace that one selector matches; `internet` is any address that nobody in the cluster owns. */
export type ContractEnd = PodsEnd | { readonly kind: 'internet' } | { readonly kind: 'dns' };

export interface PodsEnd {
  readonly kind: 'pods';
  readonly namespaces: Selector;
  readonly pods: Selector;
}

/** The rule under which broken contracts are told; its number is its own and none of the catalogue's. */
export const contractRule = { id: 'contract-broken', number: 'C01' } as const;

/** A statement about connections that policies must keep true. */
export interface Contract {
  readonly name: string;
  readonly kind: 'forbid' | 'require';
  readonly from: ContractEnd;
  readonly to: ContractEnd;
  /** Null: every port, or for dns the ports on which the resolvers listen. */
  readonly ports: PortSet | null;
  readonly level: 'error' | 'warning';
  readonly onDelete: 'warn' | 'reject';
  /** Empty where none was given. */
  readonly reason: string;
}

/** The contracts in the form that is judged. Throws for what the schema refuses. */
export function contractsOf(texts: readonly ContractText[]): readonly Contract[] {
  return texts.map((text) => {
    const { name, level, onDelete } = text;
    const wanted = text.forbid ?? text.require;
    if (wanted === undefined) throw new DecodeError(name, 'has neither forbid nor require');
    return {
      ...{ name, level, onDelete, reason: text.reason ?? '' },
      kind: text.forbid === undefined ? 'require' : 'forbid',
      from: endOf(wanted.from),
      to: endOf(wanted.to),
      ports: portsOf(wanted),
    };
  });
}

function endOf(text: FlowText['to']): ContractEnd {
  if (text === 'internet' || text === 'dns') return { kind: text };
  return { kind: 'pods', namespaces: namespacesOf(text), pods: selectorOfText(text.podSelector) };
}

function namespacesOf({ namespace, namespaceSelector }: PodsText): Selector {
  if (namespace === undefined) return selectorOfText(namespaceSelector);
  return selectorOf([{ key: nameLabel, operator: 'In', values: [namespace] }]);
}

/** "An empty label selector matches all objects", and one that is left out narrows nothing. */
function selectorOfText(value: unknown): Selector {
  return selectorAt({ value, path: '' }) ?? everything;
}

function portsOf({ ports }: FlowText): PortSet | null {
  if (ports === undefined) return null;
  return ports.reduce((sum: PortSet, text) => unionPorts(sum, readPorts(text) ?? []), []);
}

/** `5432/TCP` or `8000-8080/TCP`; null for anything else. */
function readPorts(text: string): PortSet | null {
  const [, from = '', to = from, protocol] = /^(\d{1,5})(?:-(\d{1,5}))?\/([A-Z]+)$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (!isProtocol(protocol) || first < 1 || last > portMax || first > last) return null;
  return portRange(protocol, first, last);
}
