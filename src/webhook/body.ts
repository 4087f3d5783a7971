/** A request that gets a 4xx instead of a review, and the bounded word under which it is counted. */
export interface NotReadable {
  readonly readable: false;
  readonly status: 400 | 403 | 404 | 405 | 413 | 415 | 429;
  readonly why: InvalidReason;
  /** One sentence for the caller; never text that the caller sent. */
  readonly message: string;
}

/** Label values of `netsluice_requests_invalid_total`. */
export const invalidReasons = [
  'json',
  'empty',
  'depth',
  'review',
  'uid',
  'content-type',
  'content-encoding',
  'too-large',
  'too-many',
  'method',
  'path',
  'client-name',
  'http',
  'header-overflow',
  'timeout',
] as const;
export type InvalidReason = (typeof invalidReasons)[number];

export interface Parsed {
  readonly readable: true;
  readonly value: unknown;
  /** Own keys named `__proto__` that were dropped. */
  readonly droppedKeys: number;
}

const DEPTH_MAX = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `{` and `[`, and what closes them. */
const OPENING = [0x7b, 0x5b] as const;
const CLOSING = [0x7d, 0x5d] as const;

/** First byte after the string whose opening quote is at `start`. */
function afterString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/**
 * Is the text nested deeper than `max`? One pass over the bytes that stops at the first level too deep, because
 * JSON.parse takes most of a second for 1.5 million levels and holds the event loop meanwhile.
 */
export function deeperThan(bytes: Uint8Array, max: number): boolean {
  let depth = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = afterString(bytes, at);
      continue;
    }
    if (byte === OPENING[0] || byte === OPENING[1]) depth++;
    else if (byte === CLOSING[0] || byte === CLOSING[1]) depth--;
    if (depth > max) return true;
    at++;
  }
  return false;
}

/**
 * Drops own keys named `__proto__`, which JSON.parse makes and which a later copy would turn into a prototype.
 * `constructor` and `prototype` stay: they are legal label keys and user maps become `Map`s when decoded.
 */
function dropPrototypeKeys(root: unknown): number {
  const open: unknown[] = [root];
  let dropped = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) {
      Reflect.deleteProperty(value, '__proto__');
      dropped++;
    }
    for (const inner of Object.values(value))
      if (typeof inner === 'object' && inner !== null) open.push(inner);
  }
  return dropped;
}

/** Could a name in the text be `__proto__`? Letters can be written as `\\uXXXX` too, and in no third way. */
function maySayPrototype(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u');
}

function refused(why: InvalidReason, message: string): NotReadable {
  return { readable: false, status: 400, why, message };
}

/**
 * Reads a request body. Invalid UTF-8 becomes U+FFFD, as it does in the API server's own logs, so that every
 * text that leaves here can be written again. The last of two equal keys wins, as in the API server's decoding.
 */
export function readBody(bytes: Uint8Array): Parsed | NotReadable {
  if (bytes.length === 0) return refused('empty', 'The body is empty; send an AdmissionReview.');
  if (deeperThan(bytes, DEPTH_MAX)) {
    return refused('depth', `The body is nested more than ${DEPTH_MAX} levels deep.`);
  }
  // With ignoreBOM the mark stays in the text, and JSON.parse refuses it: RFC 8259 forbids to send one.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the body, so it is not passed on.
    return refused('json', 'The body is not valid JSON.');
  }
  return { readable: true, value, droppedKeys: maySayPrototype(text) ? dropPrototypeKeys(value) : 0 };
}
