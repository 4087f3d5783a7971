import type { Owner, PodRecord, PodShape } from '../model/objects.ts';
import type { ContainerPort } from '../model/port.ts';
import type { Labels } from '../model/selector.ts';
import type { WatchedKind } from './kinds.ts';
import { protobufCodec } from './protobuf-codec.ts';
import { PodReader, type PodSharing, ReadPod } from './protobuf-pod-reader.ts';
import { Recent } from './recent.ts';
import { SharedRecords } from './shared-records.ts';

const partsMax = 4096;
/** Nodes come in any order, and there may be 5,000 of them. */
const textsMax = 8192;

/** The kind with records whose equal parts are one object: four of five pods look like their neighbour in the list. */
export function withSharedParts(
  kind: WatchedKind,
  records: SharedRecords = new SharedRecords(new SharedParts()),
): WatchedKind {
  const { parts } = records;
  return {
    ...kind,
    ...(kind.record === 'Pod' ? { codec: protobufCodec(kind.record, new PodReader(parts)) } : {}),
    decode: (object) => {
      if (object instanceof ReadPod) return object.record;
      const record = kind.decode(object);
      return record === null ? null : records.share(record);
    },
  };
}

/** Remembers what came lately, and nothing for long: what is gone from the cluster leaves nothing behind here. */
export class SharedParts implements PodSharing {
  readonly known: PodSharing['known'];
  readonly #texts = new Recent<string>(textsMax);
  readonly #labels = new Recent<Labels>(partsMax);
  readonly #owners = new Recent<Owner>(partsMax);
  readonly #ports = new Recent<readonly ContainerPort[]>(partsMax);
  readonly #numbers = new Recent<readonly number[]>(partsMax);
  readonly #addresses = new Recent<readonly string[]>(partsMax);
  readonly #templates = new Recent<PodShape>(partsMax);

  /** @param known The record that is there by this name: it is read again as what it is. */
  constructor(known: PodSharing['known'] = () => undefined) {
    this.known = known;
  }

  /** See `SharedRecords.forget`. */
  forget(): void {
    const all = [this.#texts, this.#labels, this.#owners, this.#ports, this.#numbers, this.#addresses];
    for (const recent of [...all, this.#templates]) recent.forget();
  }

  /** An equal record. */
  share(pod: PodRecord): PodRecord {
    const { owner, node, annotations, ports, probePorts, dnsPolicy, serviceAccount } = pod;
    return {
      kind: 'Pod',
      namespace: this.text(pod.namespace),
      name: pod.name,
      labels: this.labels(pod.labels),
      annotations: this.labels(annotations),
      ports: this.#portsOf(ports),
      probePorts: this.#numbersOf(probePorts),
      hostNetwork: pod.hostNetwork,
      dnsPolicy: this.text(dnsPolicy),
      serviceAccount: this.text(serviceAccount),
      automountToken: pod.automountToken,
      extraNetworks: pod.extraNetworks,
      windows: pod.windows,
      owner: this.owner(owner),
      node: node === null ? null : this.text(node),
      // Those of a node are shared by its agents; a pod's own addresses are nobody else's.
      addresses: pod.hostNetwork ? this.addresses(pod.addresses) : pod.addresses,
      finished: pod.finished,
      terminating: pod.terminating,
    };
  }

  shape(shape: PodShape): PodShape {
    const { annotations, ports, probePorts, dnsPolicy, serviceAccount } = shape;
    return {
      ...shape,
      annotations: this.labels(annotations),
      ports: this.#portsOf(ports),
      probePorts: this.#numbersOf(probePorts),
      dnsPolicy: this.text(dnsPolicy),
      serviceAccount: this.text(serviceAccount),
    };
  }

  /** The shape with its labels, as a whole. */
  template(template: PodShape): PodShape {
    const { labels, annotations, ports, probePorts, hostNetwork, dnsPolicy, serviceAccount } = template;
    const { automountToken, extraNetworks, windows } = template;
    const flags = [hostNetwork, automountToken, extraNetworks, windows, dnsPolicy, serviceAccount].join();
    const maps = [labels.size, keyOfLabels(labels), keyOfLabels(annotations)].join();
    const key = [flags, probePorts.join(), keyOfPorts(ports), maps].join('\n');
    return this.#templates.keep(key, {
      labels: this.labels(labels),
      annotations: this.labels(annotations),
      ports: this.#portsOf(ports),
      probePorts: this.#numbersOf(probePorts),
      hostNetwork,
      dnsPolicy: this.text(dnsPolicy),
      serviceAccount: this.text(serviceAccount),
      automountToken,
      extraNetworks,
      windows,
    });
  }

  /** Whoever deletes and makes a controller anew leaves owners with other bytes and the same name. */
  owner(owner: Owner | null): Owner | null {
    return owner === null ? null : this.#owners.keep([owner.kind, owner.name].join('\n'), owner);
  }

  addresses(addresses: readonly string[]): readonly string[] {
    return this.#addresses.keep(addresses.join(), addresses);
  }

  #portsOf(ports: readonly ContainerPort[]): readonly ContainerPort[] {
    return ports.length === 0 ? ports : this.#ports.keep(keyOfPorts(ports), ports);
  }

  #numbersOf(numbers: readonly number[]): readonly number[] {
    return numbers.length === 0 ? numbers : this.#numbers.keep(numbers.join(), numbers);
  }

  text(text: string): string {
    return this.#texts.keep(text, text);
  }

  labels(labels: Labels): Labels {
    return labels.size === 0 ? labels : this.#labels.keep(keyOfLabels(labels), labels);
  }
}

/**
 * Annotations may hold anything: lengths keep two different maps apart. Joined and not added up: V8 keeps what is added
 * in its parts, also as a key.
 */
function keyOfLabels(labels: Labels): string {
  const parts: (string | number)[] = [];
  for (const [name, value] of labels) parts.push(name.length, value.length, name, value);
  return parts.join(' ');
}

function keyOfPorts(ports: readonly ContainerPort[]): string {
  const parts: (string | number)[] = [];
  for (const { name, number, protocol, certain } of ports)
    parts.push(name === null ? '' : `${name.length} ${name}`, certain ? ' ' : '?', protocol, number);
  return parts.join(',');
}
