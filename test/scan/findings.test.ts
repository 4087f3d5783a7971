import { describe, expect, test } from '@jest/globals';
import { compileNetworkPolicy } from '../../src/dialects/network-policy.ts';
import { decodeNetworkPolicy } from '../../src/model/decode/network-policy.ts';
import type { Finding, Severity } from '../../src/model/finding.ts';
import { genericProfile } from '../../src/model/profile.ts';
import { Findings } from '../../src/scan/findings.ts';
import { denyEgress } from '../review/shop.ts';
import { policy } from '../support/build.ts';

const source = compileNetworkPolicy(decodeNetworkPolicy(policy('shop/deny', denyEgress)), genericProfile);

const finding = (key: string): Finding => ({
  rule: 'test-rule',
  number: 'R01',
  object: source.ref,
  key,
  severity: { baseline: 'warning', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  at: 'spec',
  happens: ['it happens'],
  advice: ['mend it'],
  affected: ['shop/a', 'shop/b'],
  invented: false,
  related: [{ object: source.ref, at: '', says: 'this one' }],
  fix: [{ op: 'remove', at: 'spec' }],
  admission: 'told',
});

describe('what is kept of a finding that stands', () => {
  const keptOf = (severity: Severity) => {
    const findings = new Findings();
    const scanned = { finding: finding(severity), severity, rejects: false, waived: false };
    findings.put('shop', [{ policy: source, findings: [scanned], unknown: new Set() }], 0, 'first');
    return [...findings.speaking(0)].map((found) => found.finding);
  };
  const known = { rule: 'test-rule', number: 'R01', object: source.ref, confidence: 'certain', at: 'spec' };

  test.each(['error', 'warning'] as const)('of %s: its words and the number of pods', (severity) => {
    const told = { ...known, key: severity, happens: ['it happens'], advice: ['mend it'], pods: 2 };
    expect(keptOf(severity)).toEqual([told]);
  });

  test('of info: no words', () => {
    expect(keptOf('info')).toEqual([{ ...known, key: 'info', happens: [], advice: [], pods: 2 }]);
  });
});
