import { randomOf } from '../clusters.mjs';
import { ratioOf, rounded, spreadOf } from './figures.mjs';
import { closedLoop, openLoad } from './load.mjs';

const connections = 16;
const ms = (answers) => answers.map((answer) => answer.ms);

/** Gate and floor called in turn, by pairs or by slices of time, so that both see the same machine. */
export class Measured {
  /** Every answer of the gate whose time was taken. @type {import('./load.mjs').Answered[]} */
  answers = [];
  #gate;
  #floor;
  #next;
  #length;
  #tell;
  #random = randomOf(17);

  /**
   * @param {{ call: Function }} gate
   * @param {{ call: Function }} floor
   * @param {() => { uid: string, body: string }} next
   * @param {any} length how much of everything
   * @param {{ churn: (rate: number) => Promise<unknown>, loop: (phase: string) => Promise<any>, expire: () => Promise<void>, listed: () => Promise<boolean> }} tell
   */
  constructor(gate, floor, next, length, tell) {
    this.#gate = gate;
    this.#floor = floor;
    this.#next = next;
    this.#length = length;
    this.#tell = tell;
  }

  async run() {
    const [few, some, many] = this.#length.churn;
    await this.#tell.churn(few);
    await this.#warmUp();
    const serial = await this.#serial();
    await this.#tell.churn(some);
    const capacity = await this.#capacity();
    const share = (part) => capacity.perSecond * part;
    const low = await this.#load('low', share(0.3));
    await this.#tell.churn(many);
    const high = await this.#load('high', share(0.7));
    await this.#tell.churn(some);
    const relist = await this.#relist(share(0.3));
    await this.#tell.churn(0);
    return { serial, capacity, low, high, relist };
  }

  #take(answers) {
    this.answers.push(...answers);
    return answers;
  }

  /** Each connection is opened before anything is measured. */
  async #warmUp() {
    for (let i = 0; i < this.#length.warmUp; i += connections)
      for (const { call } of [this.#gate, this.#floor])
        await Promise.all(Array.from({ length: connections }, () => call(this.#next())));
    await this.#tell.loop('warm-up');
  }

  async #serial() {
    const pairs = [];
    const until = performance.now() + this.#length.pairSeconds * 1000;
    for (let i = 0; i < this.#length.pairs && performance.now() < until; i += 1) {
      const review = this.#next();
      const order = i % 2 === 0 ? [this.#gate, this.#floor] : [this.#floor, this.#gate];
      const [first, second] = [await order[0].call(review), await order[1].call(review)];
      pairs.push(i % 2 === 0 ? [first, second] : [second, first]);
    }
    this.#take(pairs.map(([answer]) => answer));
    return {
      gate: spreadOf(pairs.map(([answer]) => answer.ms)),
      floor: spreadOf(pairs.map(([, answer]) => answer.ms)),
      ratio: ratioOf(pairs.map(([one, other]) => one.ms / other.ms)),
      loop: await this.#tell.loop('serial'),
    };
  }

  async #capacity() {
    const seconds = this.#length.capacitySeconds;
    const perSecond = async (called, time) => {
      const since = performance.now();
      const answers = await closedLoop(called, this.#next, { connections, seconds: time });
      // The last calls of all connections end after the time.
      return { answers, rate: rounded((answers.length * 1000) / (performance.now() - since)) };
    };
    const { answers, rate } = await perSecond(this.#gate, seconds);
    this.#take(answers);
    const loop = await this.#tell.loop('capacity');
    const floor = await perSecond(this.#floor, seconds / 2);
    return { perSecond: rate, floorPerSecond: floor.rate, loop };
  }

  async #load(name, rate) {
    const slices = [];
    for (let i = 0; i < this.#length.slices; i += 1) slices.push(await this.#slice(rate));
    return this.#told(name, rate, slices);
  }

  /** Load until all pods have been listed again, and one slice beyond: what is new then was read by nobody yet. */
  async #relist(rate) {
    const until = performance.now() + this.#length.relistSeconds * 1000;
    await this.#tell.expire();
    const slices = [];
    let listed = false;
    while (!listed && performance.now() < until) {
      listed = await this.#tell.listed();
      slices.push(await this.#slice(rate));
    }
    return this.#told('relist', rate, slices);
  }

  async #slice(rate) {
    const options = { rate, seconds: this.#length.sliceSeconds, random: this.#random };
    const gate = this.#take(await openLoad(this.#gate, this.#next, options));
    return { gate, floor: await openLoad(this.#floor, this.#next, options) };
  }

  async #told(name, rate, slices) {
    const medians = slices.map(({ gate, floor }) => spreadOf(ms(gate)).p50 / spreadOf(ms(floor)).p50);
    return {
      perSecond: rounded(rate),
      gate: spreadOf(slices.flatMap(({ gate }) => ms(gate))),
      floor: spreadOf(slices.flatMap(({ floor }) => ms(floor))),
      ratio: ratioOf(medians.filter(Number.isFinite)),
      loop: await this.#tell.loop(name),
    };
  }
}
