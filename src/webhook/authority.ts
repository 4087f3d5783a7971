import { X509Certificate } from 'node:crypto';
import type { PairFiles, TlsProblem } from './tls.ts';

/** Who signed a certificate. */
export interface Authority {
  /** Its certificate as it was read, PEM. */
  readonly pem: string;
  readonly expires: Date;
}

/** Takes the authority that really signed the leaf and holds now; the first one of the text is meant. */
export function authorityOf(
  leaf: X509Certificate,
  pem: string,
  files: PairFiles,
  now: Date,
): Authority | TlsProblem {
  const path = files.caPath ?? 'ca.crt';
  const authority = certificateIn(pem);
  if (authority === null)
    return { problem: `The authority ${path} is not a PEM certificate. Issue the certificate again.` };
  if (!authority.ca || !leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) {
    return {
      problem: `The certificate ${files.certPath} was not signed by the authority ${path}. Give the three files of one issue.`,
    };
  }
  const expires = new Date(authority.validTo);
  return expires > now
    ? { pem, expires }
    : { problem: `The authority ${path} ended at ${expires.toISOString()}. Renew it.` };
}

function certificateIn(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    // What exactly is wrong with the text helps nobody: the file is replaced as a whole.
    return null;
  }
}
