import { type ConnectionOptions, connect } from 'node:tls';
import type { Clock } from './clock.ts';
import { describeThrown } from './decision-log.ts';
import type { KeyPair } from './tls.ts';

const SELF_DIAL_MS = 5_000;
const SELF_DIAL_EVERY_MS = 10_000;

/** Where the webhook listens, as this process reaches it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An address that listens everywhere is reached through loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/**
 * Connects as a caller would and returns the fingerprint (SHA-256) of the certificate that is shown, or an error
 * text. Nothing is trusted and nothing is sent: the question is only which certificate callers see.
 *
 * @param ownPorts holds the local port meanwhile, so that the server does not count this as a failed caller.
 */
export function dialSelf(
  address: Address,
  ownPorts: Set<number>,
): Promise<{ fingerprint: string } | { failed: string }> {
  const options: ConnectionOptions = {
    host: reachable(address.host),
    port: address.port,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  };
  return new Promise((resolve) => {
    const socket = connect(options);
    let port = 0;
    socket.setTimeout(SELF_DIAL_MS, () => socket.destroy(new Error('timed out')));
    socket.once('connect', () => {
      port = socket.localPort ?? 0;
      ownPorts.add(port);
    });
    // With client certificates on, TLS 1.3 shows the server's before it refuses ours, which is all we need.
    socket.once('secureConnect', () => {
      resolve({ fingerprint: socket.getPeerCertificate().fingerprint256 ?? '' });
      socket.end();
    });
    socket.on('error', (error) => resolve({ failed: error.message }));
    socket.once('close', () => {
      // The server may hear of the refusal a little later than we do.
      setTimeout(() => ownPorts.delete(port), 1000).unref();
      resolve({ failed: 'connection closed' });
    });
  });
}

/** Keeps asking which certificate callers see; `problem` is null while it is the one that was loaded. */
export function watchSelfDial(
  address: () => Address,
  pair: () => KeyPair,
  ownPorts: Set<number>,
  clock: Clock,
) {
  let problem: string | null = 'not tried yet';
  const look = async (): Promise<void> => {
    const seen = await dialSelf(address(), ownPorts);
    if ('failed' in seen) problem = seen.failed;
    else problem = seen.fingerprint === pair().fingerprint ? null : 'callers see another certificate';
  };
  const lookSoon = () => {
    look().catch((thrown: unknown) => {
      problem = describeThrown(thrown).message;
    });
  };
  const stop = clock.every(SELF_DIAL_EVERY_MS, lookSoon);
  return { look, lookSoon, stop, problem: () => problem };
}
