import type { Machine, NodeRecord } from '../objects.ts';
import { gather, get, list, nameOf, text, texts } from './lenient.ts';

/** Throws a DecodeError where the object has no name. */
export function decodeNode(value: unknown): NodeRecord {
  const addresses = gather(list(get(value, 'status', 'addresses')), (item) => {
    const type = get(item, 'type');
    return type === 'InternalIP' || type === 'ExternalIP' ? text(get(item, 'address')) : null;
  });
  const ranges = texts(get(value, 'spec', 'podCIDRs'));
  const first = text(get(value, 'spec', 'podCIDR'));
  return {
    kind: 'Node',
    name: nameOf(value),
    addresses,
    podRanges: ranges.length > 0 || first === null ? ranges : [first],
    machine: machineOf(value),
  };
}

/** The kubelet writes `kubernetes.io/os`, EKS its compute type, and virtual kubelets what they are. */
function machineOf(value: unknown): Machine {
  const label = (key: string): unknown => get(value, 'metadata', 'labels', key);
  if (label('eks.amazonaws.com/compute-type') === 'fargate') return 'fargate';
  if (label('type') === 'virtual-kubelet') return 'virtual';
  return label('kubernetes.io/os') === 'windows' ? 'windows' : 'ordinary';
}
