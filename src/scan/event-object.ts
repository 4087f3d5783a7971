import { shortHash } from '../review/finding-id.ts';
import { sanitise } from '../review/words.ts';

/** "Maximal length of the note is 1kB." */
const noteBytesMax = 1024;
/** Names are DNS subdomains of at most 253 characters. */
const nameMax = 253;
/** "reportingInstance … can have at most 128 characters." */
const instanceMax = 128;

/** "Name of the controller that emitted this Event"; a qualified name. */
export const reportingController = 'netsluice.dev/netsluice';

export type EventReason =
  | 'PolicyRejected'
  | 'PolicyFinding'
  | 'ApiServerCutOff'
  | 'PoliciesSettled'
  | 'ContractBroken'
  | 'WebhookConfigurationGone';

const actions: Readonly<Record<EventReason, string>> = {
  PolicyRejected: 'Review',
  PolicyFinding: 'Scan',
  ApiServerCutOff: 'Scan',
  PoliciesSettled: 'Settle',
  ContractBroken: 'Scan',
  WebhookConfigurationGone: 'Watch',
};

/** An object that an Event is about. A Namespace is named as its own namespace, so that the Event lies in it. */
export interface Regarding {
  readonly kind: 'Namespace' | 'NetworkPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
}

/** What an Event is to say; equal `regarding`, `reason` and `id` are one Event that happened again. */
export interface EventDraft {
  readonly regarding: Regarding;
  readonly related: Regarding | null;
  readonly reason: EventReason;
  readonly type: 'Normal' | 'Warning';
  /** Twelve hexadecimal digits: of the finding, or of what else happened. */
  readonly id: string;
  readonly note: string;
}

export function keyOfEvent({ regarding, reason, id }: EventDraft): string {
  return `${regarding.kind} ${regarding.namespace}/${regarding.name} ${reason} ${id}`;
}

/** The same for every replica and after a restart, so that what happens again is counted in the Event that is there. */
export function nameOfEvent(draft: EventDraft): string {
  const hash = shortHash(keyOfEvent(draft));
  const name = draft.regarding.name.slice(0, nameMax - hash.length - 1).replace(/[^a-z0-9]+$/, '');
  return `${name}.${hash}`;
}

/** How often an Event happened, and when last. */
export interface Occurrences {
  readonly count: number;
  readonly last: Date;
}

/** "series … is nil if it's a singleton Event"; a count below two is refused. */
export function seriesOf({ count, last }: Occurrences): object | null {
  return count < 2 ? null : { count, lastObservedTime: microTime(last) };
}

/** The Event as the API takes it. Only its series may change later. */
export function eventObject(draft: EventDraft, instance: string, occurrences: Occurrences): object {
  const series = seriesOf(occurrences);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace: draft.regarding.namespace, name: nameOfEvent(draft) },
    eventTime: microTime(occurrences.last),
    reportingController,
    reportingInstance: instance.slice(0, instanceMax),
    action: actions[draft.reason],
    reason: draft.reason,
    type: draft.type,
    regarding: reference(draft.regarding),
    ...(draft.related === null ? {} : { related: reference(draft.related) }),
    note: cutNote(draft.note),
    ...(series === null ? {} : { series }),
  };
}

function reference({ kind, namespace, name, uid }: Regarding): object {
  return {
    apiVersion: kind === 'Namespace' ? 'v1' : 'networking.k8s.io/v1',
    kind,
    namespace,
    name,
    ...(uid === null ? {} : { uid }),
  };
}

/** One line without control characters; no character is cut in two. */
function cutNote(text: string): string {
  const clean = sanitise(text.replaceAll('\n', ' '));
  const bytes = new TextEncoder().encode(clean);
  if (bytes.length <= noteBytesMax) return clean;
  const kept = bytes.subarray(0, noteBytesMax - 3);
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept, { stream: true })}…`;
}

/** `MicroTime`: six digits after the point. */
function microTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}
