import { fieldAt, integerAt, isAbsent, itemsAt, type Place, textAt } from '../model/decode/value.ts';
import { portMax } from '../model/port.ts';
import { lenientCidr } from '../sets/cidr-text.ts';
import { cidrFaults, isStrictlyInside } from './api-cidr.ts';
import { labelFaults, metadataFaults } from './api-metadata.ts';
import { labelKeyFaults, labelValueFaults, portNameFaults } from './api-names.ts';
import { type ApiRejection, forbidden, invalid, required, spotAt, unsupported } from './api-rejection.ts';
import { shapeFaults, unknownFields } from './api-shape.ts';

/**
 * Why kube-apiserver would refuse to create a `networking.k8s.io/v1` NetworkPolicy, in its own words and with its own
 * field paths; none where it would take it. A value of a wrong type hides the rest, as it does at the server. Unknown
 * fields are refused for kubectl, which asks for strict validation.
 */
export function apiRejections(value: unknown): readonly ApiRejection[] {
  const own = fieldRejections(value);
  return shapeFaults(value).length > 0 ? own : [...unknownFields(value), ...own];
}

/** The same without fields that the server does not know. */
export function fieldRejections(value: unknown): readonly ApiRejection[] {
  const wrong = shapeFaults(value);
  if (wrong.length > 0) return wrong;
  const root = { value, path: '' };
  return [...metadataFaults(fieldAt(root, 'metadata')), ...specFaults(fieldAt(root, 'spec'))];
}

function specFaults(spec: Place): ApiRejection[] {
  return [
    ...selectorFaults(fieldAt(spec, 'podSelector')),
    ...clauseFaults(fieldAt(spec, 'ingress'), 'from'),
    ...clauseFaults(fieldAt(spec, 'egress'), 'to'),
    ...policyTypeFaults(fieldAt(spec, 'policyTypes')),
  ];
}

function clauseFaults(clauses: Place, peers: 'from' | 'to'): ApiRejection[] {
  return itemsAt(clauses).flatMap((clause) => [
    ...itemsAt(fieldAt(clause, 'ports')).flatMap(portFaults),
    ...itemsAt(fieldAt(clause, peers)).flatMap(peerFaults),
  ]);
}

function policyTypeFaults(place: Place): ApiRejection[] {
  const types = itemsAt(place);
  if (types.length > 2) {
    const values = types.map((type) => textAt(type) ?? '');
    return [invalid(spotAt(place.path), values, 'may not specify more than two policyTypes')];
  }
  return types.flatMap((type) => {
    const text = textAt(type) ?? '';
    return caseFaults(type.path, text, ['Ingress', 'Egress']);
  });
}

/** One of a few words, "case-sensitive". */
function caseFaults(path: string, text: string, words: readonly string[]): ApiRejection[] {
  if (words.includes(text)) return [];
  const meant = words.find((word) => word.toLowerCase() === text.toLowerCase());
  return [unsupported(spotAt(path), text, words, meant === undefined ? '' : `write ${meant}`)];
}

function portFaults(entry: Place): ApiRejection[] {
  const protocol = fieldAt(entry, 'protocol');
  const faults = isAbsent(protocol)
    ? []
    : caseFaults(protocol.path, textAt(protocol) ?? '', ['TCP', 'UDP', 'SCTP']);
  const port = fieldAt(entry, 'port');
  const end = fieldAt(entry, 'endPort');
  const last = integerAt(end);
  if (isAbsent(port)) {
    if (last !== null)
      faults.push(
        invalid(spotAt(end.path), last, 'may not be specified when `port` is not specified', 'add port'),
      );
    return faults;
  }
  if (typeof port.value === 'string') {
    if (last !== null)
      faults.push(invalid(spotAt(end.path), last, 'may not be specified when `port` is non-numeric'));
    const name = port.value;
    const help = portHelp(name);
    return [...faults, ...portNameFaults(name).map((fault) => invalid(spotAt(port.path), name, fault, help))];
  }
  const first = integerAt(port) ?? 0;
  return [...faults, ...rangeFaults(port.path, first), ...endFaults(end.path, first, last)];
}

function endFaults(path: string, first: number, last: number | null): ApiRejection[] {
  if (last === null) return [];
  // The server prints `port` here, not what `endPort` holds.
  const before = invalid(spotAt(path), first, 'must be greater than or equal to `port`');
  return [...(last < first ? [before] : []), ...rangeFaults(path, last)];
}

function rangeFaults(path: string, value: number): ApiRejection[] {
  if (value >= 1 && value <= portMax) return [];
  return [invalid(spotAt(path), value, 'must be between 1 and 65535, inclusive')];
}

function portHelp(name: string): string {
  if (/^\d+$/.test(name)) return `write ${name} without quotes`;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(name) ?? [];
  if (first !== undefined && last !== undefined) return `write port: ${first} and endPort: ${last}`;
  return /[A-Z]/.test(name) ? `write the name as the container has it, such as ${name.toLowerCase()}` : '';
}

function peerFaults(peer: Place): ApiRejection[] {
  const pods = fieldAt(peer, 'podSelector');
  const namespaces = fieldAt(peer, 'namespaceSelector');
  const block = fieldAt(peer, 'ipBlock');
  const faults = [...selectorFaults(pods), ...selectorFaults(namespaces)];
  const selects = !isAbsent(pods) || !isAbsent(namespaces);
  if (!isAbsent(block)) faults.push(...blockFaults(block));
  if (isAbsent(block) && !selects) {
    const help =
      'name podSelector, namespaceSelector or ipBlock; for every pod of every namespace write namespaceSelector: {}';
    faults.push(required(spotAt(peer.path), 'must specify a peer', help));
  } else if (!isAbsent(block) && selects) {
    const help = 'make two peers of it, each with its own dash';
    faults.push(forbidden(spotAt(peer.path), 'may not specify both ipBlock and another peer', help));
  }
  return faults;
}

function blockFaults(block: Place): ApiRejection[] {
  const place = fieldAt(block, 'cidr');
  const text = textAt(place) ?? '';
  if (text === '') return [required(spotAt(place.path), '', 'write a CIDR such as 10.9.8.0/24')];
  const outer = lenientCidr(text);
  const faults = [...cidrFaults(spotAt(place.path), text)];
  if (outer === null) return faults;
  for (const item of itemsAt(fieldAt(block, 'except'))) {
    const except = textAt(item) ?? '';
    const inner = lenientCidr(except);
    faults.push(...cidrFaults(spotAt(item.path), except));
    if (inner !== null && !isStrictlyInside(inner, outer))
      faults.push(invalid(spotAt(item.path), except, 'must be a strict subset of `cidr`'));
  }
  return faults;
}

function selectorFaults(selector: Place): ApiRejection[] {
  return [
    ...labelFaults(fieldAt(selector, 'matchLabels')),
    ...itemsAt(fieldAt(selector, 'matchExpressions')).flatMap(requirementFaults),
  ];
}

function requirementFaults(place: Place): ApiRejection[] {
  const operator = fieldAt(place, 'operator');
  const word = textAt(operator) ?? '';
  const listed = fieldAt(place, 'values');
  const values = itemsAt(listed);
  const key = fieldAt(place, 'key');
  const name = textAt(key) ?? '';
  return [
    ...operatorFaults(operator.path, word, listed.path, values.length),
    ...labelKeyFaults(name).map((fault) => invalid(spotAt(key.path), name, fault)),
    ...values.flatMap((item) => {
      const text = textAt(item) ?? '';
      return labelValueFaults(text).map((fault) => invalid(spotAt(item.path), text, fault));
    }),
  ];
}

const operators: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function operatorFaults(at: string, word: string, valuesAt: string, count: number): ApiRejection[] {
  if (!operators.includes(word)) {
    const meant = operators.find((operator) => operator.toLowerCase() === word.toLowerCase());
    const help = `write ${meant ?? 'In, NotIn, Exists or DoesNotExist'}`;
    return [invalid(spotAt(at), word, 'not a valid selector operator', help)];
  }
  const wantsValues = word === 'In' || word === 'NotIn';
  if (wantsValues && count === 0)
    return [required(spotAt(valuesAt), "must be specified when `operator` is 'In' or 'NotIn'")];
  if (wantsValues || count === 0) return [];
  return [forbidden(spotAt(valuesAt), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
}
