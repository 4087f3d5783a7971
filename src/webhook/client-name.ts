import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Who may call, when callers must show a certificate. */
export interface ClientAuth {
  /** PEM of the authorities that sign callers' certificates. */
  readonly ca: string;
  /** Common names or alternative names, one of which a caller's certificate must carry; empty takes any. */
  readonly names: readonly string[];
}

/** `DNS:a, DNS:b` as Node prints alternative names; quoted values hold odd characters and never match a plain name. */
function alternativeNames(text: string): readonly string[] {
  return text.split(', ').map((entry) => entry.slice(entry.indexOf(':') + 1));
}

/** The chain was verified by the TLS layer already; this looks at the name alone. */
export function clientNameAccepted(socket: Socket, auth: ClientAuth | null): boolean {
  if (auth === null) return true;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  if (auth.names.length === 0) return true;
  const certificate = socket.getPeerCertificate();
  const common: string | readonly string[] | undefined = certificate.subject?.CN;
  const names = [
    ...(typeof common === 'string' ? [common] : (common ?? [])),
    ...alternativeNames(certificate.subjectaltname ?? ''),
  ];
  return auth.names.some((name) => names.includes(name));
}
