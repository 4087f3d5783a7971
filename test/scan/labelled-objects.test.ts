import { expect, test } from '@jest/globals';
import type { ApiClient, ApiQuery } from '../../src/cluster/api-client.ts';
import { labelledObjects } from '../../src/scan/labelled-objects.ts';

function clientOf(pages: readonly { readonly status?: number; readonly body: object }[]) {
  const asked: ApiQuery[] = [];
  const client: ApiClient = {
    get: async (_path, query) => {
      const { status = 200, body } = pages[asked.push(query) - 1] ?? { status: 500, body: {} };
      async function* chunks(): AsyncGenerator<Buffer> {
        yield Buffer.from(JSON.stringify(body));
      }
      return { status, headers: new Map(), body: chunks() };
    },
    write: async () => {
      throw new Error('nothing is written');
    },
  };
  return { asked, client };
}

test('all pages are read', async () => {
  const { asked, client } = clientOf([
    { body: { metadata: { continue: 'next' }, items: [1, 2] } },
    { body: { metadata: {}, items: [3] } },
  ]);
  expect(await labelledObjects(client, 1000)('/apis/x/v1/reports', 'a=b')).toEqual([1, 2, 3]);
  expect(asked).toEqual([
    { labelSelector: 'a=b', limit: '250' },
    { labelSelector: 'a=b', limit: '250', continue: 'next' },
  ]);
});

test('a refusal is an error', async () => {
  const { client } = clientOf([{ status: 403, body: { message: 'no' } }]);
  await expect(labelledObjects(client, 1000)('/apis/x/v1/reports', 'a=b')).rejects.toThrow(
    'listing /apis/x/v1/reports: the API server answers 403 (no)',
  );
});
