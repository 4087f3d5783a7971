import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Authority, authorityOf } from './authority.ts';
import type { Clock } from './clock.ts';
import { describeThrown, type Log } from './decision-log.ts';
import type { Metrics } from './metrics.ts';
import { watchFiles } from './watch-files.ts';

/** A certificate (leaf first) and its key, PEM, known to belong together and to be valid. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the leaf, as Node prints it. */
  readonly fingerprint: string;
  readonly expires: Date;
  /** The authority that signed it, where a file with it was named. */
  readonly authority: Authority | null;
}

export interface PairFiles {
  readonly certPath: string;
  readonly keyPath: string;
  /** The authority that must have signed the certificate, where that is known. */
  readonly caPath?: string;
  /** What the API server calls us, which the certificate must name, where that is known. */
  readonly host?: string;
}

/** The texts of a certificate, its key and its authority. */
export interface PairTexts {
  readonly cert: string;
  readonly key: string;
  /** Null where it is not looked at. */
  readonly ca: string | null;
}

/** What is wrong and what to do, one or two sentences. */
export interface TlsProblem {
  readonly problem: string;
}

/** Is it the sentence instead of the thing? */
export function isProblem(value: KeyPair | Authority | string | null | TlsProblem): value is TlsProblem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

const readErrors: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a directory'],
]);

/** Reads a file that an option names; `what` says what it should hold, `option` which option to correct. */
export function readNamed(path: string, what: string, option: string): string | TlsProblem {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
    const why = readErrors.get(code) ?? describeThrown(error).message;
    return { problem: `The ${what} ${path} cannot be read: ${why}. Correct ${option}.` };
  }
}

function certificateOf(cert: string, path: string): X509Certificate | TlsProblem {
  try {
    return new X509Certificate(cert);
  } catch {
    return {
      problem: `The certificate ${path} is not a PEM certificate. Give --cert a file that begins with "-----BEGIN CERTIFICATE-----".`,
    };
  }
}

function keyOf(key: string, path: string): KeyObject | TlsProblem {
  try {
    return createPrivateKey(key);
  } catch {
    return {
      problem: `The key ${path} is not an unencrypted PEM private key. Give --key a file that begins with "-----BEGIN PRIVATE KEY-----".`,
    };
  }
}

/** Checks that the two can be served: the key fits, it is valid now, it names the host, the authority signed it. */
export function checkPair(texts: PairTexts, files: PairFiles, now: Date): KeyPair | TlsProblem {
  const { cert, key, ca } = texts;
  const leaf = certificateOf(cert, files.certPath);
  if ('problem' in leaf) return leaf;
  const secret = keyOf(key, files.keyPath);
  if ('problem' in secret) return secret;
  if (!leaf.checkPrivateKey(secret)) {
    return {
      problem: `The key ${files.keyPath} does not belong to the certificate ${files.certPath}. Give --cert and --key of the same pair.`,
    };
  }
  const [from, until] = [new Date(leaf.validFrom), new Date(leaf.validTo)];
  if (until <= now) {
    return { problem: `The certificate ${files.certPath} ended at ${until.toISOString()}. Renew it.` };
  }
  if (from > now) {
    return {
      problem: `The certificate ${files.certPath} begins only at ${from.toISOString()}. Check the clock, or wait.`,
    };
  }
  if (leaf.subjectAltName === undefined) {
    return {
      problem: `The certificate ${files.certPath} names no host. Issue it with a subject alternative name such as <service>.<namespace>.svc; the common name is not looked at.`,
    };
  }
  const authority = ca === null ? null : authorityOf(leaf, ca, files, now);
  if (isProblem(authority)) return authority;
  const { host } = files;
  if (host !== undefined && leaf.checkHost(host, { subject: 'never' }) === undefined) {
    return {
      problem: `The certificate ${files.certPath} does not name ${host}, which the API server calls. Issue it for that name, or correct --service.`,
    };
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    return {
      problem: `The certificate ${files.certPath} cannot be used: ${describeThrown(error).message}. Issue it again.`,
    };
  }
  return { cert, key, fingerprint: leaf.fingerprint256, expires: until, authority };
}

/** Reads and checks the pair. */
export function loadPair(files: PairFiles, now: Date): KeyPair | TlsProblem {
  const cert = readNamed(files.certPath, 'certificate', '--cert');
  if (isProblem(cert)) return cert;
  const key = readNamed(files.keyPath, 'key', '--key');
  if (isProblem(key)) return key;
  const ca = files.caPath === undefined ? null : readNamed(files.caPath, 'authority', '--cert');
  if (isProblem(ca)) return ca;
  return checkPair({ cert, key, ca }, files, now);
}

export interface PairWatch {
  readonly current: () => KeyPair;
  /** Why the files on disk are not the pair in use; null when they are. */
  readonly problem: () => string | null;
  readonly stop: () => void;
}

interface PairWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'tlsReload' | 'certificateExpiry'>;
  /** Told about each new good pair. */
  readonly use: (pair: KeyPair) => void;
  /** Where the first pair came from: where that was not the disk, files that are not there yet are no error. */
  readonly from: 'files' | 'secret';
}

/** Keeps the pair current. A bad one on disk changes nothing, is logged and counted once, and is tried again. */
export function watchPair(files: PairFiles, first: KeyPair, deps: PairWatchDeps): PairWatch {
  let pair = first;
  let problem: string | null = null;
  tellExpiry(pair, deps.metrics);

  function look(): void {
    const found = loadPair(files, deps.clock.wall());
    if (isProblem(found)) {
      if (found.problem === problem) return;
      problem = found.problem;
      if (deps.from === 'secret' && !existsSync(files.certPath)) return;
      deps.metrics.tlsReload('error');
      deps.log.error({ problem }, 'the certificate on disk is not used; the one before stays');
      return;
    }
    problem = null;
    if (found.fingerprint === pair.fingerprint && found.key === pair.key) return;
    pair = found;
    deps.use(pair);
    deps.metrics.tlsReload('success');
    tellExpiry(pair, deps.metrics);
    deps.log.info({ fingerprint: pair.fingerprint, expires: pair.expires }, 'certificate reloaded');
  }

  const warn = (message: string) => deps.log.warn(message);
  const stop = watchFiles([files.certPath, files.keyPath], look, deps.clock, warn);
  return { current: () => pair, problem: () => problem, stop };
}

function tellExpiry({ expires, authority }: KeyPair, metrics: Pick<Metrics, 'certificateExpiry'>): void {
  metrics.certificateExpiry('leaf', expires);
  if (authority !== null) metrics.certificateExpiry('ca', authority.expires);
}
