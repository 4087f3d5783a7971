import type { Change } from '../model/change.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { type Labels, matches } from '../model/selector.ts';

/** Policies of one namespace by name; null where the change takes one away. */
type ByName = ReadonlyMap<string, CompiledPolicy | null>;

/** The policies that a change edits, as one side of it has them. */
export class EditedPolicies {
  private readonly byNamespace = new Map<string, Map<string, CompiledPolicy | null>>();

  constructor(change: Change, side: 'before' | 'after') {
    for (const edit of change.edits) {
      const ref = edit.kind === 'policy' ? (edit.after ?? edit.before)?.ref : undefined;
      if (edit.kind !== 'policy' || ref === undefined) continue;
      const names = this.byNamespace.get(ref.namespace) ?? new Map<string, CompiledPolicy | null>();
      this.byNamespace.set(ref.namespace, names.set(ref.name, edit[side]));
    }
  }

  namespaces(): Iterable<string> {
    return this.byNamespace.keys();
  }

  /** These, with the edited ones of their namespace in their place. */
  *over(namespace: string, base: Iterable<CompiledPolicy>): Iterable<CompiledPolicy> {
    const edited = this.byNamespace.get(namespace) ?? none;
    for (const policy of base) if (!edited.has(policy.ref.name)) yield policy;
    for (const policy of edited.values()) if (policy !== null) yield policy;
  }

  /** Do other policies select a pod of these labels than those of the base, `known`, by which it is selected there? */
  concern(namespace: string, labels: Labels, known: readonly CompiledPolicy[]): boolean {
    const edited = this.byNamespace.get(namespace);
    if (edited === undefined) return false;
    for (const [name, policy] of edited) {
      const there = known.find(({ ref }) => ref.name === name) ?? null;
      const here = policy !== null && matches(policy.subject, labels) ? policy : null;
      if (there !== here) return true;
    }
    return false;
  }

  /** Is there an edited policy of this name? */
  has(namespace: string, name: string): boolean {
    return this.byNamespace.get(namespace)?.has(name) === true;
  }

  /** The edited policies that select a pod of these labels. */
  selecting(namespace: string, labels: Labels): CompiledPolicy[] {
    const found: CompiledPolicy[] = [];
    for (const policy of this.byNamespace.get(namespace)?.values() ?? [])
      if (policy !== null && matches(policy.subject, labels)) found.push(policy);
    return found;
  }
}

const none: ByName = new Map();
