import type { Answers } from '../detected.ts';
import { platformFlags } from '../profile.ts';
import { fail, isRecord } from './value.ts';

/** Reads single answers about a network plugin. Throws a DecodeError for a flag or an answer that does not exist. */
export function decodeAnswers(value: unknown, path: string): Answers {
  if (!isRecord(value)) return fail({ value, path }, 'it must be an object');
  const legal = new Map<string, readonly string[]>(
    Object.entries(platformFlags).map(([flag, { values }]) => [flag, values]),
  );
  for (const [flag, answer] of Object.entries(value)) {
    const values = legal.get(flag) ?? [];
    if (typeof answer !== 'string' || !values.includes(answer))
      fail({ value: answer, path: `${path}.${flag}` }, `it must be ${values.join(', ') || 'left out'}`);
  }
  return value as Answers;
}
