import { get, text } from '../model/decode/lenient.ts';
import { decodeMessage, Span, sourceOf } from './protobuf-message.ts';
import { magic, status, unknown } from './protobuf-meta.ts';
import { TextPool } from './text-pool.ts';

/** The message of a Status that came as protobuf; null where the bytes are something else. */
export function protobufStatusMessage(bytes: Buffer): string | null {
  if (!bytes.subarray(0, magic.length).equals(magic)) return null;
  const source = sourceOf(bytes, new TextPool());
  try {
    const raw = get(decodeMessage(source, unknown, magic.length, bytes.length), 'raw');
    if (!(raw instanceof Span)) return null;
    return text(get(decodeMessage(source, status, raw.start, raw.end), 'message'));
  } catch {
    // Cut off, or not what it says: it is shown as it is.
    return null;
  }
}
