import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { authoritiesIn, blocksOf, type Chain, judgeChain } from '../../src/certificates/chain.ts';
import { issueChain } from '../../src/certificates/issue.ts';
import { serviceNames } from '../../src/certificates/keeper.ts';
import { standardTimes } from '../../src/certificates/plan.ts';

const now = new Date('2026-03-01T12:00:00Z');
const names = serviceNames('netsluice', 'netsluice-system');
const days = 86_400_000;
const { authorityLifeMs, leafLifeMs } = standardTimes;

const issue = (more: object = {}) => issueChain({ names, now, authorityLifeMs, leafLifeMs, ...more });

let chain: Chain;
let other: Chain;

beforeAll(async () => {
  [chain, other] = await Promise.all([issue(), issue()]);
});

describe('a chain', () => {
  test('says what it is: P-256, two years over ninety days, from an hour ago, for the four names of the Service', () => {
    const [authority, leaf] = [new X509Certificate(chain.authority), new X509Certificate(chain.leaf)];
    expect(leaf.subjectAltName).toBe(
      'DNS:netsluice, DNS:netsluice.netsluice-system, DNS:netsluice.netsluice-system.svc, ' +
        'DNS:netsluice.netsluice-system.svc.cluster.local',
    );
    expect([authority, leaf].map(({ validFrom }) => new Date(validFrom).toISOString())).toEqual(
      Array(2).fill('2026-03-01T11:00:00.000Z'),
    );
    expect(new Date(authority.validTo).toISOString()).toBe('2028-02-29T12:00:00.000Z');
    expect(new Date(leaf.validTo).toISOString()).toBe('2026-05-30T12:00:00.000Z');
    expect([authority, leaf].map(({ publicKey }) => publicKey.asymmetricKeyDetails)).toEqual(
      Array(2).fill({ namedCurve: 'prime256v1' }),
    );
    expect([authority.ca, leaf.ca, leaf.keyUsage]).toEqual([true, false, ['1.3.6.1.5.5.7.3.1']]);
    expect(leaf.serialNumber).toMatch(/^[0-7][0-9A-F]{31}$/);
    expect(new Set([chain, other].map((each) => new X509Certificate(each.leaf).serialNumber)).size).toBe(2);
    expect(new X509Certificate(other.authority).subject).not.toBe(authority.subject);
  });

  test('is usable for its names while it is valid', () => {
    expect(judgeChain(chain, names, now)).toMatchObject({
      chain,
      authority: { pem: chain.authority, until: now.getTime() + 730 * days },
      leaf: { from: now.getTime() - 3_600_000, until: now.getTime() + 90 * days },
    });
  });

  test.each<[string, () => Chain, readonly string[], Date, string]>([
    [
      'a foreign key',
      () => ({ ...chain, key: other.key }),
      names,
      now,
      'The key does not belong to the certificate.',
    ],
    [
      'a foreign authority',
      () => ({ ...chain, authority: other.authority }),
      names,
      now,
      'The certificate was not signed by the authority beside it.',
    ],
    [
      'a leaf as authority',
      () => ({ ...chain, authority: chain.leaf }),
      names,
      now,
      'Its authority may not sign certificates.',
    ],
    [
      'case 72: a clock that jumped ahead',
      () => chain,
      names,
      new Date('2026-05-30T12:00:00Z'),
      'The certificate ended at 2026-05-30T12:00:00.000Z.',
    ],
    [
      'case 72: a clock that jumped back by more than an hour',
      () => chain,
      names,
      new Date('2026-03-01T10:59:59Z'),
      'The authority begins only at 2026-03-01T11:00:00.000Z.',
    ],
    [
      'another Service',
      () => chain,
      serviceNames('guard', 'netsluice-system'),
      now,
      'The certificate does not name guard.',
    ],
    [
      'another namespace',
      () => chain,
      serviceNames('netsluice', 'other'),
      now,
      'The certificate does not name netsluice.other.',
    ],
  ])('is not used with %s', (_what, make, wanted, when, problem) => {
    expect(judgeChain(make(), wanted, when)).toEqual({ problem });
  });

  test('case 72: clocks that differ by ten minutes still agree', () => {
    for (const minutes of [-10, 10])
      expect(judgeChain(chain, names, new Date(now.getTime() + minutes * 60_000))).toHaveProperty('chain');
  });

  test.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'half a file (%j) is not readable',
    (leaf) => {
      expect(judgeChain({ ...chain, leaf }, names, now)).toMatchObject({
        problem: expect.stringMatching(/^It is not readable: /),
      });
    },
  );

  test('of an authority with something behind it only the authority is taken', () => {
    const judged = judgeChain(
      { ...chain, authority: `# note\n${chain.authority}${other.authority}` },
      names,
      now,
    );
    expect(judged).toMatchObject({ authority: { pem: chain.authority } });
  });
});

test('authorities of a text: order kept, leaves and nonsense left out', () => {
  const text = `x\n${other.authority}\n-----END CERTIFICATE-----${chain.leaf}${chain.authority}-----BEGIN CERTIFICATE-----\nzz\n-----END CERTIFICATE-----`;
  expect(authoritiesIn(text).map(({ pem }) => pem)).toEqual([other.authority, chain.authority]);
  expect(blocksOf('')).toEqual([]);
});
