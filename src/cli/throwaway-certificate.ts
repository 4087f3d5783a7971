// The certificate library's dependency injection refuses to load without this import before it.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** A certificate and its unencrypted key, both PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

export interface LeafWish {
  readonly commonName: string;
  /** Alternative names; a leaf without any is not accepted by anybody, which tests need. */
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  /** Validity; an hour ago to seven days from now unless told. */
  readonly from?: Date;
  readonly until?: Date;
}

/** Signs leaves for servers and clients. Its key exists in this process alone and ends with it. */
export interface ThrowawayAuthority {
  /** The authority's own certificate, PEM: what a client trusts, `caBundle`. */
  readonly cert: string;
  readonly issue: (wish: LeafWish) => Promise<PemPair>;
}

function serialNumber(): string {
  // RFC 5280 §4.1.2.2: a positive integer of at most 20 octets.
  return `00${randomBytes(16).toString('hex')}`.replace(/^00[89a-f]/, '007');
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** Makes an authority that signs for a week at most; for a laptop and for tests, never for a cluster. */
export async function makeThrowawayAuthority(commonName: string): Promise<ThrowawayAuthority> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 8 * 24 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: root.toString('pem'), issue: (wish) => issueLeaf(root, keys.privateKey, wish) };
}

async function issueLeaf(
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  wish: LeafWish,
): Promise<PemPair> {
  const keys = await newKeys();
  const names = [
    ...(wish.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(wish.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [wish.commonName] }],
    issuer: root.subject,
    // An hour back: the clocks of two machines differ.
    notBefore: wish.from ?? new Date(Date.now() - HOUR_MS),
    notAfter: wish.until ?? new Date(Date.now() + 7 * 24 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH, CLIENT_AUTH]),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: leaf.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}
