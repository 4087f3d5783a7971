// Histograms and counters in Prometheus' text format: what two readings differ by, and what can be said of it.

/** @typedef {{ buckets: [edge: number, calls: number][], sum: number, count: number }} Histogram cumulative, as read */

/** `name{a="b",c="d"} 1` in parts; null for a comment. Label values here hold neither quotes nor braces. */
function partsOf(line) {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
  if (name === undefined) return null;
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]);
  return { name, labels: new Map(pairs), value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) };
}

function* seriesOf(text, name, wanted) {
  for (const line of text.split('\n')) {
    // Most of what an API server tells is about something else, and parting a line costs.
    if (!line.startsWith(name)) continue;
    const parts = partsOf(line);
    if (parts !== null && Object.entries(wanted).every(([key, value]) => parts.labels.get(key) === value))
      yield parts;
  }
}

/**
 * The sum of all series of a counter that carry the wanted labels; 0 where there is none.
 * @param {string} text @param {string} name @param {Record<string, string>} [wanted]
 */
export function counterOf(text, name, wanted = {}) {
  let sum = 0;
  for (const series of seriesOf(text, name, wanted)) if (series.name === name) sum += series.value;
  return sum;
}

/**
 * The sum of all series of a histogram that carry the wanted labels. Without any it is empty.
 * @param {string} text @param {string} name @param {Record<string, string>} [wanted] @returns {Histogram}
 */
export function histogramOf(text, name, wanted = {}) {
  const buckets = new Map();
  let sum = 0;
  let count = 0;
  for (const { name: own, labels, value } of seriesOf(text, name, wanted)) {
    if (own === `${name}_sum`) sum += value;
    if (own === `${name}_count`) count += value;
    if (own !== `${name}_bucket`) continue;
    const edge = labels.get('le') === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.get('le'));
    buckets.set(edge, (buckets.get(edge) ?? 0) + value);
  }
  return { buckets: [...buckets].toSorted(([a], [b]) => a - b), sum, count };
}

/**
 * What came between two readings; the earlier one may lack everything. @param {Histogram} later
 * @param {Histogram} earlier @returns {Histogram}
 */
export function between(later, earlier) {
  const before = new Map(earlier.buckets);
  return {
    buckets: later.buckets.map(([edge, calls]) => [edge, calls - (before.get(edge) ?? 0)]),
    sum: later.sum - earlier.sum,
    count: later.count - earlier.count,
  };
}

/** Two stretches of time as one. @param {Histogram} one @param {Histogram} other @returns {Histogram} */
export function together(one, other) {
  const more = new Map(other.buckets);
  const edges = new Set([...one.buckets, ...other.buckets].map(([edge]) => edge));
  const own = new Map(one.buckets);
  return {
    buckets: [...edges]
      .toSorted((a, b) => a - b)
      .map((edge) => [edge, (own.get(edge) ?? 0) + (more.get(edge) ?? 0)]),
    sum: one.sum + other.sum,
    count: one.count + other.count,
  };
}

/** The part of the calls that took no longer than an edge, from 0 to 1; 0 without calls or such an edge. */
export function shareWithin({ buckets, count }, edge) {
  const [, calls] = buckets.find(([own]) => own === edge) ?? [edge, 0];
  return count === 0 ? 0 : calls / count;
}

/** The upper edge of the bucket in which the quantile lies: nothing finer is known. 0 without calls. */
export function quantileEdge({ buckets, count }, part) {
  if (count === 0) return 0;
  const [edge] = buckets.find(([, calls]) => calls >= count * part) ?? [Number.POSITIVE_INFINITY];
  return edge;
}

/** Sum by count, in the histogram's unit; 0 without calls. @param {Histogram} histogram */
export const meanOf = ({ sum, count }) => (count === 0 ? 0 : sum / count);
