import { get, text } from '../model/decode/lenient.ts';
import { decodeMessage } from './protobuf-message.ts';
import { magic, status, unknown } from './protobuf-meta.ts';
import { TextPool } from './text-pool.ts';

/** The message of a Status that came as protobuf; null where the bytes are something else. */
export function protobufStatusMessage(bytes: Buffer): string | null {
  if (!bytes.subarray(0, magic.length).equals(magic)) return null;
  const pool = new TextPool();
  try {
    const raw = get(decodeMessage(bytes.subarray(magic.length), unknown, pool), 'raw');
    return Buffer.isBuffer(raw) ? text(get(decodeMessage(raw, status, pool), 'message')) : null;
  } catch {
    // Cut off, or not what it says: it is shown as it is.
    return null;
  }
}
