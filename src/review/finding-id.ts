import { type Finding, identityOf } from '../model/finding.ts';

/** FNV-1a with 64 bits: "offset basis 0xcbf29ce484222325, prime 2^40 + 2^8 + 0xb3". */
const basisHigh = 0xcbf29ce4;
const basisLow = 0x84222325;
const primeLow = 0x1b3;
const word = 2 ** 32;

/**
 * Twelve hexadecimal digits by which one finding is called on every channel: audit annotation, log, Event, report. The
 * same rule about the same object has the same id as long as its key stays the same, whichever replica says so.
 */
export function findingId(finding: Finding): string {
  return shortHash(identityOf(finding));
}

/** The first twelve hexadecimal digits of a text's hash. It names things and protects nothing. */
export function shortHash(text: string): string {
  let high = basisHigh;
  let low = basisLow;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0;
    // A multiplication by 2^40 moves the low word eight bits up into the high one; all sums stay below 2^53.
    const product = low * primeLow;
    high = (high * primeLow + Math.floor(product / word) + low * 256) % word;
    low = product % word;
  }
  return `${hex(high)}${hex(low)}`.slice(0, 12);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
