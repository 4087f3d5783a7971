import { ApiError } from '../../src/cluster/api-client.ts';
import type { ApiObjects } from '../../src/cluster/api-objects.ts';

export interface Write {
  readonly verb: 'create' | 'replace' | 'merge' | 'apply' | 'remove';
  readonly path: string;
  readonly object: unknown;
}

type Stored = Record<string, unknown> & { metadata: Record<string, unknown> };

/** Objects in memory that behave as the API server does about names, conflicts and merges; every write is kept. */
export class ObjectStore implements ApiObjects {
  readonly writes: Write[] = [];
  /** The next calls of this kind are refused with the status, once each. */
  readonly refusals: { readonly verb: Write['verb'] | 'read'; readonly status: number }[] = [];
  readonly #objects = new Map<string, Stored>();
  #version = 0;

  put(path: string, object: object): void {
    this.#store(path, object as Stored);
  }

  object(path: string): Stored | undefined {
    return this.#objects.get(path);
  }

  paths(): readonly string[] {
    return [...this.#objects.keys()].sort();
  }

  async read(path: string): Promise<unknown> {
    this.#refuse('read');
    return structuredClone(this.#objects.get(path) ?? null);
  }

  async create(collection: string, object: unknown): Promise<unknown> {
    this.#note('create', collection, object);
    const given = object as Stored;
    const name = given.metadata['name'] ?? `${String(given.metadata['generateName'])}${this.#version}`;
    const path = `${collection}/${String(name)}`;
    if (this.#objects.has(path)) throw new ApiError(409, 'AlreadyExists', null);
    return this.#store(path, { ...given, metadata: { ...given.metadata, name } });
  }

  async replace(path: string, object: unknown): Promise<unknown> {
    this.#note('replace', path, object);
    this.#matches(path, (object as Stored).metadata['resourceVersion']);
    return this.#store(path, object as Stored);
  }

  async merge(path: string, patch: unknown): Promise<unknown> {
    this.#note('merge', path, patch);
    const metadata = (patch as Partial<Stored>).metadata;
    this.#matches(path, metadata?.['resourceVersion']);
    return this.#store(path, merged(this.#objects.get(path), patch) as Stored);
  }

  async apply(path: string, object: unknown): Promise<unknown> {
    this.#note('apply', path, object);
    return this.#store(path, merged(this.#objects.get(path) ?? {}, object) as Stored);
  }

  async remove(path: string): Promise<void> {
    this.#note('remove', path, null);
    this.#objects.delete(path);
  }

  #note(verb: Write['verb'], path: string, object: unknown): void {
    this.#refuse(verb);
    this.writes.push({ verb, path, object: structuredClone(object) });
  }

  #refuse(verb: Write['verb'] | 'read'): void {
    const [next] = this.refusals;
    if (next?.verb !== verb) return;
    this.refusals.shift();
    throw new ApiError(next.status, `refused with ${next.status}`, null);
  }

  #matches(path: string, version: unknown): void {
    const stored = this.#objects.get(path);
    if (stored === undefined) throw new ApiError(404, 'NotFound', null);
    if (version !== undefined && version !== stored.metadata['resourceVersion'])
      throw new ApiError(409, 'Conflict', null);
  }

  #store(path: string, object: Stored): Stored {
    this.#version += 1;
    const stored = structuredClone(object);
    stored.metadata = { ...stored.metadata, resourceVersion: String(this.#version) };
    this.#objects.set(path, stored);
    return structuredClone(stored);
  }
}

/** RFC 7386: null removes, objects merge, everything else replaces. */
function merged(base: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
