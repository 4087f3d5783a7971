import { describe, expect, test } from '@jest/globals';
import { counted, soak } from '../support/soak-run.ts';

describe('npm run soak', () => {
  test('compares so many changes as asked, of every sort', () => {
    const run = soak(['--changes', '103', '--seed', '5000']);
    const { status, lines } = run;
    expect(lines.at(-1)).toMatch(
      /^soak: 103 \(cluster, change\) pairs, \d+ flows compared before and after, seeds 5000 to 5010, \d+ s: no mismatch$/,
    );
    expect(status).toBe(0);
    const counts = counted(run);
    for (const met of ['blocks pods', 'allows pods', 'leaves pods unknown', 'has pods inside a block'])
      expect([met, (counts.get(met) ?? 0) > 0]).toEqual([met, true]);
  });

  test('takes larger clusters where asked', () => {
    const { status, lines } = soak(['--changes', '2', '--world', '40-6-8', '--workers', '1']);
    expect([status, lines.at(-1)?.replace(/\d+ flows|\d+ s/g, 'N')]).toEqual([
      0,
      'soak: 2 (cluster, change) pairs, N compared before and after, seeds 1 to 1, N: no mismatch',
    ]);
  });

  test('finds a planted fault, and says how to see it again', () => {
    const fault = { NETSLUICE_SOAK_FAULT: '4:2' };
    const { status, stderr, lines } = soak(['--changes', '30', '--seed', '2', '--workers', '1'], fault);
    expect(status).toBe(1);
    expect(lines.at(-1)).toMatch(/ seeds 2 to 4, \d+ s: MISMATCHES: 1$/);
    expect(stderr).toContain('MISMATCH at seed 4:\ncounts ');
    expect(stderr).toContain('missing:\nalpha/invented[Pod] -> internet: TCP/80 |  | ');
    const [, again = ''] = /^again: npm run soak -- (.+)$/m.exec(stderr) ?? [];
    expect(again).toBe('--seed 4 --changes 2');
    expect(soak(again.split(' '), fault).status).toBe(1);
    // One change fewer does not show it.
    expect(soak(['--seed', '4', '--changes', '1'], fault).status).toBe(0);
  });

  test('says what is wrong with what it is asked', () => {
    const { status, stderr } = soak(['--world', 'large']);
    expect([status, stderr]).toEqual([
      3,
      'netsluice: --world must be pods-namespaces-policies, for example 40-6-20\n',
    ]);
  });
});
