/** Is the answer to the request of this uid kept? Its last digits count the requests. @param {number} every */
export const isKept = (uid, every) => Number(uid.slice(-12)) % every === 0;

/** The last thing of each kind is called so. */
export const settledName = 'settled';

/** A pod of this name comes to be while nobody watches pods: whoever knows it has read the list anew. */
export const listedName = 'listed';

/** What the world was told, in order and when it could be seen, and at which point of it the kept answers were given. */
export class Journal {
  #sight = null;
  /** @type {any[]} */
  #events = [];
  /** When each event became visible, in milliseconds of the machine's monotonic clock; 0 before the lists are in. */
  #visibleAt = [];
  #visible = 0;
  #version = -1;
  #looking = false;
  #kept = [];
  #every;

  /** @param {number} every one answer in so many is kept */
  constructor(every) {
    this.#every = every;
  }

  /** @param {import('../../dist/cli/sight.js').Sight} sight */
  follow(sight) {
    this.#sight = sight;
    sight.watch((events) => {
      this.#look();
      for (const event of events) this.#events.push(event);
      if (!this.#looking) this.#lookSoon();
    });
  }

  answered(request, review) {
    if (!isKept(request.uid, this.#every)) return;
    this.#look();
    const { partial } = review.record;
    this.#kept.push({ request, at: this.#visible, freshness: this.#sight.freshness(), partial });
  }

  /** Has the world seen the last thing of each kind? */
  settled(namespace) {
    this.#look();
    const world = this.#sight.world();
    return (
      world.namespace(settledName) !== undefined &&
      world.pod(namespace, settledName) !== undefined &&
      [...world.policiesIn(namespace)].some((policy) => policy.ref.name === settledName)
    );
  }

  /** Do reviews see this pod by now? */
  holds(namespace, name) {
    this.#look();
    return this.#sight.world().pod(namespace, name) !== undefined;
  }

  saved() {
    return { events: this.#events, visibleAt: this.#visibleAt, kept: this.#kept };
  }

  /** Events are told before they are applied: another version of the world means that all that were told are in it. */
  #look() {
    const version = this.#sight.version();
    if (version === this.#version) return;
    this.#version = version;
    const now = Number(process.hrtime.bigint()) / 1e6;
    for (; this.#visible < this.#events.length; this.#visible += 1) this.#visibleAt[this.#visible] = now;
  }

  /** A list that is built aside becomes visible later than it is told. */
  #lookSoon() {
    this.#looking = true;
    setImmediate(() => {
      this.#looking = false;
      this.#look();
      if (this.#visible < this.#events.length) this.#lookSoon();
    });
  }
}
