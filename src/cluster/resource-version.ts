const safeDigits = 15;

/**
 * Negative, zero or positive as `a` is older than, the same as or newer than `b`; null where they differ and at least
 * one is not a number, because then nothing is known about their order.
 */
export function compareVersions(a: string, b: string): number | null {
  if (a === b) return 0;
  if (!/^\d{1,40}$/.test(a) || !/^\d{1,40}$/.test(b)) return null;
  // Most are: three large numbers less for each object of a list.
  if (a.length <= safeDigits && b.length <= safeDigits) return Math.sign(Number(a) - Number(b));
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
