import { quantile } from '../statistics.mjs';

/** p50, p90, p99 and the maximum, rounded to microseconds; the count alone of nothing. @param {readonly number[]} values milliseconds */
export function spreadOf(values) {
  if (values.length === 0) return { count: 0 };
  const at = (share) => rounded(quantile(values, share));
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), count: values.length };
}

/** The median of ratios and the range that the middle half of them lies in; nothing of none. @param {readonly number[]} ratios */
export function ratioOf(ratios) {
  if (ratios.length === 0) return undefined;
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => rounded(quantile(ratios, share)));
  return { median, low, high };
}

export const rounded = (value) => Math.round(value * 1000) / 1000;
