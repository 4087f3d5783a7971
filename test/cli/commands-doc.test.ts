import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { spawned } from './program.ts';

const page = readFileSync('docs/commands.md', 'utf8');
const shown = [...page.matchAll(/```console\n\$ netsluice ([^\n]+)\n(.*?)```/gs)].map(
  ([, command = '', output = '']) => ({ command, output }),
);

test('the page shows each command', () => {
  expect(shown.map(({ command }) => command.split(' ')[0])).toEqual([
    'connections',
    'trace',
    'trace',
    'policies-for',
    'pods-for',
    'explain',
    'generate',
    'plan',
  ]);
});

test.each(shown)('the page is right about netsluice $command', async ({ command, output }) => {
  expect(await spawned(command.split(' '))).toEqual({ code: 0, err: '', out: output });
});
