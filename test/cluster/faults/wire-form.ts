import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { encodeEvent, encodeMessage, encodeObject } from '../../support/protobuf-encoder.ts';

/** How pods go over the wire. */
export interface WireForm {
  readonly listType: string;
  readonly watchType: string;
  list(metadata: object, items: readonly object[]): Buffer;
  event(type: string, object: object): Buffer;
  error(code: number, retryAfterSeconds?: number): Buffer;
  /** A whole line or frame that cannot be read. */
  readonly garbage: Buffer;
}

export const json: WireForm = {
  listType: 'application/json',
  watchType: 'application/json',
  list: (metadata, items) => Buffer.from(JSON.stringify({ kind: 'PodList', metadata, items })),
  event: (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`),
  error: (code, retryAfterSeconds) => json.event('ERROR', statusOf(code, retryAfterSeconds)),
  garbage: Buffer.from('{"type":"DELETED","object":{"meta\n'),
};

export const protobuf: WireForm = {
  listType: 'application/vnd.kubernetes.protobuf',
  watchType: 'application/vnd.kubernetes.protobuf;stream=watch',
  list: listOfPods,
  event: (type, object) => encodeEvent('v1', 'Pod', type, encodePod(object)),
  error: (code, retryAfterSeconds) =>
    encodeEvent('v1', 'Status', 'ERROR', encodeMessage('Status', statusOf(code, retryAfterSeconds))),
  garbage: Buffer.from([0, 0, 0, 3, 0x0a, 0x7f, 0x41]),
};

const encoded = new WeakMap<object, Uint8Array>();

/** The same pod is sent many times. */
function encodePod(pod: object): Uint8Array {
  const known = encoded.get(pod) ?? encodeMessage('Pod', pod);
  encoded.set(pod, known);
  return known;
}

function listOfPods(metadata: object, items: readonly object[]): Buffer {
  const writer = new BinaryWriter().tag(1, 2).bytes(encodeMessage('ListMeta', metadata));
  for (const item of items) writer.tag(2, 2).bytes(encodePod(item));
  return Buffer.from(encodeObject('v1', 'PodList', writer.finish()));
}

function statusOf(code: number, retryAfterSeconds: number | undefined): object {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return { kind: 'Status', message: `injected ${code}`, code, ...details };
}
