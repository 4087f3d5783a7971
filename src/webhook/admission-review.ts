import type { Review, ReviewRequest } from '../model/review.ts';
import type { NotReadable } from './body.ts';

const API_VERSION = 'admission.k8s.io/v1';
const UID_MAX = 128;
const USER_NAME_MAX = 1024;
const GROUPS_MAX = 1000;
const ANNOTATION_BYTES_MAX = 10 * 1024;

type Fields = ReadonlyMap<string, unknown>;

/** The own keys of a JSON object; empty for everything else, so that a missing object reads as an empty one. */
function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map();
  return new Map<string, unknown>(Object.entries(value));
}

function text(fields: Fields, key: string): string {
  const value = fields.get(key);
  return typeof value === 'string' ? value : '';
}

/**
 * Anybody who may impersonate chooses what userInfo holds, `extra` above all: only the name and the groups are
 * read, and of those a bounded part. A name that is too long is cut, so it can match no exemption by accident.
 */
function userOf(value: unknown): ReviewRequest['user'] {
  const info = fieldsOf(value);
  const groups = info.get('groups');
  return {
    name: text(info, 'username').slice(0, USER_NAME_MAX),
    groups: (Array.isArray(groups) ? groups.slice(0, GROUPS_MAX) : [])
      .filter((group: unknown): group is string => typeof group === 'string')
      .filter((group) => group.length <= USER_NAME_MAX),
  };
}

function refused(why: 'review' | 'uid', message: string): NotReadable {
  return { readable: false, status: 400, why, message };
}

/** "DeleteCollection: DELETE with empty request.name": which object it is stands only in the old object. */
function nameOf(request: Fields): string {
  const name = text(request, 'name');
  if (name !== '') return name;
  const object = request.get('object') ?? request.get('oldObject');
  return text(fieldsOf(fieldsOf(object).get('metadata')), 'name');
}

/** "matchPolicy: Equivalent": the object is converted to the registered version, `requestKind` keeps the original. */
function sentAs(kind: Fields, requestKind: Fields): string {
  const same = ['group', 'version', 'kind'].every((key) => text(kind, key) === text(requestKind, key));
  if (requestKind.size === 0 || same) return '';
  const api = [text(requestKind, 'group'), text(requestKind, 'version')].filter((part) => part !== '');
  return `${api.join('/')} ${text(requestKind, 'kind')}`;
}

/**
 * Reads an AdmissionReview. Only what an answer cannot do without is asked for: the kind, exactly this version
 * (v1beta1 is never sent to a webhook that registers v1), a request and its uid. Everything else defaults.
 */
export function readReview(value: unknown): ReviewRequest | NotReadable {
  const review = fieldsOf(value);
  if (review.get('kind') !== 'AdmissionReview') {
    return refused('review', 'The body is not an AdmissionReview; "kind" must be AdmissionReview.');
  }
  if (review.get('apiVersion') !== API_VERSION) {
    return refused('review', `"apiVersion" must be ${API_VERSION}; set admissionReviewVersions: ["v1"].`);
  }
  const asked = review.get('request');
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) {
    return refused('review', 'The AdmissionReview has no "request" object.');
  }
  const request = fieldsOf(asked);
  const uid = request.get('uid');
  if (typeof uid !== 'string' || uid.length < 1 || uid.length > UID_MAX) {
    return refused('uid', `"request.uid" must be a string of 1 to ${UID_MAX} characters.`);
  }
  const resource = fieldsOf(request.get('resource'));
  return {
    uid,
    operation: text(request, 'operation'),
    group: text(resource, 'group'),
    version: text(resource, 'version'),
    resource: text(resource, 'resource'),
    subResource: text(request, 'subResource'),
    kind: text(fieldsOf(request.get('kind')), 'kind'),
    sentAs: sentAs(fieldsOf(request.get('kind')), fieldsOf(request.get('requestKind'))),
    namespace: text(request, 'namespace'),
    name: nameOf(request),
    user: userOf(request.get('userInfo')),
    dryRun: request.get('dryRun') === true,
    object: request.get('object') ?? null,
    oldObject: request.get('oldObject') ?? null,
  };
}

/** The v1 AdmissionReview that goes back. There is no patch: from a validating webhook it is a protocol error. */
export interface ReviewAnswer {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly code: 403; readonly reason: 'Forbidden'; readonly message: string };
    readonly warnings?: readonly string[];
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
}

/** At most `max` bytes of UTF-8, never half a character. The audit log's own policies are cut at 10 KiB too. */
function cutBytes(value: string, max: number): string {
  // No unit of a text becomes more than three bytes.
  if (value.length * 3 <= max) return value;
  const bytes = Buffer.from(value);
  if (bytes.length <= max) return value;
  // A character that was cut in half decodes to U+FFFD at the end.
  return bytes
    .subarray(0, max)
    .toString()
    .replace(/\ufffd$/u, '');
}

/** "Qualified name part" in the API server's words; a key that is not one is dropped there with a log line. */
function isAnnotationKey(key: string): boolean {
  return key.length <= 63 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(key);
}

type Answerable = Pick<Review, 'decision' | 'message' | 'warnings' | 'annotations'>;

/** Puts a review into the form the API server takes. `uid` is echoed byte for byte. */
export function answer(review: Answerable, uid: string): ReviewAnswer {
  const annotations = [...review.annotations]
    .filter(([key]) => isAnnotationKey(key))
    .map(([key, value]) => [key, cutBytes(value, ANNOTATION_BYTES_MAX)] as const);
  const rejected = review.decision === 'rejected';
  return {
    apiVersion: API_VERSION,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: !rejected,
      ...(rejected ? { status: { code: 403, reason: 'Forbidden', message: review.message ?? '' } } : {}),
      ...(review.warnings.length > 0 ? { warnings: review.warnings } : {}),
      ...(annotations.length > 0 ? { auditAnnotations: Object.fromEntries(annotations) } : {}),
    },
  };
}

/** The eight characters of a uid by which a person finds the log line. */
export function refOf(uid: string): string {
  return uid.slice(0, 8);
}

/** Printable ASCII only: the ref stands in a warning, and one control character would make the API server drop it. */
export function printableRef(uid: string): string {
  return refOf(uid).replace(/[^\x21-\x7e]/g, '?');
}

/** Why a readable request was admitted without being judged; label values of a counter. */
export const failureReasons = ['error', 'not-ready', 'overloaded', 'memory'] as const;
export type FailureReason = (typeof failureReasons)[number];

const failureText: Readonly<Record<FailureReason, string>> = {
  error: 'of an internal error',
  'not-ready': 'the view of the cluster is not complete yet',
  overloaded: 'too many requests came at once',
  memory: 'netsluice is short of memory',
};

/**
 * The answer of last resort: admitted, and it says aloud that nothing was judged. An HTTP error would hand the
 * decision to `failurePolicy`, silently.
 */
export function safeAnswer(uid: string, why: FailureReason): ReviewAnswer {
  const line = `[not-analysed] admitted unseen because ${failureText[why]}; see the log for ref ${printableRef(uid)}`;
  return answer(
    {
      decision: 'admitted',
      message: null,
      warnings: [line],
      annotations: new Map([
        ['decision', 'admitted'],
        ['error', why],
        ['ref', printableRef(uid)],
      ]),
    },
    uid,
  );
}
