import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { readManifests } from '../cluster/manifests.ts';
import { typeOf } from '../model/decode/cluster-object.ts';
import { get, text } from '../model/decode/lenient.ts';
import type { WorldEvent } from '../model/objects.ts';
import { decodeSettings, type Settings } from '../review/settings.ts';
import { rules } from '../rules/registry.ts';
import { exampleNodes, runningPods } from './example-pods.ts';

/** The root of the project; this file lies two folders below it, built or not. */
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The example cluster. */
export interface Shop {
  readonly events: readonly WorldEvent[];
  readonly settings: Settings;
  /** The network policies in force, undecoded, by `namespace/name`. */
  readonly policies: ReadonlyMap<string, unknown>;
}

/** One object that somebody applies or deletes. */
export interface ExampleChange {
  /** As the user would name it. */
  readonly file: string;
  /** The comment at the head of the file, line by line, without the marks. */
  readonly comment: readonly string[];
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly namespace: string;
  readonly name: string;
  readonly object: unknown;
  readonly oldObject: unknown;
}

interface Manifest {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: unknown;
}

/** Throws an Error that says what is wrong where the files are not as they were shipped. */
export function readShop(): Shop {
  const folder = join(root, 'examples', 'shop');
  const texts = yamlFiles(folder).map((name) => ({
    file: name,
    text: readFileSync(join(folder, name), 'utf8'),
  }));
  const { events, problems } = readManifests(texts);
  const [problem] = problems;
  if (problem !== undefined)
    throw new Error(`examples/shop/${problem.file}:${problem.line ?? 1}: ${problem.message}.`);
  const workloads = events.flatMap((event) =>
    event.type === 'put' && 'template' in event.object ? [event.object] : [],
  );
  const generated = [...exampleNodes(), ...runningPods(workloads)];
  const policies = texts.flatMap(({ text: yaml }) => manifestsIn(yaml)).filter(isPolicy);
  return {
    events: [...events, ...generated.map((object): WorldEvent => ({ type: 'put', object }))],
    settings: readSettings(),
    policies: new Map(policies.map(({ namespace, name, object }) => [`${namespace}/${name}`, object])),
  };
}

function readSettings(): Settings {
  const file = join('examples', 'settings.yaml');
  const decoded = decodeSettings(
    readFileSync(join(root, file), 'utf8'),
    rules.map(({ id }) => id),
  );
  if ('problem' in decoded) throw new Error(`The settings file ${file} is not valid: ${decoded.problem}.`);
  return decoded.settings;
}

/** The changes of the walk, in the order of their numbers; `*.delete.yaml` is deleted, everything else applied. */
export function readChanges(shop: Shop): ExampleChange[] {
  return yamlFiles(join(root, 'examples', 'changes')).flatMap((name) => {
    const yaml = readFileSync(join(root, 'examples', 'changes', name), 'utf8');
    const action = name.endsWith('.delete.yaml') ? 'delete' : 'apply';
    return changesIn({ file: `examples/changes/${name}`, yaml, action }, shop).changes;
  });
}

/** A file of somebody's, and what is to be done with what it holds. */
export interface Submitted {
  readonly file: string;
  readonly yaml: string;
  readonly action: 'apply' | 'delete';
}

/** What applying or deleting a file's policies would ask; other objects are told by kind and name. */
export function changesIn(
  { file, yaml, action }: Submitted,
  shop: Shop,
): { readonly changes: ExampleChange[]; readonly others: readonly string[] } {
  const all = manifestsIn(yaml);
  const comment = commentOf(yaml);
  const changes = all.filter(isPolicy).map(({ namespace, name, object }): ExampleChange => {
    const stored = shop.policies.get(`${namespace}/${name}`) ?? null;
    const common = { file, comment, namespace, name };
    if (action === 'delete')
      return { ...common, operation: 'DELETE', object: null, oldObject: stored ?? object };
    return { ...common, operation: stored === null ? 'CREATE' : 'UPDATE', object, oldObject: stored };
  });
  const others = all.filter((manifest) => !isPolicy(manifest)).map(({ kind, name }) => `${kind} ${name}`);
  return { changes, others };
}

/** The AdmissionReview that the API server would send, the same in every run: its uid is made from the file's name. */
export function reviewOf(change: ExampleChange): Readonly<Record<string, unknown>> {
  const { operation, namespace, name, object, oldObject } = change;
  const digest = createHash('sha256').update(`${change.file} ${namespace}/${name}`).digest('hex');
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      resource: { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies' },
      operation,
      namespace,
      name,
      userInfo: { username: 'you@shop.example', groups: ['system:authenticated'] },
      dryRun: false,
      object,
      oldObject,
    },
  };
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
}

function isPolicy({ kind, object }: Manifest): boolean {
  return kind === 'NetworkPolicy' && typeOf(object).apiVersion === 'networking.k8s.io/v1';
}

/** Throws an Error with one sentence where the text is not YAML or an object has no name. */
function manifestsIn(yaml: string): Manifest[] {
  return parseAllDocuments(yaml, { merge: true }).flatMap((document): Manifest[] => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`it is not YAML: ${error.message.split('\n')[0] ?? ''}`);
    const object: unknown = document.toJS({ maxAliasCount: 100 });
    if (object === null || object === undefined) return [];
    const { kind } = typeOf(object);
    const name = text(get(object, 'metadata', 'name'));
    if (kind === '' || name === null) throw new Error('an object in it has no kind or no metadata.name');
    // kubectl fills the namespace in before the API server sees the object.
    const namespace = text(get(object, 'metadata', 'namespace')) ?? 'default';
    return [{ kind, namespace, name, object }];
  });
}

function commentOf(yaml: string): string[] {
  const lines = yaml.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => line.replace(/^# ?/, ''));
}
