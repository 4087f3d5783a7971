// Lists and watches as an API server writes them: protobuf where it is asked for and the kind has it, JSON elsewhere.
import { register } from 'node:module';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { protobufKinds } from '../../dist/cluster/protobuf-kinds.js';

register('../../test/control-plane/typescript-hook.mjs', import.meta.url);
const { encodeEvent, encodeMessage, encodeObject } = await import('../../test/support/protobuf-encoder.ts');

const protobufType = 'application/vnd.kubernetes.protobuf';
const delimited = 2;

/** Each object is encoded once, however often it is sent. @type {WeakMap<object, Uint8Array>} */
const encoded = new WeakMap();

function bytesOf(object) {
  const known = encoded.get(object);
  if (known !== undefined) return known;
  const bytes = encodeMessage(object.kind, object);
  encoded.set(object, bytes);
  return bytes;
}

const protobuf = {
  type: protobufType,
  watchType: `${protobufType};stream=watch`,
  list: (apiVersion, kind, metadata, items) => {
    const writer = new BinaryWriter().tag(1, delimited).bytes(encodeMessage('ListMeta', metadata));
    for (const item of items) writer.tag(2, delimited).bytes(bytesOf(item));
    return encodeObject(apiVersion, `${kind}List`, writer.finish());
  },
  event: (type, object) => encodeEvent(object.apiVersion, object.kind, type, bytesOf(object)),
};

const json = {
  type: 'application/json',
  watchType: 'application/json',
  list: (apiVersion, kind, metadata, items) =>
    JSON.stringify({ kind: `${kind}List`, apiVersion, metadata, items }),
  event: (type, object) => `${JSON.stringify({ type, object })}\n`,
};

/** In which form to answer a request for a kind. @param {string} kind @param {string} accept */
export function formFor(kind, accept) {
  return accept.startsWith(protobufType) && protobufKinds.has(kind) ? protobuf : json;
}
