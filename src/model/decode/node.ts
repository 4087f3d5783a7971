import type { NodeRecord } from '../objects.ts';
import { get, list, nameOf, text, texts } from './lenient.ts';

/** Throws a DecodeError where the object has no name. */
export function decodeNode(value: unknown): NodeRecord {
  const addresses = list(get(value, 'status', 'addresses')).flatMap((item) => {
    const type = get(item, 'type');
    const address = text(get(item, 'address'));
    return address !== null && (type === 'InternalIP' || type === 'ExternalIP') ? [address] : [];
  });
  const ranges = texts(get(value, 'spec', 'podCIDRs'));
  const first = text(get(value, 'spec', 'podCIDR'));
  return {
    kind: 'Node',
    name: nameOf(value),
    addresses,
    podRanges: ranges.length > 0 || first === null ? ranges : [first],
  };
}
