import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { sarifProblems, schemaProblems } from './schema.ts';

const names = readdirSync('docs/schemas').map((file) => file.replace(/\.json$/, ''));

test.each(names)('docs/schemas/%s.json is a schema, and no list is as it says', (name) => {
  expect(schemaProblems(name, [])).toEqual(['/ must be object {"type":"object"}']);
});

test('what a schema does not describe is a problem', () => {
  expect(schemaProblems('settings', { detail: 'all', modes: { enforced: 'off' } })).toEqual([
    '/modes must NOT have additional properties {"additionalProperty":"enforced"}',
    '/detail must be equal to one of the allowed values {"allowedValues":["own","counts","names"]}',
  ]);
});

test('the OASIS schema is the one that is asked', () => {
  const document = { version: '2.1.0', runs: [{ tool: { driver: {} }, result: [] }] };
  expect(sarifProblems(document)).toEqual([
    '/runs/0 must NOT have additional properties {"additionalProperty":"result"}',
    '/runs/0/tool/driver must have required property \'name\' {"missingProperty":"name"}',
  ]);
});
