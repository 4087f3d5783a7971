import type { ClusterObject, ServiceRecord } from '../model/objects.ts';
import type { CompiledPolicy, Peer } from '../model/policy.ts';
import type { Selector } from '../model/selector.ts';
import { peersOf } from './read-peer.ts';

/**
 * The label keys that selectors in force ask of pods, counted. No selector can see any other key, so that pods which
 * differ by others only are alike.
 */
export class LabelKeys {
  private readonly uses = new Map<string, number>();

  has(key: string): boolean {
    return this.uses.has(key);
  }

  /** Counts keys in; returns those that nobody asked for before. */
  retain(keys: ReadonlySet<string>): readonly string[] {
    const fresh: string[] = [];
    for (const key of keys) {
      const known = this.uses.get(key) ?? 0;
      if (known === 0) fresh.push(key);
      this.uses.set(key, known + 1);
    }
    return fresh;
  }

  /** Counts keys out; returns those that nobody asks for any more. */
  release(keys: ReadonlySet<string>): readonly string[] {
    const gone: string[] = [];
    for (const key of keys) {
      const left = (this.uses.get(key) ?? 0) - 1;
      if (left > 0) this.uses.set(key, left);
      else if (this.uses.delete(key)) gone.push(key);
    }
    return gone;
  }
}

const none: ReadonlySet<string> = new Set();

/** The keys that a policy asks pods for, in its subject or in any peer. */
export function keysOfPolicy(policy: CompiledPolicy): ReadonlySet<string> {
  const keys = new Set(keysOf(policy.subject));
  for (const peer of peersOf(policy)) for (const key of keysOfPeer(peer)) keys.add(key);
  return keys;
}

function keysOfPeer(peer: Peer): readonly string[] {
  return peer.kind === 'pods' ? keysOf(peer.pods) : [];
}

/** The keys that an object other than a policy asks pods for. */
export function keysOfObject(object: ClusterObject): ReadonlySet<string> {
  switch (object.kind) {
    case 'Service':
      return keysOfService(object);
    case 'Monitor':
      return object.of === 'Pod' ? new Set(keysOf(object.selector)) : none;
    case 'ForeignPolicy':
      return object.admin === null ? none : new Set(keysOf(object.admin.subject.pods));
    default:
      return none;
  }
}

function keysOfService({ selector }: ServiceRecord): ReadonlySet<string> {
  return selector === null ? none : new Set(selector.keys());
}

export function keysOf({ requirements }: Selector): readonly string[] {
  return requirements.map(({ key }) => key);
}
