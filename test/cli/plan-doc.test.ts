import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { spawned } from './program.ts';

const page = readFileSync('docs/plan.md', 'utf8');
const shown = [...page.matchAll(/```console\n\$ netsluice ([^\n]+)\n(.*?)```/gs)].map(
  ([, command = '', output = '']) => ({ command, output }),
);

test('the page shows a plan', () => {
  expect(shown.map(({ command }) => command.split(' ')[0])).toEqual(['plan']);
});

test.each(shown)('the page is right about netsluice $command', async ({ command, output }) => {
  expect(await spawned(command.split(' '))).toEqual({ code: 0, err: '', out: output });
});

test('its links lead somewhere', () => {
  const files = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, file = '']) => file);
  expect(files.filter((file) => !existsSync(`docs/${file}`))).toEqual([]);
});
