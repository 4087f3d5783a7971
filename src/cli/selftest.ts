import { type ApiClient, type ApiResponse, readBody } from '../cluster/api-client.ts';
import { get, text } from '../model/decode/lenient.ts';
import { parseWarnings } from './warning-header.ts';

export interface SelftestPlan {
  /** The namespace to ask about; it must carry the label `netsluice.dev/enforce: baseline`. */
  readonly namespace: string;
  /** How long to go on asking while the answer is not the right one. */
  readonly waitMs: number;
}

export interface SelftestRooms {
  readonly client: ApiClient;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** One line for the person who reads the log of the test. */
  readonly print: (line: string) => void;
}

/** What the API server made of one policy that it was asked to create in a dry run. */
interface Answer {
  readonly status: number;
  readonly message: string;
  readonly warnings: readonly string[];
}

const callMs = 35_000;
const pauseMs = 1_000;
const answerMax = 1024 * 1024;

/** Judged by its text alone, so that no pod and no other policy can make it wrong. */
const good = policy('netsluice-selftest-good', {
  podSelector: { matchLabels: { app: 'netsluice-selftest' } },
  policyTypes: ['Ingress'],
  ingress: [
    {
      from: [{ podSelector: { matchLabels: { app: 'netsluice-selftest' } } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ],
});

/** Wrong in two ways that its text alone shows: a selector that nothing meets, and clauses that are ignored. */
const bad = policy('netsluice-selftest-bad', {
  podSelector: {
    matchExpressions: [
      { key: 'app', operator: 'In', values: ['netsluice-selftest'] },
      { key: 'app', operator: 'NotIn', values: ['netsluice-selftest'] },
    ],
  },
  policyTypes: ['Ingress'],
  egress: [{}],
});

/**
 * Asks the API server, in dry runs, to create one good and one bad policy, and looks whether netsluice answered and
 * answered rightly. Asks again until it did or the time is over, because an installation needs a moment.
 *
 * @returns true when the good one was admitted and the bad one rejected by netsluice.
 */
export async function selftest(plan: SelftestPlan, rooms: SelftestRooms): Promise<boolean> {
  const end = rooms.now() + plan.waitMs;
  for (;;) {
    const problem = await ask(plan, rooms);
    if (problem === null) return true;
    if (rooms.now() + pauseMs > end) {
      rooms.print(`FAILED: ${problem}`);
      return false;
    }
    await rooms.sleep(pauseMs);
  }
}

/** Null when all is well, or a sentence that says what is not. */
async function ask(plan: SelftestPlan, { client, print }: SelftestRooms): Promise<string | null> {
  const first = await create(client, plan.namespace, bad);
  const problem = typeof first === 'string' ? first : problemOfBad(first);
  if (problem !== null) return problem;
  const second = await create(client, plan.namespace, good);
  const other = typeof second === 'string' ? second : problemOfGood(second);
  if (other !== null) return other;
  if (typeof first !== 'string') print(`The bad policy was rejected, as it should be: ${first.message}`);
  if (typeof second !== 'string') for (const warning of second.warnings) print(`Warning: ${warning}`);
  print('The good policy was admitted, as it should be. The API server reaches netsluice.');
  return null;
}

function problemOfBad(answer: Answer): string | null {
  const { status, message, warnings } = answer;
  if (isRejection(answer)) return null;
  if (status === 201 && warnings.some(hasRef)) {
    return (
      'netsluice warned of the bad policy and did not reject it, although the label netsluice.dev/enforce of the ' +
      `namespace asks for it; look at rules and breakGlass in the settings. It said: ${warnings.join(' / ')}`
    );
  }
  if (status === 201) {
    return (
      'the bad policy was admitted and netsluice said nothing: the API server did not reach it. Look whether the ' +
      'webhook configuration is there and has a caBundle, whether the Service has ready endpoints, whether a ' +
      'NetworkPolicy keeps the API server out, and, where it cannot reach pods at all, set hostNetwork.enabled.'
    );
  }
  return otherProblem('bad', answer, message);
}

function problemOfGood(answer: Answer): string | null {
  if (answer.status === 201) return null;
  if (isRejection(answer)) return `netsluice rejected the good policy: ${answer.message}`;
  return otherProblem('good', answer, answer.message);
}

function otherProblem(which: 'good' | 'bad', { status }: Answer, message: string): string {
  if (message.includes('failed calling webhook')) {
    return `the API server did not get an answer from a webhook: ${message}`;
  }
  return `the API server did not take the ${which} policy, and it was not netsluice that refused (${status}): ${message}`;
}

/** The API server names the webhook; the ref at the end is netsluice's signature. */
function isRejection({ status, message }: Answer): boolean {
  return (
    status === 403 && /admission webhook "[a-z-]+\.netsluice\.dev" denied/.test(message) && hasRef(message)
  );
}

function hasRef(line: string): boolean {
  return /\bref [0-9a-f]{8}\b/.test(line);
}

/** A sentence where the API server cannot be asked at all. */
async function create(client: ApiClient, namespace: string, object: unknown): Promise<Answer | string> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/networkpolicies`;
  try {
    const response = await client.write(
      'POST',
      path,
      { dryRun: 'All' },
      {
        signal: AbortSignal.timeout(callMs),
        accept: 'application/json',
        type: 'application/json',
        body: JSON.stringify(object),
      },
    );
    return await answerOf(response);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message;
  }
}

async function answerOf({ status, headers, body }: ApiResponse): Promise<Answer> {
  const bytes = (await readBody(body, answerMax)).toString('utf8');
  return { status, message: messageOf(bytes), warnings: parseWarnings(headers.get('warning') ?? '') };
}

/** On one line: the message of a Status, or whatever came instead of one. */
function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    return (text(get(parsed, 'message')) ?? '').replaceAll('\n', '; ');
  } catch {
    // A proxy in between answers with plain text.
    return body.slice(0, 200);
  }
}

function policy(name: string, spec: unknown): unknown {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec };
}
