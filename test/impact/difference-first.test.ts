import { expect, test } from '@jest/globals';
import { compareChanges } from '../support/difference-check.ts';

/**
 * The first half of the random changes on which the engine and the reference evaluator must agree; two files, so that
 * they run side by side. NETSLUICE_CHANGES asks for more, NETSLUICE_SEED for other ones.
 */
const changes = Number(process.env['NETSLUICE_CHANGES'] ?? 20_000) / 2;
const firstSeed = Number(process.env['NETSLUICE_SEED'] ?? 1);

test(`${changes} random changes, lists of edits among them, have exactly the difference that the reference finds`, () => {
  const { changed, lists } = compareChanges(changes, firstSeed);
  // A run in which hardly anything changes would prove nothing.
  expect(changed).toBeGreaterThan(changes / 3);
  expect(lists).toBeGreaterThan(changes / 5);
}, 3_600_000);
