import { describe, expect, test } from '@jest/globals';
import { colours, kubectlText, type Outcome, paintFor, plain } from '../../src/report/terminal.ts';

const admitted: Outcome = {
  operation: 'CREATE',
  file: 'web.yaml',
  namespace: 'shop',
  name: 'web',
  warnings: [],
  rejection: null,
};
const rejection = '[some-rule] what happens\nref 12345678';
const denied = `admission webhook "validate.netsluice.dev" denied the request: ${rejection}`;

describe('what kubectl prints', () => {
  test.each<[string, Partial<Outcome>, string]>([
    ['a silent creation', {}, 'networkpolicy.networking.k8s.io/web created'],
    [
      'a creation with warnings',
      { warnings: ['one', 'two'] },
      'Warning: one\nWarning: two\nnetworkpolicy.networking.k8s.io/web created',
    ],
    ['an update', { operation: 'UPDATE' }, 'networkpolicy.networking.k8s.io/web configured'],
    [
      'a deletion',
      { operation: 'DELETE' },
      'networkpolicy.networking.k8s.io "web" deleted from shop namespace',
    ],
    [
      'a rejected creation',
      { rejection },
      `Error from server (Forbidden): error when creating "web.yaml": ${denied}`,
    ],
    [
      'a rejected update, without the patch',
      { operation: 'UPDATE', rejection },
      `Error from server (Forbidden): error when patching "web.yaml": ${denied}`,
    ],
    ['a rejected deletion', { operation: 'DELETE', rejection }, `Error from server (Forbidden): ${denied}`],
  ])('%s', (_name, part, expected) => {
    expect(kubectlText({ ...admitted, ...part }, plain)).toBe(expected);
  });

  test('colours end on every line', () => {
    const painted = kubectlText({ ...admitted, rejection: 'a\nb' }, colours).split('\n');
    expect(painted.map((line) => [line.slice(0, 5), line.slice(-4)])).toEqual([
      ['\u001b[31m', '\u001b[0m'],
      ['\u001b[31m', '\u001b[0m'],
    ]);
  });

  test('only a terminal that has colours gets them', () => {
    expect([{}, { hasColors: () => false }, { hasColors: () => true }].map(paintFor)).toEqual([
      plain,
      plain,
      colours,
    ]);
  });
});
