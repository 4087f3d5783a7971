import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/webhook/clock.ts';
import { makeLog } from '../../src/webhook/decision-log.ts';
import { type Decoded, loadSettings, watchSettings } from '../../src/webhook/settings-file.ts';
import { newDirectory, until } from './harness.ts';

const decode = (text: string): Decoded<string> =>
  text.startsWith('good') ? { settings: text } : { problem: 'line 1: unknown key "modez"' };

test('an invalid settings file keeps the last good one and shows; a good one takes its place', async () => {
  const path = join(newDirectory(), 'settings.yaml');
  const valid: number[] = [];
  writeFileSync(path, 'good 1');
  const watch = watchSettings(path, 'good 1', {
    decode,
    clock: systemClock(),
    log: makeLog('silent'),
    metrics: { settingsValid: (value) => valid.push(value) },
  });
  expect([watch.current(), watch.problem(), valid]).toEqual(['good 1', null, [1]]);
  writeFileSync(path, 'modez: {}');
  await until(() => watch.problem() !== null);
  expect([watch.current(), watch.problem()]).toEqual([
    'good 1',
    `The settings file ${path} is not valid: line 1: unknown key "modez". Correct it there.`,
  ]);
  writeFileSync(`${path}.new`, 'good 2');
  renameSync(`${path}.new`, path);
  await until(() => watch.problem() === null);
  expect([watch.current(), valid]).toEqual(['good 2', [1, 0, 1]]);
  watch.stop();
}, 60_000);

test('a settings file that is not there is named', () => {
  expect(loadSettings('/nowhere/settings.yaml', decode)).toEqual({
    problem:
      'The settings file /nowhere/settings.yaml cannot be read: there is no such file. Correct --settings.',
  });
});
