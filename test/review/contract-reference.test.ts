import { expect, test } from '@jest/globals';
import { unbounded } from '../../src/impact/budget.ts';
import { type Contract, contractsOf, contractsSchema } from '../../src/review/contract.ts';
import { contractFindings } from '../../src/review/contract-findings.ts';
import { judgeContracts } from '../../src/review/contract-state.ts';
import {
  newlyText,
  type RefContract,
  randomContract,
  readContract,
  stateText,
  written,
} from '../support/contract-reference.ts';
import { randomCluster } from '../support/reference/arbitrary.ts';
import { randomChange } from '../support/reference/arbitrary-change.ts';
import { randomFrom } from '../support/reference/random.ts';
import { changeOf, worldFor } from '../support/reference-world.ts';

const clusters = 120;
const contractsEach = 4;

function compiled(contracts: readonly RefContract[]): readonly Contract[] {
  return contractsOf(contractsSchema.parse(contracts.map(written)));
}

test('judges contracts as the reference does, pod by pod and port by port', () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= clusters; seed += 1) {
    const rng = randomFrom(seed);
    const cluster = randomCluster(rng);
    const contracts = rng.many(contractsEach, contractsEach, (i) => randomContract(rng, `c${i}`));
    const states = judgeContracts(worldFor(cluster), compiled(contracts));
    const found = states.map(({ state, broken, unknown }) => `${state} ${broken}/${unknown}`);
    const expected = contracts.map((contract) => stateText(readContract(contract, cluster, [cluster])));
    expect({ seed, contracts, found }).toEqual({ seed, contracts, found: expected });
    for (const { state, unknown, contract } of states)
      for (const key of unknown > 0 ? [state, 'in doubt'] : [state])
        seen.set(`${contract.kind} ${key}`, (seen.get(`${contract.kind} ${key}`) ?? 0) + 1);
  }
  // The run has met every outcome often enough to mean something.
  expect(
    [...seen]
      .filter(([, count]) => count >= 3)
      .map(([key]) => key)
      .sort(),
  ).toEqual([
    'forbid broken',
    'forbid holds',
    'forbid in doubt',
    'forbid unknown',
    'forbid vacuous',
    'require broken',
    'require holds',
    'require in doubt',
    'require unknown',
    'require vacuous',
  ]);
});

test('finds what a change newly breaks as the reference does', () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= clusters; seed += 1) {
    const rng = randomFrom(10_000 + seed);
    const cluster = randomCluster(rng);
    const contracts = rng.many(contractsEach, contractsEach, (i) => randomContract(rng, `c${i}`));
    const { edits, after } = randomChange(rng, cluster);
    const world = worldFor(cluster);
    const asked = { world, laid: changeOf(edits, world.profile), contracts: compiled(contracts) };
    const findings = contractFindings(asked, unbounded());
    const found = contracts.map(({ name }) => {
      const finding = findings.find(({ key }) => key === name);
      return finding === undefined ? 'nothing' : finding.confidence === 'certain' ? 'broken' : 'unknown';
    });
    const both = [cluster, after];
    const expected = contracts.map((contract) =>
      newlyText(readContract(contract, cluster, both), readContract(contract, after, both)),
    );
    expect({ seed, contracts, edits, found }).toEqual({ seed, contracts, edits, found: expected });
    for (const text of found) seen.set(text, (seen.get(text) ?? 0) + 1);
  }
  expect(
    [...seen]
      .filter(([, count]) => count >= 3)
      .map(([key]) => key)
      .sort(),
  ).toEqual(['broken', 'nothing', 'unknown']);
});
