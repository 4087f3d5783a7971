import { expect, test } from '@jest/globals';
import { makeLog } from '../../src/webhook/decision-log.ts';
import { makeDrain } from '../../src/webhook/drain.ts';

/** A clock whose timers run when the test moves it. */
function handClock() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const clock = {
    monotonic: () => now,
    wall: () => new Date(0),
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    every: () => () => undefined,
  };
  const moveTo = (end: number): void => {
    for (;;) {
      const [next] = timers.filter((each) => each.at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers = timers.filter((each) => each !== next);
      now = next.at;
      next.run();
    }
    now = end;
  };
  return { clock, moveTo };
}

function drainWith(close: () => Promise<void>) {
  const { clock, moveTo } = handClock();
  const exits: number[] = [];
  const said: string[] = [];
  let closed = 0;
  const drain = makeDrain({
    clock,
    log: makeLog('info', { write: (line) => void said.push(JSON.parse(line).msg) }),
    times: { minMs: 10_000, maxMs: 25_000, quietMs: 2000, finishMs: 10_000 },
    close: () => {
      closed++;
      return close();
    },
    exit: (code) => exits.push(code),
  });
  return { drain, moveTo, exits, said, closed: () => closed };
}

test('without requests it closes after the least time', async () => {
  const { drain, moveTo, exits, closed } = drainWith(async () => undefined);
  expect(drain.draining()).toBe(false);
  drain.signal();
  moveTo(9900);
  expect([drain.draining(), closed()]).toEqual([true, 0]);
  moveTo(10_000);
  expect(closed()).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(exits).toEqual([0]);
});

test('it waits for two quiet seconds', () => {
  const { drain, moveTo, closed } = drainWith(async () => undefined);
  drain.signal();
  moveTo(9500);
  drain.onRequest();
  moveTo(11_400);
  expect(closed()).toBe(0);
  moveTo(11_500);
  expect(closed()).toBe(1);
});

test('it closes after the longest time although requests keep coming', () => {
  const { drain, moveTo, closed } = drainWith(async () => undefined);
  drain.signal();
  for (let at = 1000; at < 25_000; at += 1000) {
    moveTo(at);
    drain.onRequest();
  }
  expect(closed()).toBe(0);
  moveTo(25_000);
  expect(closed()).toBe(1);
});

test('answers that never end do not keep the process', () => {
  const { drain, moveTo, exits, said } = drainWith(() => new Promise(() => undefined));
  drain.onRequest();
  drain.signal();
  moveTo(19_900);
  expect(exits).toEqual([]);
  moveTo(20_000);
  expect(exits).toEqual([0]);
  expect(said).toEqual(['draining', 'answers in progress took too long; their connections are cut']);
});

test('a connection that never brought a request is waited for, and then nothing was lost', () => {
  const { drain, moveTo, exits, said } = drainWith(() => new Promise(() => undefined));
  drain.onRequest();
  drain.onAnswered();
  drain.signal();
  moveTo(19_900);
  expect(exits).toEqual([]);
  moveTo(20_000);
  expect([exits, said]).toEqual([[0], ['draining', 'drained']]);
});
