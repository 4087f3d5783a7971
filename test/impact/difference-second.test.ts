import { expect, test } from '@jest/globals';
import { counted, soak } from '../support/soak-run.ts';

/**
 * The second half of the random changes on which the engine and the reference evaluator must agree; two files, so that
 * they run side by side. NETSLUICE_CHANGES asks for more, NETSLUICE_SEED for other ones; docs/soak.md says what is compared.
 */
const changes = Number(process.env['NETSLUICE_CHANGES'] ?? 20_000) / 2;
const firstSeed = Number(process.env['NETSLUICE_SEED'] ?? 1) + 1_000_000;

test(`${changes} random changes, lists of edits among them, have exactly the difference that the reference finds`, () => {
  const run = soak(['--changes', `${changes}`, '--seed', `${firstSeed}`, '--workers', '1']);
  expect([run.stderr.includes('MISMATCH') ? run.stderr : '', run.status]).toEqual(['', 0]);
  expect(run.lines.at(-1)).toMatch(new RegExp(`^soak: ${changes} .*: no mismatch$`));
  // A run in which hardly anything changes would prove nothing.
  expect(counted(run).get('changes nothing')).toBeLessThan((changes * 2) / 3);
  expect(counted(run).get('lists of edits')).toBeGreaterThan(changes / 5);
}, 3_600_000);
