import { describe, expect, test } from '@jest/globals';
import { profiles } from '../../src/model/profile.ts';
import { decodeSettings, defaultSettings, profileOf } from '../../src/review/settings.ts';
import { settingsWith } from '../support/build.ts';

const rules = ['egress-blocks-dns', 'policy-selects-no-pods'];

function problem(text: string): string {
  const read = decodeSettings(text, rules);
  return 'problem' in read ? read.problem : 'no problem';
}

describe('the settings file', () => {
  test.each(['', '{}', '# nothing', 'modes: {}'])('%j is the defaults', (text) => {
    expect(decodeSettings(text, rules)).toEqual({ settings: defaultSettings });
  });

  test('a fresh install rejects nothing', () => {
    expect(defaultSettings.modes).toEqual({
      enforce: 'off',
      warn: 'baseline',
      audit: 'restricted',
      mayLower: [],
    });
  });

  test.each([
    ['mods: {}', 'unknown key "mods"; did you mean "modes"?'],
    ['modes: {enforc: baseline}', 'unknown key "modes.enforc"; did you mean "enforce"?'],
    ['xyzzy: 1', 'unknown key "xyzzy"'],
    [
      'rules: {egress-block-dns: warn}',
      'there is no rule "egress-block-dns"; did you mean "egress-blocks-dns"?',
    ],
    ['waiversAllowed: [{rules: [nope], namespaces: []}]', 'there is no rule "nope"'],
    [
      'platform: {profile: calcio}',
      'platform.profile: there is no profile "calcio", only detect, unknown, generic, calico, canal, antrea, ovn-kubernetes, kube-network-policies, kindnet, kube-router, cilium, aws-vpc-cni, aws-vpc-cni-ipv6, weave, romana, flannel',
    ],
    ['platform: {portsPerBlock: 0}', 'platform.portsPerBlock: must be a whole number from 1, or unknown'],
    [
      'waivers: [{rule: egress-blocks-dns, namespace: shop, name: p, reason: x, until: 2026-02-30}]',
      'waivers.0.until: is no day like 2026-12-31',
    ],
    [
      'waivers: [{rule: egress-blocks-dns, namespace: shop, name: p, reason: x, until: soon}]',
      'waivers.0.until: is no day like 2026-12-31',
    ],
  ])('%s: %s', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });

  test.each([
    'modes: {enforce: high}',
    'modes: [',
    '- a',
    '"text"',
    'rules: {egress-blocks-dns: error}',
    'a: 1\na: 2',
  ])('%j is refused in one line', (text) => {
    expect(problem(text)).not.toBe('no problem');
    expect(problem(text).split('\n').length).toBe(1);
  });

  test('a file above one megabyte is not parsed', () => {
    expect(problem('#'.repeat(1_000_001))).toBe('the file is larger than 1 MB');
  });

  test('single answers of the platform go before its profile', () => {
    const { platform } = settingsWith({ platform: { profile: 'calico', strayDirections: 'enforce' } });
    const calico = profiles.get('calico');
    expect(profileOf({ ...defaultSettings, platform })).toEqual({ ...calico, strayDirections: 'enforce' });
    expect(calico?.strayDirections).toBe('ignore');
    const limited = settingsWith({ platform: { profile: 'aws-vpc-cni', portsPerBlock: 64 } });
    expect(profileOf(limited)).toEqual({ ...profiles.get('aws-vpc-cni'), portsPerBlock: 64 });
  });
});
