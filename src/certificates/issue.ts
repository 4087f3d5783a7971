import { randomBytes, webcrypto } from 'node:crypto';
import type { Chain } from './chain.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const serverAuth = '1.3.6.1.5.5.7.3.1';

/** Validity begins so long before the certificate is made: the clocks of two machines differ. */
export const backdatedMs = 3_600_000;

export interface IssueWish {
  /** Every one becomes an alternative name of the leaf. */
  readonly names: readonly string[];
  readonly now: Date;
  readonly authorityLifeMs: number;
  readonly leafLifeMs: number;
}

/**
 * Makes an authority and the one leaf that it ever signs. The authority's key is gone when this returns, so that
 * nobody who reads the Secret can sign anything with it.
 */
export async function issueChain(wish: IssueWish): Promise<Chain> {
  const x509 = await library();
  x509.cryptoProvider.set(webcrypto);
  const authorityKeys = await newKeys();
  const leafKeys = await newKeys();
  const notBefore = new Date(wish.now.getTime() - backdatedMs);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // Two authorities with one name could be taken for each other while a client looks for the issuer.
    name: [{ CN: [`netsluice ${randomBytes(8).toString('hex')}`] }],
    notBefore,
    notAfter: new Date(wish.now.getTime() + wish.authorityLifeMs),
    signingAlgorithm: algorithm,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: ['netsluice'] }],
    issuer: authority.subject,
    notBefore,
    notAfter: new Date(wish.now.getTime() + wish.leafLifeMs),
    signingAlgorithm: algorithm,
    publicKey: leafKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      new x509.SubjectAlternativeNameExtension(wish.names.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
  return {
    authority: `${authority.toString('pem').trim()}\n`,
    leaf: `${leaf.toString('pem').trim()}\n`,
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY').trim()}\n`,
  };
}

/** It takes 10 MiB, and most processes never make a certificate. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  // Its dependency injection refuses to load without this import before it.
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function serialNumber(): string {
  // RFC 5280 §4.1.2.2: a positive integer of at most 20 octets.
  return `00${randomBytes(16).toString('hex')}`.replace(/^00[89a-f]/, '007');
}
