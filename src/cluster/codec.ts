/**
 * Bytes of the API server → parsed objects. The seam for protobuf: another implementation asks for
 * `application/vnd.kubernetes.protobuf` in `accept`, skips the fields that nobody reads, and yields objects of the
 * same shape. Both readers throw a StreamError where the bytes are not what the API promises, and pass on what the
 * body throws.
 */
export interface Codec {
  readonly listAccept: string;
  readonly watchAccept: string;
  readList(body: AsyncIterable<Buffer>): AsyncIterable<ListPart>;
  readWatch(body: AsyncIterable<Buffer>): AsyncIterable<WatchEvent>;
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
