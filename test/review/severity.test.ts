import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/model/finding.ts';
import type { Review } from '../../src/model/review.ts';
import { review } from '../../src/review/review.ts';
import { severityAt } from '../../src/review/severity.ts';
import { always, type PolicyRule } from '../../src/rules/rule.ts';
import {
  type ContextMore,
  contextOf,
  foreign,
  type Json,
  namespace,
  policy,
  request,
  settingsWith,
  worldWith,
} from '../support/build.ts';
import { policyRule } from '../support/injected-rules.ts';
import { denyIngress, shop } from './shop.ts';

const enforce = { modes: { enforce: 'baseline' } } as const;
const line = '[test-rule] it is bad; mend it';

function asked(rule: PolicyRule, context: ContextMore = {}, more: readonly Json[] = []): Review {
  return review(
    request({ after: policy('shop/p', denyIngress) }),
    contextOf(shop({}, more), { rules: [rule], settings: enforce, ...context }),
  );
}

describe('what may be an error at admission', () => {
  test.each([
    ['certain', 'none', 'rejected'],
    ['certain', 'policy', 'admitted'],
    ['certain', 'workload', 'admitted'],
    ['likely', 'none', 'admitted'],
    ['heuristic', 'none', 'admitted'],
  ] as const)('%s and cured by %s: %s', (confidence, cure, decision) => {
    const answer = asked(policyRule({ confidence, cure }));
    expect(answer.decision).toBe(decision);
    if (decision === 'admitted') expect(answer.warnings).toEqual([line, 'ref 3f9c1a2b']);
  });

  test.each(['R17', 'R18'])('%s, because its harm is immediate', (number) => {
    expect(asked(policyRule({ number, cure: 'policy' })).decision).toBe('rejected');
    expect(asked(policyRule({ number, cure: 'policy', confidence: 'likely' })).decision).toBe('admitted');
  });

  test('what a draft says of itself goes before what its rule says', () => {
    const finds = () => [{ severity: always('info'), confidence: 'heuristic', cure: 'policy' } as const];
    const { decision, warnings, findings } = asked(policyRule({ finds }));
    expect([decision, warnings]).toEqual(['admitted', []]);
    expect(findings.map(({ confidence, cure }) => [confidence, cure])).toEqual([['heuristic', 'policy']]);
  });
});

describe('the settings’ override', () => {
  test.each([
    ['off', 'admitted', []],
    ['info', 'admitted', []],
    ['warn', 'admitted', [line, 'ref 3f9c1a2b']],
  ] as const)('%s of an error', (override, decision, warnings) => {
    const answer = asked(policyRule(), { settings: { ...enforce, rules: { 'test-rule': override } } });
    expect([answer.decision, answer.warnings]).toEqual([decision, warnings]);
  });

  test('reject goes before level and cure', () => {
    const rule = policyRule({ severity: always('info'), cure: 'workload', confidence: 'heuristic' });
    const { decision, message } = asked(rule, { settings: { ...enforce, rules: { 'test-rule': 'reject' } } });
    expect([decision, message]).toEqual(['rejected', `${line}\nref 3f9c1a2b`]);
  });

  test('off is off in the audit annotations too, and the finding is still found', () => {
    const { annotations, findings } = asked(policyRule(), {
      settings: { ...enforce, rules: { 'test-rule': 'off' } },
    });
    expect([annotations.has('findings'), findings.length]).toEqual([false, 1]);
  });

  test.each(['constructor', 'toString', '__proto__'])('a rule called %s has no override', (id) => {
    expect(asked(policyRule({ id })).decision).toBe('rejected');
  });
});

describe('doubt about the data keeps anything from rejecting', () => {
  const stale = [{ kind: 'Pod', ageSeconds: 200 }] as const;

  test('stale kinds that the rule needs: a warning that says the age', () => {
    const { decision, warnings } = asked(policyRule({ needs: ['Pod'] }), { freshness: { stale } });
    expect([decision, warnings]).toEqual(['admitted', [`${line} (data 4 min old)`, 'ref 3f9c1a2b']]);
  });

  test.each([[['Namespace' as const]], [[]]])(
    'stale kinds that it does not need (%j) change nothing',
    (needs) => {
      const { decision, message, annotations } = asked(policyRule({ needs }), { freshness: { stale } });
      expect([decision, message]).toEqual(['rejected', `${line}\nref 3f9c1a2b`]);
      expect(annotations.get('cache-age-seconds')).toBe('Pod=200');
    },
  );

  test('stale data reject not even by the settings', () => {
    const settings = { ...enforce, rules: { 'test-rule': 'reject' } } as const;
    expect(asked(policyRule({ needs: ['Pod'] }), { settings, freshness: { stale } }).decision).toBe(
      'admitted',
    );
  });

  test('kinds that do not exist or may not be read: info', () => {
    const freshness = { absent: ['Ingress'] } as const;
    const { decision, warnings, annotations } = asked(policyRule({ needs: ['Pod', 'Ingress'] }), {
      freshness,
    });
    expect([decision, warnings, annotations.get('rules')]).toEqual(['admitted', [], 'test-rule']);
    expect(asked(policyRule({ needs: ['Pod'] }), { freshness }).decision).toBe('rejected');
  });

  test('policies of another API: what rests on verdicts warns and says so at its end, the text alone rejects', () => {
    const calico = [foreign('projectcalico.org/v3', 'NetworkPolicy', 'shop/x')];
    const { decision, warnings } = asked(policyRule({ restsOnVerdicts: true }), {}, calico);
    expect([decision, warnings]).toEqual([
      'admitted',
      [`${line} (Calico policies not analysed)`, 'ref 3f9c1a2b'],
    ]);
    expect(asked(policyRule(), {}, calico).message).toBe(`${line}\nref 3f9c1a2b`);
  });

  test('policies of another API in another namespace concern nobody here', () => {
    const calico = [foreign('projectcalico.org/v3', 'NetworkPolicy', 'data/x')];
    expect(asked(policyRule({ restsOnVerdicts: true }), {}, calico).decision).toBe('rejected');
  });

  test('a stored policy that cannot be read counts as one that is not analysed', () => {
    const odd = policy('shop/odd', '{policyTypes: [Sideways]}');
    const { decision, warnings } = asked(policyRule({ restsOnVerdicts: true }), {}, [odd]);
    expect([decision, warnings[0]]).toEqual(['admitted', `${line} (a stored policy cannot be read)`]);
  });

  test('a namespace that was not seen yet', () => {
    const world = worldWith([namespace('data')]);
    const after = policy('shop/p', denyIngress);
    const { decision, warnings } = review(
      request({ after }),
      contextOf(world, { rules: [policyRule()], settings: enforce }),
    );
    expect(decision).toBe('admitted');
    expect(warnings).toEqual([
      line,
      '[not-analysed] namespace shop was not seen yet; its pods are unknown',
      'ref 3f9c1a2b',
    ]);
  });
});

describe('a policy that selects nothing', () => {
  const rule = policyRule({
    finds: ({ invented, policy: judged, world }) => {
      const labels: string[] = [];
      world.subjects(judged).forEach((id) => {
        labels.push(JSON.stringify([...(world.unit(id)?.labels ?? [])]));
      });
      return [{ happens: [`invented ${invented}: ${labels.join(' ')}`] }];
    },
  });

  function told(podSelector: string): Review {
    const after = policy('shop/p', `{podSelector: ${podSelector}}`);
    return review(request({ after }), contextOf(shop(), { rules: [rule], settings: enforce }));
  }

  test('is judged on one pod with exactly the labels it asks for, and warns at most', () => {
    const { decision, warnings } = told('{matchLabels: {app: cart, tier: front}}');
    expect([decision, warnings[0]]).toEqual([
      'admitted',
      '[test-rule] invented true: [["app","cart"],["tier","front"]]; mend it',
    ]);
  });

  test.each([
    [
      '{matchExpressions: [{key: app, operator: In, values: [x, y]}, {key: app, operator: NotIn, values: [x]}]}',
      '[["app","y"]]',
    ],
    [
      '{matchExpressions: [{key: mark, operator: Exists}, {key: app, operator: DoesNotExist}]}',
      '[["mark",""]]',
    ],
  ])('finds labels for %s', (selector, labels) => {
    expect(told(selector).warnings[0]).toBe(`[test-rule] invented true: ${labels}; mend it`);
  });

  test('a selector that nothing can satisfy has no pod to be judged on', () => {
    const impossible = '{matchLabels: {app: a}, matchExpressions: [{key: app, operator: DoesNotExist}]}';
    expect(told(impossible).message).toBe('[test-rule] invented false: ; mend it\nref 3f9c1a2b');
  });
});

describe('one finding at one level', () => {
  const finding: Finding = {
    rule: 'test-rule',
    number: 'R99',
    object: { kind: 'NetworkPolicy', namespace: 'shop', name: 'p' },
    key: '',
    severity: { baseline: 'warning', restricted: 'error' },
    confidence: 'certain',
    cure: 'none',
    needs: [],
    restsOnVerdicts: false,
    at: 'spec',
    happens: [],
    advice: [],
    affected: [],
    invented: false,
    related: [],
    fix: [],
    admission: 'told',
  };
  const sure = { freshness: { stale: [], absent: [] }, foreign: false, incomplete: false };

  test('has the severity of the level', () => {
    expect(severityAt(finding, 'baseline', settingsWith(), sure)).toBe('warning');
    expect(severityAt(finding, 'restricted', settingsWith(), sure)).toBe('error');
  });

  test('is never an error on an invented pod', () => {
    expect(severityAt({ ...finding, invented: true }, 'restricted', settingsWith(), sure)).toBe('warning');
  });
});
