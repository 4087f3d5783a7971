import { get, textMap as readMap } from '../model/decode/lenient.ts';
import { controllerOf } from '../model/decode/pod.ts';
import { decodePodShape } from '../model/decode/pod-shape.ts';
import type { ClusterObject, Owner, PodRecord, PodShape } from '../model/objects.ts';
import { sameRecord } from '../model/same-record.ts';
import type { Labels } from '../model/selector.ts';
import { PartsByKey } from './byte-key.ts';
import { OwnParts, SharedKeys } from './own-parts.ts';
import { decodeMessage, type Source, sourceOf, tableOf, textMap } from './protobuf-message.ts';
import { ownersOnly } from './protobuf-meta.ts';
import { isKeptOfPod, podSpecTable, pod as podTable } from './protobuf-pod.ts';
import { TextPool } from './text-pool.ts';

/** A pod that was read into its record at once. */
export class ReadPod {
  /** As the object has it: what is empty is not there. */
  readonly metadata: {
    readonly name: string;
    readonly namespace: string | undefined;
    readonly resourceVersion: string | undefined;
  };
  readonly record: PodRecord;

  constructor({ name, namespace, version }: OwnParts, record: PodRecord) {
    this.metadata = { name, namespace: namespace || undefined, resourceVersion: version || undefined };
    this.record = record;
  }
}

/** Makes one object of parts that are equal, of whichever pods they are. */
export interface PodSharing {
  shape(shape: PodShape): PodShape;
  owner(owner: Owner | null): Owner | null;
  /** The record that is there by this name. */
  known(namespace: string | null, name: string): ClusterObject | undefined;
  text(text: string): string;
  /** Those of a node, which its agents have. */
  addresses(addresses: readonly string[]): readonly string[];
}

export const unshared: PodSharing = {
  shape: (shape) => shape,
  owner: (owner) => owner,
  known: () => undefined,
  text: (text) => text,
  addresses: (addresses) => addresses,
};

const labelsOnly = tableOf({ 11: textMap('labels') });
const annotationsOnly = tableOf({ 12: textMap('annotations', isKeptOfPod) });

/**
 * Reads pods. Most of a pod is byte for byte that of its siblings. Labels, owner and what comes of the containers are
 * decoded only where their bytes did not come lately; name, namespace, node, phase and addresses are read of each. Odd
 * pods are read by the table.
 */
export class PodReader {
  readonly #sharing: PodSharing;
  readonly #pool = new TextPool();
  readonly #keys = new SharedKeys();
  readonly #labelsSource = sourceOf(this.#keys.labels.bytes, this.#pool);
  readonly #ownersSource = sourceOf(this.#keys.owners.bytes, this.#pool);
  readonly #labels = new PartsByKey<Labels>();
  readonly #owners = new PartsByKey<Owner | null>();
  readonly #shapes = new PartsByKey<PodShape>();

  constructor(sharing: PodSharing) {
    this.#sharing = sharing;
  }

  /** A ReadPod, or what the table makes of it. Throws an Error of some kind where the bytes are no pod. */
  read(source: Source, start: number, end: number): unknown {
    const keys = this.#keys;
    keys.clear();
    const own = new OwnParts(source, keys);
    own.readPod(start, end);
    const isOver = keys.labels.isOver || keys.owners.isOver || keys.shape.isOver;
    if (own.isOdd || own.name === '' || isOver) return decodeMessage(source, podTable, start, end);
    // Whole fields are a message of these fields alone.
    const labels = this.#labels.of(keys.labels, () =>
      labelsOf(decodeMessage(this.#labelsSource, labelsOnly, 0, keys.labels.length)),
    );
    const owner = this.#owners.of(keys.owners, () =>
      this.#sharing.owner(
        controllerOf({ metadata: decodeMessage(this.#ownersSource, ownersOnly, 0, keys.owners.length) }),
      ),
    );
    const shape = this.#shapes.of(keys.shape, () => this.#sharing.shape(shapeOf(source, own)));
    return new ReadPod(own, this.#recordOf(own, labels, owner, shape));
  }

  /** The record that is there, where nothing in it is another: most of what is told of a pod changes nothing. */
  #recordOf(own: OwnParts, labels: Labels, owner: Owner | null, shape: PodShape): PodRecord {
    const namespace = own.namespace || 'default';
    const known = this.#sharing.known(namespace, own.name);
    const isKnown =
      known?.kind === 'Pod' && sameRecord(known.labels, labels) && sameRecord(known.owner, owner);
    if (isKnown && isStill(known, own) && hasShape(known, shape)) return known;
    return {
      kind: 'Pod',
      namespace: this.#sharing.text(namespace),
      name: own.name,
      labels,
      annotations: shape.annotations,
      ports: shape.ports,
      probePorts: shape.probePorts,
      hostNetwork: shape.hostNetwork,
      dnsPolicy: shape.dnsPolicy,
      serviceAccount: shape.serviceAccount,
      automountToken: shape.automountToken,
      extraNetworks: shape.extraNetworks,
      windows: shape.windows,
      owner,
      node: own.node === '' ? null : this.#sharing.text(own.node),
      addresses: shape.hostNetwork ? this.#sharing.addresses(own.addresses()) : own.addresses(),
      finished: isFinished(own),
      terminating: own.terminating,
    };
  }
}

function isFinished({ phase }: OwnParts): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

function isStill(known: PodRecord, own: OwnParts): boolean {
  return (
    (known.node ?? '') === own.node &&
    known.finished === isFinished(own) &&
    known.terminating === own.terminating &&
    own.hasAddresses(known.addresses)
  );
}

function hasShape(known: PodRecord, shape: PodShape): boolean {
  return (
    known.hostNetwork === shape.hostNetwork &&
    known.dnsPolicy === shape.dnsPolicy &&
    known.serviceAccount === shape.serviceAccount &&
    known.automountToken === shape.automountToken &&
    known.extraNetworks === shape.extraNetworks &&
    known.windows === shape.windows &&
    sameRecord(known.annotations, shape.annotations) &&
    sameRecord(known.ports, shape.ports) &&
    sameRecord(known.probePorts, shape.probePorts)
  );
}

function labelsOf(metadata: unknown): Labels {
  return readMap(get(metadata, 'labels'));
}

/** Labels are left out. */
function shapeOf(source: Source, { metadata, spec }: OwnParts): PodShape {
  return decodePodShape({
    metadata: decodeMessage(source, annotationsOnly, metadata.start, metadata.end),
    spec: decodeMessage(source, podSpecTable, spec.start, spec.end),
  });
}
