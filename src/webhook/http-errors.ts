import type { Socket } from 'node:net';
import type { InvalidReason, NotReadable } from './body.ts';

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** What the server library throws before a request reaches the handler, in our words: no stack, no caller's text. */
export function refusalOf(error: unknown): NotReadable {
  switch (codeOf(error)) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { readable: false, status: 413, why: 'too-large', message: 'The body is larger than 8 MiB.' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        readable: false,
        status: 415,
        why: 'content-type',
        message: 'Content-Type must be application/json.',
      };
    default:
      return { readable: false, status: 400, why: 'http', message: 'The request is not well formed.' };
  }
}

const LINGER_MS = 1000;

const rawAnswers: ReadonlyMap<string, readonly [status: string, why: InvalidReason]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'header-overflow']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'timeout']],
]);

/**
 * Answers what is no HTTP request at all, and closes; two framings in one request end here too.
 *
 * @param idleMs how long a connection may stay that has not sent a byte.
 */
export function clientErrorHandler(count: (why: InvalidReason) => void, idleMs: number) {
  return (error: Error, socket: Socket): void => {
    const code = codeOf(error);
    // Go's client dials ahead and keeps what it did not need for the next call, which would fail if it met the close.
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) {
      socket.setTimeout(idleMs, () => socket.destroy());
      return;
    }
    // Errors of the TLS layer come here too. Nothing can be said before the handshake is done, and waiting to say
    // it would keep the socket for ever.
    const isHttp = code.startsWith('HPE_') || code.startsWith('ERR_HTTP_');
    if (!isHttp || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, why] = rawAnswers.get(code) ?? ['400 Bad Request', 'http'];
    count(why);
    const body = JSON.stringify({ error: why, message: `${status.slice(4)}.` });
    // Who does not read the answer is not waited for.
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy());
  };
}
