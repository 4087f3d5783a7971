/** Tells how far a long piece of work is; on standard error, and nothing at all of work that takes less than a second. */
export interface Progress {
  /** `what` is a sentence without its numbers, for example `reading manifests`. */
  readonly at: (what: string, done: number, of: number) => void;
}

export const silence: Progress = { at: () => undefined };

const quietMs = 1000;
const everyMs = 2000;

/** Silent for a second, then a line every other one: `reading manifests … 340 of 960`. */
export function progressOf(tell: (line: string) => void, now: () => number): Progress {
  let next = now() + quietMs;
  return {
    at: (what, done, of) => {
      if (now() < next) return;
      next = now() + everyMs;
      tell(`${what} … ${done} of ${of}`);
    },
  };
}

/** Things one after the other, and how far they are. */
export function* watched<Thing>(
  what: string,
  things: readonly Thing[],
  progress: Progress,
): Generator<Thing> {
  for (const [index, thing] of things.entries()) {
    progress.at(what, index, things.length);
    yield thing;
  }
}
