import type { Server } from 'node:http';
import https from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { ClientAuth } from './client-name.ts';
import type { Clock } from './clock.ts';
import { describeThrown, type Log } from './decision-log.ts';
import type { Metrics } from './metrics.ts';
import type { KeyPair } from './tls.ts';

/** Milliseconds. The defaults hold for a webhook; tests shorten them. */
export interface Timeouts {
  readonly requestMs: number;
  readonly headersMs: number;
  readonly handshakeMs: number;
  /** Longer than the 90 s after which Go clients drop an idle connection, so that the client closes first. */
  readonly keepAliveMs: number;
  /** How often Node looks whether one of the others has passed; its own default of 30 s makes them useless. */
  readonly checkMs: number;
}

/** What holds unless a test says otherwise. */
export const defaultTimeouts: Timeouts = {
  requestMs: 10_000,
  headersMs: 5_000,
  handshakeMs: 5_000,
  keepAliveMs: 100_000,
  checkMs: 1_000,
};

/** For TLS 1.2 too only ciphers that authenticate what they encrypt; no CBC, no RSA key exchange. */
const AEAD_ONLY = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE+AESGCM',
  'ECDHE+CHACHA20',
].join(':');

export interface TlsListener {
  readonly pair: KeyPair;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Null lets everybody call. */
  readonly clientAuth: ClientAuth | null;
  /** Local ports from which the server looks at its own certificate; these are no failed callers. */
  readonly ownPorts: ReadonlySet<number>;
}

/** The part of the TLS settings that a new certificate replaces; everything must be said again each time. */
export function secureContext(listener: Omit<TlsListener, 'ownPorts'>): SecureContextOptions {
  return {
    cert: listener.pair.cert,
    key: listener.pair.key,
    minVersion: listener.minVersion,
    ciphers: AEAD_ONLY,
    ...(listener.clientAuth === null ? {} : { ca: listener.clientAuth.ca }),
  };
}

/** Fastify's options for the socket side. */
export function listenerOptions(listener: TlsListener | null, timeouts: Timeouts = defaultTimeouts) {
  const http = { connectionsCheckingInterval: timeouts.checkMs, headersTimeout: timeouts.headersMs };
  const common = { requestTimeout: timeouts.requestMs, keepAliveTimeout: timeouts.keepAliveMs };
  if (listener === null) return { ...common, http, https: null };
  const secure: https.ServerOptions = {
    ...http,
    ...secureContext(listener),
    handshakeTimeout: timeouts.handshakeMs,
    // Only HTTP/1.1 is offered: the API server forces it, and whoever insists on h2 is refused in the handshake.
    ALPNProtocols: ['http/1.1'],
    requestCert: listener.clientAuth !== null,
    rejectUnauthorized: listener.clientAuth !== null,
  };
  return { ...common, https: secure };
}

interface Watching {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
}

/** Counts refused callers, and logs failed handshakes at debug, one a second at most. */
export function watchTlsErrors(server: Server, listener: TlsListener, watching: Watching): void {
  let quietUntil = 0;
  if (!(server instanceof https.Server)) return;
  server.on('tlsClientError', (error, socket: TLSSocket) => {
    const unauthorized = socket.authorizationError ?? null;
    const missing = 'code' in error && error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';
    const own = listener.ownPorts.has(socket.remotePort ?? -1);
    if (!own && (missing || unauthorized !== null)) watching.metrics.tlsClientAuthFailed();
    const now = watching.clock.monotonic();
    if (own || now < quietUntil) return;
    quietUntil = now + 1000;
    watching.log.debug({ cause: describeThrown(error).message }, 'TLS handshake failed');
  });
}
