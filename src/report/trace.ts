import { sanitise } from '../review/words.ts';
import type { Paint } from './terminal.ts';

type Verdict = 'allowed' | 'blocked' | 'unknown';
type Way = 'ingress' | 'egress';

/** What one policy that selects an end says of the flow. */
export interface PolicyAnswer {
  /** `namespace/name`. */
  readonly policy: string;
  readonly selects: true;
  readonly effect: 'admits' | 'no-clause-admits' | 'unknown';
  readonly clause: number | null;
  /** How many clauses it has in the direction. */
  readonly clauses: number;
  readonly reasons: readonly string[];
}

export interface SideAnswer {
  readonly verdict: Verdict;
  readonly why: 'self' | 'no-pod' | 'own-node' | 'not-isolated' | 'closed' | 'policies';
  readonly reasons: readonly string[];
  readonly policies: readonly PolicyAnswer[];
}

/** What nearly admits the flow, and what keeps it from doing so. */
export interface NearestMiss {
  /** `namespace/name`. */
  readonly policy: string;
  readonly direction: Way;
  /** Position of the clause; null where the policy does not select the pod. */
  readonly clause: number | null;
  readonly differs: 'label' | 'namespace' | 'port' | 'address' | 'pod-selector';
  readonly asked: string;
  readonly found: string;
  readonly text: string;
}

/** What `netsluice trace` found: `docs/schemas/trace-v1.json`. */
export interface TraceDocument {
  readonly schema: 'trace/v1';
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly port: number;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** How many pairs of pods or addresses were judged how. */
  readonly pairs: Readonly<Record<Verdict, number>>;
  /** The pair that the rest is about. */
  readonly witness: { readonly src: string; readonly dst: string };
  readonly egress: SideAnswer;
  readonly ingress: SideAnswer;
  readonly nearestMiss: NearestMiss | null;
  /** A pair for each other verdict. */
  readonly others: readonly { readonly src: string; readonly dst: string; readonly verdict: Verdict }[];
  readonly notes: readonly string[];
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly message: string }[];
  readonly partial: string | null;
}

export function traceJson(document: TraceDocument): string {
  return JSON.stringify(document, null, 2);
}

/** The verdict in one line, then each end with its policies, then what nearly was. */
export function traceText(document: TraceDocument, paint: Paint): string {
  const { src, dst, protocol, port, verdict, witness, others, nearestMiss, notes } = document;
  const title = `${bare(src)} -> ${bare(dst)} on ${port}/${protocol} is ${verdict}`;
  const lines = [painted(title, verdict, paint)];
  if (others.length > 0) lines.push(...document.reasons.map((reason) => `  ${reasonText(reason)}`));
  if (others.length > 0) {
    lines.push(
      `differs: ${[{ ...witness, verdict: pairVerdict(document) }, ...others].map(pairText).join('; ')}`,
    );
    lines.push(`${bare(witness.src)} -> ${bare(witness.dst)}:`);
  }
  lines.push(...sideLines(document.egress, 'egress', witness.src));
  lines.push(...sideLines(document.ingress, 'ingress', witness.dst));
  if (nearestMiss !== null) lines.push(`nearest miss: ${nearestMiss.text}`);
  lines.push(...notes.map((note) => `note: ${note}`));
  if (document.partial !== null) lines.push(`not examined: ${document.partial}`);
  return lines.map(clean).join('\n');
}

/** Colours are the only control characters that are ours. */
function clean(line: string): string {
  return line
    .split('\u001b')
    .map((part) => sanitise(part))
    .join('\u001b');
}

function painted(text: string, verdict: Verdict, paint: Paint): string {
  if (verdict === 'unknown') return paint.warning(text);
  return verdict === 'allowed' ? paint.bold(text) : paint.error(text);
}

function bare(id: string): string {
  return id.replace(/\[\w+\]$/, '');
}

function pairText({ src, dst, verdict }: TraceDocument['others'][number]): string {
  return `${src} -> ${dst} is ${verdict}`;
}

/** The verdict of the pair that is told in full. */
function pairVerdict({ egress, ingress }: TraceDocument): Verdict {
  const verdicts = [egress.verdict, ingress.verdict];
  if (verdicts.includes('blocked')) return 'blocked';
  return verdicts.includes('unknown') ? 'unknown' : 'allowed';
}

function sideLines(side: SideAnswer, way: Way, end: string): string[] {
  const policies = side.why === 'own-node' ? [] : side.policies;
  const told = new Set(policies.flatMap(({ reasons }) => reasons));
  return [
    `${way} of ${end}: ${side.verdict}${whyText(side)}`,
    ...side.reasons.filter((reason) => !told.has(reason)).map((reason) => `  ${reasonText(reason)}`),
    ...policies.map((policy) => `  ${policyText(policy, way)}`),
  ];
}

function whyText({ why, policies, verdict }: SideAnswer): string {
  switch (why) {
    case 'self':
      return ', a pod always reaches itself';
    case 'no-pod':
      return ', nodes and addresses have no policies';
    case 'own-node':
      return ', the network plugin decides between a pod and its own node';
    case 'not-isolated':
      return verdict === 'unknown' ? ', no policy that was read isolates it' : ', no policy isolates it';
    case 'closed':
      return ', no policy selects it and the network plugin closes such pods';
    case 'policies':
      return policies.length === 1 ? ', 1 policy selects it' : `, ${policies.length} policies select it`;
  }
}

function policyText({ policy, effect, clause, clauses, reasons }: PolicyAnswer, way: Way): string {
  switch (effect) {
    case 'admits':
      return `${policy} admits it by ${way}[${clause}]`;
    case 'no-clause-admits':
      return clauses === 0
        ? `${policy} has no ${way} clause`
        : `${policy}: no clause of ${clauses} admits it`;
    case 'unknown': {
      const by = clause === null ? '' : ` ${way}[${clause}]`;
      return `${policy}${by} is unknown because ${reasons.map(reasonText).join('; ')}`;
    }
  }
}

/** Why a verdict is not known, and what to state so that it is. */
const reasonTexts: ReadonlyMap<string, string> = new Map([
  ['pods-differ', 'its pods differ: some pairs are judged otherwise than others'],
  ['addresses-differ', 'addresses differ: some are judged otherwise than others'],
  [
    'ip-block-on-pods',
    'network plugins differ on whether an ipBlock matches the address of a pod; name yours in --settings (platform)',
  ],
  ['own-node', 'network plugins differ on a pod and its own node; name yours in --settings (platform)'],
  ['platform', 'network plugins differ on this; name yours in --settings (platform)'],
  ['enforcement', 'nobody said whether policies are enforced at all; say so in --settings (platform)'],
  ['address-unknown', 'the pod has no address yet that an ipBlock could be compared with'],
  ['address-family', 'the pod has addresses of both families and the ipBlock speaks of one'],
  ['init-container-port', 'only an init container declares the named port'],
  [
    'other-policies',
    'a policy that cannot be read, or of an API that netsluice does not analyse, may govern it',
  ],
]);

export function reasonText(reason: string): string {
  return reasonTexts.get(reason) ?? reason;
}
