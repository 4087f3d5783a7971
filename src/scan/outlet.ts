import type { LiveLog } from '../cluster/freshness.ts';
import type { ObjectRef } from '../model/ref.ts';
import type { Review, ReviewRequest } from '../model/review.ts';
import type { ContractState } from '../review/contract-state.ts';
import { stateText } from '../review/contract-words.ts';
import { findingId, shortHash } from '../review/finding-id.ts';
import type { Settings } from '../review/settings.ts';
import type { SettledReview } from '../review/settled-review.ts';
import { refOf } from '../review/short-answers.ts';
import { type Visibility, visibilityOf } from '../review/visibility.ts';
import { findingLine } from '../review/words.ts';
import type { EventDraft, Regarding } from './event-object.ts';
import type { Found } from './findings.ts';
import { type ReportDraft, reportOf } from './report-object.ts';
import type { NamespaceNews, ScanOutlet } from './scan.ts';

/** The rule about webhooks and other callbacks of the API server. */
const guardRule = 'R17';

/** Writers; null where they are turned off. */
export interface OutletOptions {
  readonly events: { readonly tell: (draft: EventDraft, mayWrite: () => boolean) => void } | null;
  readonly reports: {
    readonly want: (namespace: string, policy: string, report: ReportDraft | null) => void;
  } | null;
  readonly leading: () => boolean;
  readonly settings: () => Settings;
  readonly ownNamespace: string;
  readonly log: LiveLog;
}

/** Says in words what was found; only the leader's words are written. */
export function makeOutlet(options: OutletOptions): ScanOutlet {
  const { events, leading, log, ownNamespace } = options;
  const gaps = new Map<string, string>();
  const tell = (draft: EventDraft): void => {
    if (leading()) events?.tell(draft, leading);
  };
  return {
    told: (news) => {
      for (const found of news.tell) tellFinding(found, options, tell);
      for (const { id, finding } of leading() ? news.cured : [])
        log.info('a finding is cured', { id, rule: finding.rule, object: objectText(finding.object) });
      tellReports(news, options);
    },
    settled: (namespace, review) => tell(settledEvent(namespace, review)),
    contract: (state) => {
      const line = `contract ${state.contract.name} is broken: ${stateText(state)}`;
      if (leading()) log.warn(line, { contract: state.contract.name });
      if (ownNamespace !== '') tell(contractEvent(ownNamespace, state, line));
    },
    gaps: (namespace, lines) => {
      const text = lines.join('\n');
      if (text === (gaps.get(namespace) ?? '')) return;
      if (text === '') gaps.delete(namespace);
      else gaps.set(namespace, text);
      for (const line of lines) log.warn('not looked at', { namespace, what: line });
    },
  };
}

function tellFinding(found: Found, options: OutletOptions, tell: (draft: EventDraft) => void): void {
  const { id, finding, severity, policy } = found;
  if (severity === 'info') return;
  const line = findingLine(finding, visibilityFor(found, options), '');
  if (options.leading())
    options.log.warn(line, { id, rule: finding.rule, severity, object: objectText(finding.object) });
  const { namespace, name } = policy.ref;
  const own: Regarding = { kind: 'NetworkPolicy', namespace, name, uid: policy.source.uid };
  const guard = finding.number === guardRule;
  tell({
    regarding: guard ? regardingNamespace(namespace) : own,
    related: guard ? own : null,
    reason: guard ? 'ApiServerCutOff' : 'PolicyFinding',
    type: 'Warning',
    id,
    note: `${line}${guard ? ` (policy ${name})` : ''}; finding ${id}`,
  });
}

function tellReports({ namespace, cured, standing }: NamespaceNews, options: OutletOptions): void {
  const { reports } = options;
  if (reports === null) return;
  const byPolicy = new Map<string, Found[]>();
  for (const { policy } of cured) byPolicy.set(policy.ref.name, []);
  for (const found of standing) {
    const { name } = found.policy.ref;
    byPolicy.set(name, [...(byPolicy.get(name) ?? []), found]);
  }
  for (const [name, findings] of byPolicy) {
    const [first] = findings;
    const visible = first === undefined ? () => false : visibilityFor(first, options);
    reports.want(namespace, name, reportOf(findings, visible));
  }
}

function settledEvent(namespace: string, { text, blocks, findings }: SettledReview): EventDraft {
  const id = shortHash(findings.map(findingId).join(' '));
  return {
    regarding: regardingNamespace(namespace),
    related: null,
    reason: 'PoliciesSettled',
    type: blocks ? 'Warning' : 'Normal',
    // Another net effect is another Event: the note of one cannot change.
    id: shortHash(`${id} ${text}`),
    note: `${text}; finding ${id}`,
  };
}

function contractEvent(ownNamespace: string, { contract }: ContractState, line: string): EventDraft {
  const id = shortHash(`contract ${contract.name}`);
  return {
    regarding: regardingNamespace(ownNamespace),
    related: null,
    reason: 'ContractBroken',
    type: 'Warning',
    id,
    note: `${line}; finding ${id}`,
  };
}

/**
 * The Event of a rejection, or null where there is none: nothing was rejected, or on a dry run. It regards the
 * Namespace, because the policy may not exist; its words are those that the user was told.
 */
export function rejectionEvent(request: ReviewRequest, review: Review): EventDraft | null {
  if (review.decision !== 'rejected' || request.dryRun || request.namespace === '') return null;
  const ids = (review.annotations.get('finding-ids') ?? '').split(',');
  const object = request.name === '' ? 'a policy' : `policy ${request.name}`;
  // Its last line is the ref.
  const lines = (review.message ?? `ref ${refOf(request)}`).split('\n');
  return {
    regarding: regardingNamespace(request.namespace),
    related: null,
    reason: 'PolicyRejected',
    type: 'Warning',
    id: shortHash(`${request.namespace}/${request.name} ${ids.join(' ')}`),
    note: `${object} rejected: ${lines.join('; ')}`,
  };
}

/** The Event of a webhook configuration that was there and is not any more. */
export function configurationGoneEvent(ownNamespace: string, configuration: string): EventDraft {
  return {
    regarding: regardingNamespace(ownNamespace),
    related: null,
    reason: 'WebhookConfigurationGone',
    type: 'Warning',
    id: shortHash(`webhook configuration ${configuration}`),
    note: `The ValidatingWebhookConfiguration ${configuration} was deleted, so no policy is judged. Install it again; netsluice never makes it.`,
  };
}

function regardingNamespace(name: string): Regarding {
  return { kind: 'Namespace', namespace: name, name, uid: null };
}

/** Events and reports lie in the policy's namespace: whoever reads them there may not know of others. */
function visibilityFor({ policy }: Found, { settings }: OutletOptions): Visibility {
  return visibilityOf(policy.ref.namespace, [policy], settings());
}

function objectText({ namespace, name }: ObjectRef): string {
  return `${namespace ?? ''}/${name}`;
}
