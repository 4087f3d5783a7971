/**
 * Bytes of the API server → parsed objects. What is asked for stands in `accept`; what came says the content type of
 * the answer, because the server may choose. Every reader yields objects of the same shape, throws a StreamError where
 * the bytes are not what the API promises, and passes on what the body throws.
 */
export interface Codec {
  readonly listAccept: string;
  readonly watchAccept: string;
  readList(body: AsyncIterable<Buffer>, contentType: string): AsyncIterable<ListPart>;
  readWatch(body: AsyncIterable<Buffer>, contentType: string): AsyncIterable<WatchEvent>;
}

/** Objects as they arrive; the last part is the page's own metadata. */
export type ListPart =
  | { readonly type: 'objects'; readonly objects: readonly unknown[] }
  | { readonly type: 'end'; readonly resourceVersion: string; readonly continueToken: string | null };

export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`. */
  readonly type: string;
  readonly object: unknown;
}
