import { createPrivateKey, X509Certificate } from 'node:crypto';

/** An authority, a leaf that it signed, and the leaf's key: PEM, one certificate each. */
export interface Chain {
  readonly authority: string;
  readonly leaf: string;
  readonly key: string;
}

/** From when until when a certificate is valid, in Unix milliseconds. */
export interface Life {
  readonly from: number;
  readonly until: number;
}

export interface Authority extends Life {
  /** As it is published. */
  readonly pem: string;
}

/** A chain that can be served now. */
export interface UsableChain {
  readonly chain: Chain;
  readonly authority: Authority;
  readonly leaf: Life;
}

/** Why a chain cannot be served, one sentence. */
export interface Unusable {
  readonly problem: string;
}

/** Has every text that it needs, and does it hold now for each of the names? */
export function judgeChain(chain: Chain, names: readonly string[], now: Date): UsableChain | Unusable {
  try {
    const authority = new X509Certificate(chain.authority);
    const leaf = new X509Certificate(chain.leaf);
    const problem =
      problemOf(authority, leaf, chain.key) ??
      timeProblem('authority', lifeOf(authority), now) ??
      timeProblem('certificate', lifeOf(leaf), now) ??
      nameProblem(leaf, names);
    if (problem !== null) return { problem };
    // What else stands in that text was never signed for by anybody, so it is not published.
    const pem = blocksOf(chain.authority)[0] ?? '';
    return { chain, authority: { pem, ...lifeOf(authority) }, leaf: lifeOf(leaf) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `It is not readable: ${reason}.` };
  }
}

/** The authorities among the certificates of a text, in order; what cannot be read or is none is left out. */
export function authoritiesIn(text: string): readonly Authority[] {
  return blocksOf(text).flatMap((pem) => {
    try {
      const certificate = new X509Certificate(pem);
      return certificate.ca ? [{ pem, ...lifeOf(certificate) }] : [];
    } catch {
      // Somebody wrote it there by hand; what is not a certificate makes nobody trust us.
      return [];
    }
  });
}

/** The PEM certificates of a text, each with one line break at its end. */
export function blocksOf(text: string): readonly string[] {
  const end = '-----END CERTIFICATE-----';
  return text
    .split(end)
    .slice(0, -1)
    .map((part) => {
      const start = part.indexOf('-----BEGIN CERTIFICATE-----');
      return start < 0 ? '' : `${part.slice(start)}${end}\n`;
    })
    .filter((block) => block !== '');
}

function problemOf(authority: X509Certificate, leaf: X509Certificate, key: string): string | null {
  if (!authority.ca) return 'Its authority may not sign certificates.';
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey))
    return 'The certificate was not signed by the authority beside it.';
  return leaf.checkPrivateKey(createPrivateKey(key)) ? null : 'The key does not belong to the certificate.';
}

function timeProblem(what: string, { from, until }: Life, now: Date): string | null {
  if (until <= now.getTime()) return `The ${what} ended at ${new Date(until).toISOString()}.`;
  return from > now.getTime() ? `The ${what} begins only at ${new Date(from).toISOString()}.` : null;
}

function nameProblem(leaf: X509Certificate, names: readonly string[]): string | null {
  const absent = names.find((name) => leaf.checkHost(name, { subject: 'never' }) === undefined);
  return absent === undefined ? null : `The certificate does not name ${absent}.`;
}

function lifeOf(certificate: X509Certificate): Life {
  return { from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo) };
}
