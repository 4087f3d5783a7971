import { z } from 'zod';
import type { Surroundings } from './cluster/pod-account.ts';

/** HOST:PORT, `[::1]:9443` or `:9443`; port 0 lets the system choose. */
const address = z.string().transform((text, context) => {
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  if (colon < 0 || !/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    context.addIssue({ code: 'custom', message: 'must be HOST:PORT with a port from 0 to 65535' });
    return z.NEVER;
  }
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
});

function wholeNumber(min: number, max: number) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

const onOff = z.enum(['on', 'off'], { error: 'must be on or off' });

/** A text that is not empty. */
const name = z.string().min(1, 'must not be empty');
const names = z.array(name);

/**
 * Every option of `netsluice serve`: what it may be, its default, its unit and its meaning, once. Help, the
 * documentation and the check of flags and environment are made from it. Defaults are given as a user would.
 */
const serveShape = {
  listen: address.prefault('0.0.0.0:9443').meta({
    argument: 'HOST:PORT',
    meaning: 'where admission reviews are served over TLS',
  }),
  healthListen: address.prefault('0.0.0.0:8081').meta({
    argument: 'HOST:PORT',
    meaning: 'where /livez, /readyz and /metrics are served over plain HTTP',
  }),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._~/-]*$/, 'must begin with a slash and hold only letters, digits and . _ ~ / -')
    .prefault('/validate')
    .meta({ argument: 'PATH', meaning: 'the path that takes admission reviews' }),
  cert: name.meta({ argument: 'FILE', meaning: 'the certificate, PEM, leaf first; re-read when it changes' }),
  key: name.meta({ argument: 'FILE', meaning: 'its private key, PEM; re-read when it changes' }),
  clientCa: name.optional().meta({
    argument: 'FILE',
    meaning: 'take calls only from clients with a certificate signed by one of these authorities, PEM',
  }),
  clientName: names.prefault([]).meta({
    argument: 'NAME…',
    meaning: 'and only if it carries one of these names (common name or alternative name)',
  }),
  tlsMinVersion: z.enum(['1.2', '1.3'], { error: 'must be 1.2 or 1.3' }).prefault('1.3').meta({
    argument: 'VERSION',
    meaning: 'the oldest TLS version that is spoken, 1.2 or 1.3',
  }),
  kubeconfig: name.optional().meta({
    argument: 'FILE',
    env: ['NETSLUICE_KUBECONFIG', 'KUBECONFIG'],
    meaning: 'how to reach the cluster; inside a pod its service account is used',
  }),
  context: name.optional().meta({ argument: 'NAME', meaning: 'the context of the kubeconfig to use' }),
  snapshot: names.prefault([]).meta({
    argument: 'PATH…',
    meaning:
      'serve on a cluster that netsluice snapshot saved, or that these manifests describe, instead of a live one',
  }),
  settings: name.optional().meta({
    argument: 'FILE',
    meaning: 'modes, rules, exemptions and waivers, YAML; re-read when it changes',
  }),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
    .prefault('info')
    .meta({ argument: 'LEVEL', meaning: 'least severe log line that is written: debug, info, warn, error' }),
  drainMinSeconds: wholeNumber(0, 600).prefault('10').meta({
    argument: 'N',
    unit: 'seconds',
    meaning: 'after SIGTERM, keep accepting calls at least so long',
  }),
  drainMaxSeconds: wholeNumber(0, 600).prefault('25').meta({
    argument: 'N',
    unit: 'seconds',
    meaning: 'after SIGTERM, stop accepting calls after so long even when they keep coming',
  }),
  stepsMax: wholeNumber(1000, 1_000_000_000).prefault('2000000').meta({
    argument: 'N',
    unit: 'steps',
    meaning: 'how much work one review may do before it answers with what it has',
  }),
  deadlineMs: wholeNumber(1, 10_000).prefault('100').meta({
    argument: 'N',
    unit: 'milliseconds',
    meaning: 'how long one review may take; the caller’s own timeout can only shorten it',
  }),
  ownNamespace: name.optional().meta({
    argument: 'NAME',
    env: ['NETSLUICE_NAMESPACE', 'POD_NAMESPACE'],
    meaning: 'the namespace netsluice runs in, where it enforces nothing unless a label asks for it',
  }),
  podName: name.optional().meta({
    argument: 'NAME',
    env: ['NETSLUICE_POD_NAME', 'POD_NAME'],
    meaning: 'the pod this process runs in; it tells the replicas apart',
  }),
  lease: name.optional().meta({
    argument: 'NAME',
    meaning: 'one of the replicas leads by this Lease in the own namespace; without it this process leads',
  }),
  service: name.optional().meta({
    argument: 'NAME',
    env: ['NETSLUICE_WEBHOOK_SERVICE'],
    meaning: 'the Service in the own namespace that the API server calls; the certificate must name it',
  }),
  webhookConfiguration: name.optional().meta({
    argument: 'NAME',
    meaning:
      'the ValidatingWebhookConfiguration that makes the API server call; whether it is there is watched',
  }),
  certSecret: name.optional().meta({
    argument: 'NAME',
    meaning:
      'make and renew the certificate in this Secret of the own namespace, whose mount --cert and --key name, and keep the caBundle of the webhook configuration',
  }),
  certOverlapSeconds: wholeNumber(1, 86_400).prefault('300').meta({
    argument: 'N',
    unit: 'seconds',
    meaning: 'how long a new authority is in the caBundle before a certificate signed by it is used',
  }),
  scan: onOff.prefault('off').meta({
    argument: 'on|off',
    meaning: 'keep looking at the policies that are in force; metrics, Events and reports tell what is found',
  }),
  events: onOff.prefault('off').meta({
    argument: 'on|off',
    meaning: 'write Events about rejections and, with --scan, about what it finds and what changes amount to',
  }),
  reports: onOff.prefault('off').meta({
    argument: 'on|off',
    meaning: 'with --scan, write one Report or PolicyReport per policy that has findings, whichever there is',
  }),
} as const;

const serveSchema = z.strictObject(serveShape);

/** Everything `netsluice serve` was told, checked. Durations carry their unit in the name. */
export type ServeConfig = Readonly<z.output<typeof serveSchema>>;

/** One option, for help and documentation. */
export interface OptionRow {
  /** Key in ServeConfig, for example `drainMinSeconds`. */
  readonly key: string;
  readonly flag: string;
  readonly argument: string;
  readonly repeatable: boolean;
  /** Environment variables that are read when the flag is absent, the first that is set wins. */
  readonly env: readonly string[];
  /** As a user would write it; null when there is none. */
  readonly default: string | null;
  readonly required: boolean;
  readonly unit: string | null;
  readonly meaning: string;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function defaultOf(schema: z.ZodType): string | null {
  if (!(schema instanceof z.ZodPrefault)) return null;
  const value: unknown = schema.def.defaultValue;
  return typeof value === 'string' ? value : null;
}

/** All options of `netsluice serve`, in the order of the help text. */
export function serveOptionRows(): readonly OptionRow[] {
  return Object.entries<z.ZodType>(serveShape).map(([key, schema]) => {
    const meta = new Map<string, unknown>(Object.entries(schema.meta() ?? {}));
    const env = meta.get('env');
    return {
      key,
      flag: `--${kebab(key)}`,
      argument: textOf(meta.get('argument')).replace('…', ''),
      repeatable: textOf(meta.get('argument')).endsWith('…'),
      env: Array.isArray(env)
        ? env.map(textOf)
        : [`NETSLUICE_${kebab(key).replaceAll('-', '_').toUpperCase()}`],
      default: defaultOf(schema),
      required: !schema.safeParse(undefined).success,
      unit: textOf(meta.get('unit')) || null,
      meaning: textOf(meta.get('meaning')),
    };
  });
}

/** Flags as the command line gave them, by key. */
export type Flags = Readonly<Record<string, unknown>>;

/**
 * Variables that no option knows are no error, unlike flags: for a Service named netsluice the kubelet itself sets
 * NETSLUICE_PORT and NETSLUICE_SERVICE_HOST.
 */
function given(row: OptionRow, flags: Flags, env: NodeJS.ProcessEnv): unknown {
  const flag = flags[row.key];
  if (flag !== undefined) return flag;
  const text = row.env.map((variable) => env[variable]).find((value) => value !== undefined && value !== '');
  if (text === undefined) return undefined;
  return row.repeatable ? text.split(',').map((part) => part.trim()) : text;
}

function problemOf(issue: z.core.$ZodIssue, values: ReadonlyMap<string, unknown>): string {
  const key = String(issue.path[0] ?? '');
  const row = serveOptionRows().find((each) => each.key === key);
  const where = `${row?.flag ?? key} (or ${row?.env[0] ?? ''})`;
  const value = values.get(key);
  if (value === undefined) return `${where} is required: ${row?.meaning ?? ''}.`;
  return `${where} ${issue.message}; it is ${JSON.stringify(value)}.`;
}

const companions: readonly (readonly [keyof ServeConfig, readonly (keyof ServeConfig)[]])[] = [
  ['lease', ['ownNamespace', 'podName']],
  ['service', ['ownNamespace']],
  ['certSecret', ['ownNamespace', 'service', 'webhookConfiguration']],
];

/** Options that mean nothing without another one, and those that need a live cluster. */
function companionProblem(config: ServeConfig): string | null {
  for (const [key, needed] of companions) {
    const absent = needed.filter((other) => config[other] === undefined).map((other) => `--${kebab(other)}`);
    if (config[key] !== undefined && absent.length > 0)
      return `--${kebab(key)} needs ${absent.join(' and ')}.`;
  }
  const live = (['lease', 'certSecret', 'webhookConfiguration'] as const).find(
    (key) => config[key] !== undefined,
  );
  if (config.reports === 'on' && config.scan === 'off') return '--reports needs --scan on.';
  const on = (['events', 'reports'] as const).find((key) => config[key] === 'on');
  const needing = live ?? on;
  return config.snapshot.length > 0 && needing !== undefined
    ? `--${kebab(needing)} needs a live cluster, not --snapshot.`
    : null;
}

/**
 * Puts flags, environment and defaults together, in this order, and checks them.
 *
 * @returns the settings, or one sentence for each thing that is wrong, joined by line breaks.
 */
export function readServeConfig(
  flags: Flags,
  env: NodeJS.ProcessEnv = process.env,
): { readonly config: ServeConfig } | { readonly problem: string } {
  const values = new Map(serveOptionRows().map((row) => [row.key, given(row, flags, env)] as const));
  const parsed = serveSchema.safeParse(Object.fromEntries(values));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => problemOf(issue, values));
    return { problem: [...new Set(lines)].join('\n') };
  }
  const config = parsed.data;
  const missing = companionProblem(config);
  if (missing !== null) return { problem: missing };
  if (config.drainMinSeconds > config.drainMaxSeconds) {
    return { problem: '--drain-min-seconds must not be more than --drain-max-seconds.' };
  }
  if (config.clientName.length > 0 && config.clientCa === undefined) {
    return { problem: '--client-name needs --client-ca: without it nobody shows a certificate.' };
  }
  if (config.snapshot.length > 0 && config.context !== undefined) {
    return { problem: '--snapshot and --context exclude each other: serve on manifests or on a cluster.' };
  }
  return { config };
}

/** Where Kubernetes tells a pod that the API server is, and the home folder; null for what is not told. */
export function readSurroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '', HOME: home = '' } = env;
  return { server: host === '' || port === '' ? null : { host, port }, home: home === '' ? null : home };
}
