import {
  bool,
  type Field,
  integerOrNone,
  message,
  messages,
  raw,
  recurring,
  recurrings,
  type Table,
  tableOf,
  text,
  textMap,
  textOrNone,
  texts,
  time,
} from './protobuf-message.ts';

// Field numbers are those of the API's published definitions (generated.proto of apimachinery). There are only the
// fields that somebody reads; whether an empty one is left out follows the JSON tag of its Go type.

/** With this every encoded object begins. */
export const magic: Buffer = Buffer.from('k8s\0', 'latin1');

/** What the server says at the end of the initial events of a watch. */
const endOfInitialEvents = 'k8s.io/initial-events-end';

const ownerReference = tableOf({ 1: text('kind'), 3: text('name'), 6: bool('controller') });
const owners = recurrings('ownerReferences', ownerReference);

/** ObjectMeta, with those annotations that `keeps` wants. The names of who set which field (17) are not read. */
export function metadata(keeps: (annotation: string) => boolean): Field {
  return message(
    'metadata',
    tableOf({
      1: textOrNone('name'),
      2: textOrNone('generateName'),
      3: textOrNone('namespace'),
      5: textOrNone('uid'),
      6: textOrNone('resourceVersion'),
      9: time('deletionTimestamp'),
      11: textMap('labels'),
      12: textMap('annotations', (key) => key === endOfInitialEvents || keeps(key)),
      13: owners,
    }),
  );
}

/** What there is of ObjectMeta where nothing but owners is asked for. */
export const ownersOnly: Table = tableOf({ 13: owners });

/** ObjectMeta of kinds of which no annotation is read. */
export const plainMetadata: Field = metadata(() => false);

export const labelSelector: Table = tableOf({
  1: textMap('matchLabels'),
  2: messages('matchExpressions', tableOf({ 1: text('key'), 2: text('operator'), 3: texts('values') })),
});

export const listMeta: Table = tableOf({ 2: textOrNone('resourceVersion'), 3: textOrNone('continue') });

export const status: Table = tableOf({
  3: textOrNone('message'),
  5: message('details', tableOf({ 5: integerOrNone('retryAfterSeconds') })),
  6: integerOrNone('code'),
});

/** What says of an object which kind it is; it is the same for all kinds. */
export const typeMeta: Table = tableOf({ 1: text('apiVersion'), 2: text('kind') });

/** runtime.Unknown: an object with its type. */
export const unknown: Table = tableOf({ 1: recurring('typeMeta', typeMeta), 2: raw('raw') });

export const watchEvent: Table = tableOf({
  1: text('type'),
  2: message('object', tableOf({ 1: raw('raw') })),
});
