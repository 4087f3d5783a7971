/**
 * What is read of each chunk of a body, one by one and only as it is asked for. A generator would do the same, at three
 * turns of the queue for each item; most items are there already and need one. Ends the body when it is given up, and when
 * reading throws.
 */
export function unroll<T>(
  body: AsyncIterable<Buffer>,
  read: (chunk: Buffer) => Iterator<T>,
): AsyncIterableIterator<T> {
  const chunks = body[Symbol.asyncIterator]();
  let items: Iterator<T> | null = null;
  const over = async (): Promise<IteratorResult<T>> => {
    items = null;
    await chunks.return?.();
    return { done: true, value: undefined };
  };
  const failed = async (error: unknown): Promise<never> => {
    await over();
    throw error;
  };
  const nextChunk = async (): Promise<IteratorResult<T>> => {
    for (;;) {
      const chunk = await chunks.next();
      if (chunk.done === true) return { done: true, value: undefined };
      try {
        items = read(chunk.value);
        const item = items.next();
        if (item.done !== true) return item;
      } catch (error) {
        return failed(error);
      }
    }
  };
  const unrolled: AsyncIterableIterator<T> = {
    next: () => {
      try {
        const item = items?.next();
        return item === undefined || item.done === true ? nextChunk() : Promise.resolve(item);
      } catch (error) {
        return failed(error);
      }
    },
    return: over,
    [Symbol.asyncIterator]: () => unrolled,
  };
  return unrolled;
}
