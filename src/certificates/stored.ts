import { fieldsOf } from '../cluster/fields.ts';
import { type Authority, authoritiesIn, type Chain, judgeChain, type UsableChain } from './chain.ts';

/** Set on the Secret to `now`, the leader begins a rotation and takes the annotation away. */
export const rotateAnnotation = 'netsluice.dev/rotate';

/** More than one rotation by hand a day for a week; who does that has other troubles than the oldest of them. */
const previousMax = 10;

/** What the Secret holds, judged. */
export interface Stored {
  readonly current: UsableChain | null;
  readonly next: UsableChain | null;
  readonly previous: readonly Authority[];
  readonly rotateAsked: boolean;
  /** Why what is there as the current chain cannot be used; null where it can, or where there is none. */
  readonly problem: string | null;
}

/** What the Secret is to hold. */
export interface Wanted {
  readonly current: Chain;
  readonly next: Chain | null;
  readonly previous: readonly Authority[];
}

const keys = {
  current: { authority: 'ca.crt', leaf: 'tls.crt', key: 'tls.key' },
  next: { authority: 'next-ca.crt', leaf: 'next-tls.crt', key: 'next-tls.key' },
  previous: 'previous-ca.crt',
} as const;

/** Reads a Secret as the API server answers it. Data that make no sense count as absent. */
export function storedIn(secret: unknown, names: readonly string[], now: Date): Stored {
  const texts = textsOf(secret);
  const [current, next] = [chainIn(texts, keys.current), chainIn(texts, keys.next)];
  const judged = current === null ? null : judgeChain(current, names, now);
  const judgedNext = next === null ? null : judgeChain(next, names, now);
  return {
    current: judged !== null && 'chain' in judged ? judged : null,
    next: judgedNext !== null && 'chain' in judgedNext ? judgedNext : null,
    previous: authoritiesIn(texts.get(keys.previous) ?? ''),
    rotateAsked: fieldsOf(fieldsOf(fieldsOf(secret)['metadata'])['annotations'])[rotateAnnotation] === 'now',
    problem: judged !== null && 'problem' in judged ? judged.problem : null,
  };
}

/** The current chain as it stands there, unjudged; null where a part is missing. */
export function currentIn(secret: unknown): Chain | null {
  return chainIn(textsOf(secret), keys.current);
}

/** Authorities of the chains that the Secret holds, usable or not: a replica may serve a leaf of any of them. */
export function authoritiesOf(secret: unknown): readonly Authority[] {
  const texts = textsOf(secret);
  return [keys.current.authority, keys.next.authority].flatMap((key) => authoritiesIn(texts.get(key) ?? ''));
}

/** The same Secret with other contents; whatever else is in it stays, the wish for a rotation goes. */
export function secretWith(
  secret: unknown,
  { current, next, previous }: Wanted,
  answered: 'wish answered' | 'wish stays',
): unknown {
  const fields = fieldsOf(secret);
  const metadata = fieldsOf(fields['metadata']);
  const own = new Set<string>([...Object.values(keys.current), ...Object.values(keys.next), keys.previous]);
  const others = Object.entries(fieldsOf(fields['data'])).filter(([key]) => !own.has(key));
  const written = [
    ...entriesOf(current, keys.current),
    ...(next === null ? [] : entriesOf(next, keys.next)),
    ...(previous.length === 0 ? [] : [[keys.previous, pemOf(previous, current)] as const]),
  ].map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  const annotations = Object.entries(fieldsOf(metadata['annotations'])).filter(
    ([key]) => key !== rotateAnnotation || answered === 'wish stays',
  );
  return {
    ...fields,
    metadata: { ...metadata, annotations: Object.fromEntries(annotations) },
    data: Object.fromEntries([...others, ...written]),
  };
}

function pemOf(previous: readonly Authority[], current: Chain): string {
  const pems = new Set(previous.map(({ pem }) => pem).filter((pem) => pem !== current.authority));
  return [...pems].slice(-previousMax).join('');
}

type ChainKeys = Readonly<Record<keyof Chain, string>>;

function chainIn(texts: ReadonlyMap<string, string>, names: ChainKeys): Chain | null {
  const chain = {
    authority: texts.get(names.authority) ?? '',
    leaf: texts.get(names.leaf) ?? '',
    key: texts.get(names.key) ?? '',
  };
  return Object.values(chain).includes('') ? null : chain;
}

function entriesOf(chain: Chain, names: ChainKeys): readonly (readonly [string, string])[] {
  return [
    [names.authority, chain.authority],
    [names.leaf, chain.leaf],
    [names.key, chain.key],
  ];
}

function textsOf(secret: unknown): ReadonlyMap<string, string> {
  const data = Object.entries(fieldsOf(fieldsOf(secret)['data']));
  return new Map(
    data.map(([key, value]) => [
      key,
      typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '',
    ]),
  );
}
