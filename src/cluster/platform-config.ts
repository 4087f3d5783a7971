import type { TypeMeta } from '../model/decode/cluster-object.ts';
import { get, list, namespaceOf, text, textMap } from '../model/decode/lenient.ts';
import type { PlatformConfig } from '../model/detected.ts';
import { type ApiClient, readBody } from './api-client.ts';

const systemNamespace = 'kube-system';
const ciliumName = 'cilium-config';
const awsName = 'amazon-vpc-cni';
const answerMax = 8 * 1024 * 1024;
const waitMs = 5000;

/** What a live cluster says of its network plugin, and what it did not let us ask. */
export interface AskedConfig extends PlatformConfig {
  /** One line for each question that was refused or not answered. */
  readonly unanswered: readonly string[];
}

/** Asks for the API groups and for the two ConfigMaps, by name. Rejects never: who may not ask knows less. */
export async function askPlatform(client: ApiClient): Promise<AskedConfig> {
  const unanswered: string[] = [];
  const ask = async (path: string): Promise<unknown> => {
    try {
      const options = { signal: AbortSignal.timeout(waitMs), accept: 'application/json' };
      const { status, body } = await client.get(path, {}, options);
      const bytes = await readBody(body, answerMax);
      if (status === 200) return JSON.parse(bytes.toString('utf8'));
      if (status !== 404) unanswered.push(`${path}: the API server answers ${status}`);
    } catch (error) {
      unanswered.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return null;
  };
  const map = (name: string): string => `/api/v1/namespaces/${systemNamespace}/configmaps/${name}`;
  const [groups, cilium, aws] = await Promise.all([ask('/apis'), ask(map(ciliumName)), ask(map(awsName))]);
  return {
    groups: new Set(list(get(groups, 'groups')).flatMap((group) => text(get(group, 'name')) ?? [])),
    ciliumConfig: cilium === null ? null : textMap(get(cilium, 'data')),
    awsConfig: aws === null ? null : textMap(get(aws, 'data')),
    unanswered: unanswered.sort(),
  };
}

/** Gathers the same from manifests, object by object. */
export class ConfigNotes {
  private readonly groups = new Set<string>();
  private ciliumConfig: ReadonlyMap<string, string> | null = null;
  private awsConfig: ReadonlyMap<string, string> | null = null;

  note(value: unknown, { apiVersion, kind }: TypeMeta): void {
    if (kind === 'CustomResourceDefinition') {
      const group = text(get(value, 'spec', 'group'));
      if (group !== null) this.groups.add(group);
    } else if (kind === 'ConfigMap' && apiVersion === 'v1' && namespaceOf(value) === systemNamespace) {
      const name = get(value, 'metadata', 'name');
      if (name === ciliumName) this.ciliumConfig = textMap(get(value, 'data'));
      else if (name === awsName) this.awsConfig = textMap(get(value, 'data'));
    }
  }

  config(): PlatformConfig {
    return { groups: this.groups, ciliumConfig: this.ciliumConfig, awsConfig: this.awsConfig };
  }
}
