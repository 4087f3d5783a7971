import { expect, test } from '@jest/globals';
import { admitted, reviewOf, startStub } from './harness.ts';

const excused = {
  ...admitted,
  record: {
    ...admitted.record,
    excused: [
      { by: 'break-glass' as const, detail: 'on-call' },
      { by: 'waiver' as const, detail: 'ipblock-any-address' },
    ],
  },
};

test('break-glass and waivers stand in the decision line, which is a warning then, and are counted', async () => {
  const stub = await startStub({ review: () => excused });
  await stub.post(reviewOf('glass'));
  await stub.post(reviewOf('dry', { dryRun: true }));
  const [line] = stub.lines();
  expect(line).toMatchObject({
    level: 40,
    ref: 'glass',
    user: 'ana',
    excused: ['break-glass on-call', 'waiver ipblock-any-address'],
  });
  const counts = ['break-glass', 'waiver', 'exemption'].map((by) =>
    stub.count(`netsluice_excused_total{by="${by}"}`),
  );
  expect(await Promise.all(counts)).toEqual([1, 1, 0]);
  await stub.close();
});
