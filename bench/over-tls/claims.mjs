// What an exact difference claims, pod by pod and port by port, and flows to ask somebody else about.
import { hasPort } from '../../dist/sets/port-set.js';

const fates = ['lost', 'gained', 'undecided'];
const protocols = ['TCP', 'UDP', 'SCTP'];
const span = 65_536;
/** Ends of workloads without a running pod cannot be asked about; how often to look for another. */
const tries = 20;

/** @typedef {{ pod: string } | { ip: string }} End */
/** @typedef {{ source: End, destination: End, protocol: string, port: number, claim: string }} Flow */

export class Claims {
  #rectangles;
  #worlds;
  #random;
  #format;

  /**
   * @param {readonly any[]} rectangles
   * @param {{ before: any, after: any }} worlds
   * @param {(address: bigint) => string} format
   */
  constructor(rectangles, worlds, random, format) {
    this.#worlds = worlds;
    this.#random = random;
    this.#format = format;
    this.#rectangles = rectangles.map((rectangle) => ({
      rectangle,
      sources: sideOf(rectangle.sources),
      destinations: sideOf(rectangle.destinations),
      fates: fates.filter((fate) => rectangle[fate].length > 0),
    }));
  }

  #below(limit) {
    return Math.floor(this.#random() * limit);
  }

  #one(list) {
    return list[this.#below(list.length)];
  }

  /** What is claimed of any flow: lost, gained, undecided, or the same as before. @param {any} flow */
  of({ source, destination, protocol, port }) {
    const [from, to] = [this.#placeOf(source), this.#placeOf(destination)];
    for (const { rectangle, sources, destinations } of this.#rectangles) {
      if (!isIn(sources, from) || !isIn(destinations, to)) continue;
      const fate = fates.find((each) => hasPort(rectangle[each], protocol, port));
      if (fate !== undefined) return fate;
    }
    return 'same';
  }

  /** A flow that is claimed to change; null where none between running pods is found. @returns {Flow | null} */
  changed() {
    const changing = this.#rectangles.filter((each) => each.fates.length > 0);
    for (let i = 0; i < tries && changing.length > 0; i += 1) {
      const chosen = this.#one(changing);
      const [source, destination] = [this.#endIn(chosen.sources), this.#endIn(chosen.destinations)];
      if (source === null || destination === null || isSame(source, destination)) continue;
      const claim = this.#one(chosen.fates);
      return { source, destination, ...this.#portIn(chosen.rectangle[claim]), claim };
    }
    return null;
  }

  /** Two ends between which something is claimed to change. @returns {{ source: End, destination: End } | null} */
  ends() {
    const flow = this.changed();
    return flow === null ? null : { source: flow.source, destination: flow.destination };
  }

  #placeOf(end) {
    if ('ip' in end) return end.address;
    const [namespace, name] = end.pod.split('/');
    const { before, after } = this.#worlds;
    return (after.unitOfPod(namespace, name) ?? before.unitOfPod(namespace, name))?.id ?? -1;
  }

  #endIn(side) {
    if (side.ranges !== null) {
      const { first, last } = this.#one(side.ranges);
      const wide = last - first + 1n;
      const address = first + (BigInt(this.#below(2 ** 32)) * wide) / 2n ** 32n;
      if (this.#worlds.before.owns(address) || this.#worlds.after.owns(address)) return null;
      return { ip: this.#format(address), address };
    }
    const id = this.#one(side.list);
    const unit = this.#worlds.after.unit(id) ?? this.#worlds.before.unit(id);
    const members = [...unit.members];
    return members.length === 0 ? null : { pod: `${unit.namespace}/${this.#one(members)}` };
  }

  /** Borders of intervals are where mistakes are. */
  #portIn(set) {
    const i = 2 * this.#below(set.length / 2);
    const [from, to] = [set[i], set[i + 1]];
    const point = this.#one([from, to - 1, from + this.#below(to - from)]);
    return { protocol: protocols[Math.floor(point / span)], port: point % span };
  }
}

function sideOf(ends) {
  if (ends.kind === 'internet') return { ranges: ends.ranges, list: [], units: new Set() };
  const list = [...ends.units.toArray()];
  return { ranges: null, list, units: new Set(list) };
}

function isIn({ ranges, units }, place) {
  if (typeof place === 'bigint')
    return ranges?.some(({ first, last }) => first <= place && place <= last) ?? false;
  return units.has(place);
}

export const isSame = (a, b) => 'pod' in a && a.pod === b.pod;
