import { type ApiClient, expectOk, readBody } from '../cluster/api-client.ts';
import { get, list, text } from '../model/decode/lenient.ts';

/** A page of reports, each of at most 50 results, stays far below. */
const pageBytesMax = 16 * 1024 * 1024;
const pageItems = 250;

/** Lists the objects of a collection that have a label, page by page. @param timeoutMs of each page. */
export function labelledObjects(
  client: ApiClient,
  timeoutMs: number,
): (collection: string, labelSelector: string) => Promise<readonly unknown[]> {
  return async (collection, labelSelector) => {
    const items: unknown[] = [];
    let next = '';
    do {
      const query = { labelSelector, limit: String(pageItems), ...(next === '' ? {} : { continue: next }) };
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await client.get(collection, query, { signal, accept: 'application/json' });
      await expectOk(response, `listing ${collection}`);
      const page: unknown = JSON.parse((await readBody(response.body, pageBytesMax)).toString('utf8'));
      items.push(...list(get(page, 'items')));
      next = text(get(page, 'metadata', 'continue')) ?? '';
    } while (next !== '');
    return items;
  };
}
