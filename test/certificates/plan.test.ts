import { describe, expect, test } from '@jest/globals';
import type { Authority, UsableChain } from '../../src/certificates/chain.ts';
import { backdatedMs } from '../../src/certificates/issue.ts';
import { bundleOf, nextStep, renewAt, type Standing, standardTimes } from '../../src/certificates/plan.ts';

const day = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const at = (days: number) => new Date(start + days * day);

function authority(pem: string, days: number): Authority {
  const from = at(days).getTime() - backdatedMs;
  return { pem, from, until: at(days).getTime() + standardTimes.authorityLifeMs };
}

/** A chain made so many days after the start. */
function made(pem: string, days: number): UsableChain {
  const until = at(days).getTime() + standardTimes.leafLifeMs;
  return {
    chain: { authority: pem, leaf: `leaf of ${pem}`, key: `key of ${pem}` },
    authority: authority(pem, days),
    leaf: { from: at(days).getTime() - backdatedMs, until },
  };
}

function step(more: Partial<Standing>) {
  const standing: Standing = {
    now: at(1),
    current: made('A', 0),
    next: null,
    previous: [],
    rotateAsked: false,
    published: null,
    trustedMs: 0,
    ...more,
  };
  const published = more.published === undefined ? [bundleOf(standing)] : more.published;
  return nextStep({ ...standing, published }, standardTimes);
}

describe('the next step', () => {
  test('an empty Secret is filled at once, whatever is published', () => {
    expect(step({ current: null, published: ['somebody else'] })).toEqual({ do: 'issue' });
    expect(step({ current: null, published: null })).toEqual({ do: 'issue' });
  });

  test('the bundle is published into every entry, and again when somebody changed one', () => {
    expect(step({ published: ['A', 'A', ''] })).toEqual({ do: 'publish' });
    expect(step({ published: ['A', 'A', 'A'] })).toEqual({ do: 'nothing' });
    expect(step({ published: ['A', 'A+evil'] })).toEqual({ do: 'publish' });
  });

  test('case 80: where there is no configuration nothing is published, and it is not made', () => {
    expect(step({ published: null })).toEqual({ do: 'nothing' });
  });

  test('renewal is due after two thirds of the life', () => {
    const due = renewAt(made('A', 0));
    expect(due.getTime()).toBe(start - backdatedMs + ((standardTimes.leafLifeMs + backdatedMs) * 2) / 3);
    expect(step({ now: new Date(due.getTime() - 1) })).toEqual({ do: 'nothing' });
    expect(step({ now: due })).toEqual({ do: 'prepare' });
  });

  test('an authority that ends sooner than its leaf is what counts', () => {
    const odd = made('A', 0);
    const short = { ...odd, authority: { ...odd.authority, until: at(30).getTime() } };
    expect(renewAt(short).getTime()).toBe(
      odd.authority.from + ((at(30).getTime() - odd.authority.from) * 2) / 3,
    );
  });

  test('the order of a rotation: prepare, publish both, wait, switch, publish, forget after the life', () => {
    const [a, b] = [made('A', 0), made('B', 61)];
    expect(step({ now: at(61) })).toEqual({ do: 'prepare' });
    const both = { now: at(61), next: b };
    expect(step({ ...both, published: ['A'], trustedMs: 999_999 })).toEqual({ do: 'publish' });
    expect(step({ ...both, published: ['AB'], trustedMs: 0 })).toEqual({ do: 'wait' });
    expect(step({ ...both, published: ['AB'], trustedMs: 299_999 })).toEqual({ do: 'wait' });
    expect(step({ ...both, published: ['AB'], trustedMs: 300_000 })).toEqual({ do: 'switch' });
    const after = { current: b, previous: [a.authority] };
    expect(step({ ...after, now: at(61), published: ['AB'] })).toEqual({ do: 'publish' });
    expect(step({ ...after, now: at(61), published: ['BA'] })).toEqual({ do: 'nothing' });
    expect(step({ ...after, now: new Date(at(90).getTime() - 1) })).toEqual({ do: 'nothing' });
    expect(step({ ...after, now: at(90) })).toEqual({ do: 'forget', keep: [] });
  });

  test('each authority is forgotten by its own leaf, oldest first', () => {
    const previous = [authority('A', 0), authority('B', 10), authority('C', 20)];
    expect(step({ current: made('D', 60), previous, now: at(95) })).toEqual({
      do: 'forget',
      keep: previous.slice(1),
    });
  });

  test('a wish begins a rotation; one that comes during a rotation waits for its end', () => {
    expect(step({ rotateAsked: true })).toEqual({ do: 'prepare' });
    expect(step({ rotateAsked: true, next: made('B', 1) })).toEqual({ do: 'wait' });
  });

  test('where nothing can be served any more the prepared chain is used at once, once it is published', () => {
    const lost = { current: null, next: made('B', 61), now: at(200) };
    expect(step({ ...lost, published: ['A'] })).toEqual({ do: 'publish' });
    expect(step({ ...lost, published: ['B'] })).toEqual({ do: 'switch' });
    expect(step({ ...lost, published: null })).toEqual({ do: 'switch' });
  });

  test('case 72: a clock that stood still for months finds a due certificate, one that jumps back finds none', () => {
    expect(step({ now: at(75) })).toEqual({ do: 'prepare' });
    expect(step({ now: at(0) })).toEqual({ do: 'nothing' });
  });

  test('an authority is published once, even when it stands in two places', () => {
    expect(
      bundleOf({ current: made('A', 0), next: null, previous: [authority('A', 0), authority('Z', -9)] }),
    ).toBe('AZ');
  });
});
