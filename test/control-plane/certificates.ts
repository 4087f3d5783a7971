// tsyringe, which @peculiar/x509 is built on, refuses to load without this import, and it must come first.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A certificate and its PKCS #8 private key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** The subject's O: Kubernetes reads it as the groups of a client certificate. */
  readonly organization?: string;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  /** Days until it ends, 1 unless told; a negative number makes one that has already ended. */
  readonly days?: number;
}

export interface Authority {
  /** The authority's own certificate, PEM: what a `caBundle` or `ca.crt` holds. */
  readonly cert: string;
  /** Issues a certificate that is good for servers and for clients. */
  issue(request: CertificateRequest): Promise<Certificate>;
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const end = Date.now() + days * DAY_MS;
  // An hour back, so that it is valid at once whatever the clocks say; further for one that has ended.
  return { notBefore: new Date(Math.min(Date.now() - HOUR_MS, end - DAY_MS)), notAfter: new Date(end) };
}

/** Positive as RFC 5280 asks, hence the leading zero bit. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('hex');
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

/** Makes a certificate authority of its own for a test, valid for ten years. */
export async function makeAuthority(name: string): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    ...validity(3650),
    signingAlgorithm: KEY_ALGORITHM,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(request: CertificateRequest): Promise<Certificate> {
    const own = await newKeys();
    const names: x509.JsonGeneralName[] = [
      ...(request.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
      ...(request.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ];
    const organization = request.organization === undefined ? [] : [{ O: [request.organization] }];
    const issued = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [...organization, { CN: [request.commonName] }],
      issuer: root.subject,
      ...validity(request.days ?? 1),
      signingAlgorithm: KEY_ALGORITHM,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([SERVER_AUTH, CLIENT_AUTH]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      ],
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
    return { cert: `${issued.toString('pem')}\n`, key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
  }

  return { cert: `${root.toString('pem')}\n`, issue };
}
