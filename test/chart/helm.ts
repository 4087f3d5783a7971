import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { type Binaries, ensureBinaries } from '../control-plane/binaries.ts';

export const chart = 'charts/netsluice';

export interface HelmResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let programs: Promise<Binaries> | undefined;

/** Runs Helm itself, without the configuration of whoever runs the tests; without a kubeconfig it reaches no cluster. */
export async function helm(
  args: readonly string[],
  stdin = '',
  kubeconfig = '/dev/null',
): Promise<HelmResult> {
  programs ??= ensureBinaries();
  const { helm: program } = await programs;
  const home = mkdtempSync(join(tmpdir(), 'netsluice-helm-'));
  try {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      HELM_CACHE_HOME: home,
      KUBECONFIG: kubeconfig,
    };
    const child = spawn(program, args, { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.end(stdin);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    return { code, stdout, stderr };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export interface Rendering {
  readonly release?: string;
  readonly namespace?: string;
  readonly values?: object;
  /** Paths of files with values. */
  readonly files?: readonly string[];
  readonly apiVersions?: readonly string[];
}

function args(what: readonly string[], { namespace, files = [], apiVersions = [] }: Rendering): string[] {
  return [
    ...what,
    chart,
    ...['--namespace', namespace ?? 'netsluice-system'],
    ...files.flatMap((file) => ['--values', file]),
    ...['--values', '-'],
    ...apiVersions.flatMap((version) => ['--api-versions', version]),
  ];
}

const rendered = new Map<string, Promise<string>>();

/** What `helm template` prints; rejects with what Helm said unless it succeeded. The same is rendered once. */
export function templateText(rendering: Rendering = {}, more: readonly string[] = []): Promise<string> {
  const key = JSON.stringify([rendering, more]);
  const text = rendered.get(key) ?? renderText(rendering, more);
  rendered.set(key, text);
  return text;
}

async function renderText(rendering: Rendering, more: readonly string[]): Promise<string> {
  const release = rendering.release ?? 'netsluice';
  const command = [...args(['template', release], rendering), ...more];
  const { code, stdout, stderr } = await helm(command, stringify(rendering.values ?? {}));
  if (code !== 0) throw new Error(`helm template failed:\n${stderr}`);
  return stdout;
}

/** The sentence with which Helm refuses to render, without where in the templates it comes from. */
export async function refusal(rendering: Rendering): Promise<string> {
  const { code, stderr } = await helm(
    args(['template', 'netsluice'], rendering),
    stringify(rendering.values),
  );
  if (code === 0) throw new Error('helm template succeeded');
  const error = /^Error: (.*)$/ms.exec(stderr)?.[1] ?? stderr;
  return error
    .replace(/^execution error at \(.*?\): /, '')
    .replace('Use --debug flag to render out invalid YAML', '')
    .trim();
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any kind of object
  readonly [key: string]: any;
}

export function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

export async function render(rendering: Rendering = {}): Promise<KubernetesObject[]> {
  return objectsOf(await templateText(rendering));
}

/** The one object of a kind, and of a name where several have it. */
export function one(objects: readonly KubernetesObject[], kind: string, name?: string): KubernetesObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} of ${kind} ${name ?? ''}`);
  return found[0];
}
