import type { Owner, PodRecord } from '../model/objects.ts';
import type { ContainerPort } from '../model/port.ts';
import type { Labels } from '../model/selector.ts';
import type { WatchedKind } from './kinds.ts';

const partsMax = 4096;
/** Nodes come in any order, and there may be 5,000 of them. */
const textsMax = 8192;

/** The kind with records whose equal parts are one object: four of five pods look like their neighbour in the list. */
export function withSharedParts(kind: WatchedKind): WatchedKind {
  if (kind.record !== 'Pod') return kind;
  const parts = new SharedParts();
  return {
    ...kind,
    decode: (object) => {
      const record = kind.decode(object);
      return record?.kind === 'Pod' ? parts.share(record) : record;
    },
  };
}

/** Remembers what came lately, and nothing for long: what is gone from the cluster leaves nothing behind here. */
export class SharedParts {
  readonly #texts = new Recent<string>(textsMax);
  readonly #labels = new Recent<Labels>(partsMax);
  readonly #owners = new Recent<Owner>(partsMax);
  readonly #ports = new Recent<readonly ContainerPort[]>(partsMax);
  readonly #numbers = new Recent<readonly number[]>(partsMax);
  readonly #addresses = new Recent<readonly string[]>(partsMax);

  /** An equal record. */
  share(pod: PodRecord): PodRecord {
    const { owner, node, ports, probePorts } = pod;
    return {
      kind: 'Pod',
      namespace: this.#text(pod.namespace),
      name: pod.name,
      labels: this.#map(pod.labels),
      annotations: this.#map(pod.annotations),
      ports: ports.length === 0 ? ports : this.#ports.keep(keyOfPorts(ports), ports),
      probePorts: probePorts.length === 0 ? probePorts : this.#numbers.keep(probePorts.join(), probePorts),
      hostNetwork: pod.hostNetwork,
      dnsPolicy: this.#text(pod.dnsPolicy),
      serviceAccount: this.#text(pod.serviceAccount),
      automountToken: pod.automountToken,
      extraNetworks: pod.extraNetworks,
      windows: pod.windows,
      owner: owner === null ? null : this.#owners.keep(`${owner.kind}\n${owner.name}`, owner),
      node: node === null ? null : this.#text(node),
      // Those of a node are shared by its agents; a pod's own addresses are nobody else's.
      addresses: pod.hostNetwork ? this.#addresses.keep(pod.addresses.join(), pod.addresses) : pod.addresses,
      finished: pod.finished,
      terminating: pod.terminating,
    };
  }

  #text(text: string): string {
    return this.#texts.keep(text, text);
  }

  #map(labels: Labels): Labels {
    return labels.size === 0 ? labels : this.#labels.keep(keyOfLabels(labels), labels);
  }
}

/** Two generations: when the young one is full it becomes the old one, and what was in the old one is forgotten. */
class Recent<T> {
  readonly #max: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The part that was kept for the key before, or this one. */
  keep(key: string, part: T): T {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const kept = this.#old.get(key) ?? part;
    if (this.#young.size >= this.#max) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, kept);
    return kept;
  }
}

/** Annotations may hold anything: lengths keep two different maps apart. */
function keyOfLabels(labels: Labels): string {
  let key = '';
  for (const [name, value] of labels) key += `${name.length} ${value.length} ${name}${value}`;
  return key;
}

function keyOfPorts(ports: readonly ContainerPort[]): string {
  let key = '';
  for (const { name, number, protocol, certain } of ports)
    key += `${name === null ? '' : `${name.length} ${name}`}${certain ? ' ' : '?'}${protocol}${number},`;
  return key;
}
