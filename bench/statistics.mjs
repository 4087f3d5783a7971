// Figures of a list of measurements.

/** The value below which the given part lies, 0 for an empty list. @param {readonly number[]} list @param {number} part */
export function quantile(list, part) {
  const sorted = Float64Array.from(list).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

const short = (value) => Number(value.toPrecision(4));

/** @param {readonly number[]} list */
export function quantilesOf(list) {
  return {
    p50: short(quantile(list, 0.5)),
    p90: short(quantile(list, 0.9)),
    p99: short(quantile(list, 0.99)),
    max: short(quantile(list, 1)),
    count: list.length,
  };
}

/** Median and quartiles of ours to theirs, pair by pair. @param {readonly number[]} ours @param {readonly number[]} theirs */
export function ratioOf(ours, theirs) {
  const ratios = ours.map((value, index) => value / theirs[index]).filter(Number.isFinite);
  return {
    median: short(quantile(ratios, 0.5)),
    low: short(quantile(ratios, 0.25)),
    high: short(quantile(ratios, 0.75)),
  };
}

/** Runs two things in turn, each pair in the other order than the one before, so that both see the same machine. */
export function inTurn(index, first, second) {
  if (index % 2 === 0) return [first(), second()];
  const other = second();
  return [first(), other];
}

/** Milliseconds of a call. @param {() => unknown} run */
export function timed(run) {
  const since = performance.now();
  run();
  return performance.now() - since;
}
