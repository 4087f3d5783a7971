import { type Labels, matches, type Requirement, type Selector } from '../model/selector.ts';

/** The labels of a namespace that is only referred to: "every namespace carries immutable metadata.name". */
export function nameAlone(namespace: string): Labels {
  return new Map([['kubernetes.io/metadata.name', namespace]]);
}

/** The namespaces by label, so that a selector finds those it matches without asking all others. */
export class NamespaceIndex {
  private readonly byLabel = new Map<string, Map<string, Set<string>>>();
  /** The namespaces that have a label of the key, whatever its value. */
  private readonly byKey = new Map<string, Set<string>>();
  private count = 0;

  put(name: string, labels: Labels): void {
    this.count += 1;
    for (const [key, value] of labels) {
      this.byKey.set(key, (this.byKey.get(key) ?? new Set()).add(name));
      const values = this.byLabel.get(key) ?? new Map<string, Set<string>>();
      this.byLabel.set(key, values);
      values.set(value, (values.get(value) ?? new Set()).add(name));
    }
  }

  remove(name: string, labels: Labels): void {
    this.count -= 1;
    for (const [key, value] of labels) {
      const all = this.byKey.get(key);
      all?.delete(name);
      if (all?.size === 0) this.byKey.delete(key);
      const values = this.byLabel.get(key);
      const names = values?.get(value);
      names?.delete(name);
      if (names?.size === 0) values?.delete(value);
      if (values?.size === 0) this.byLabel.delete(key);
    }
  }

  /**
   * The namespaces of `among` that a selector matches. A namespace that is only referred to has no record; its name is
   * its one label.
   */
  *matching(
    selector: Selector,
    among: { hasNamespace(name: string): boolean; namespaces(): Iterable<string> },
    labelsOf: (name: string) => Labels,
  ): Iterable<string> {
    for (const name of this.candidates(selector) ?? among.namespaces()) {
      if (among.hasNamespace(name) && matches(selector, labelsOf(name))) yield name;
    }
  }

  /** Few names among which are all namespaces with a record that a selector matches; null where nothing narrows them. */
  recorded(selector: Selector): Iterable<string> | null {
    if (selector.requirements.some((requirement) => this.meeting(requirement) === 0)) return [];
    return this.narrowed(selector);
  }

  /** How many of them match. Costs the values that the selector names, or the namespaces that one of these is of. */
  countOf(selector: Selector, labelsOf: (name: string) => Labels): number {
    const [only, second] = selector.requirements;
    if (only === undefined) return this.count;
    if (second === undefined) return this.meeting(only);
    const narrowed = this.narrowed(selector);
    if (narrowed !== null) return [...narrowed].filter((name) => matches(selector, labelsOf(name))).length;
    // Whatever it asks for all of them have, so that only what it excludes tells them apart.
    return this.count - new Set(selector.requirements.flatMap((each) => this.excluded(each))).size;
  }

  /** How many namespaces one requirement holds for; costs the number of its values. */
  private meeting({ key, operator, values }: Requirement): number {
    const having = this.byKey.get(key)?.size ?? 0;
    if (operator === 'Exists') return having;
    if (operator === 'DoesNotExist') return this.count - having;
    const byValue = this.byLabel.get(key);
    const listed = [...new Set(values)].reduce((sum, value) => sum + (byValue?.get(value)?.size ?? 0), 0);
    return operator === 'In' ? listed : this.count - listed;
  }

  private excluded({ key, operator, values }: Requirement): readonly string[] {
    if (operator === 'DoesNotExist') return [...(this.byKey.get(key) ?? [])];
    if (operator !== 'NotIn') return [];
    return values.flatMap((value) => [...(this.byLabel.get(key)?.get(value) ?? [])]);
  }

  /** The fewest names that one requirement leaves, or null where each leaves all that there are. */
  private narrowed({ requirements }: Selector): Iterable<string> | null {
    const sizes = requirements.map((requirement) => ({ requirement, size: this.meeting(requirement) }));
    const [least] = sizes
      .filter(({ requirement: { operator } }) => operator === 'In' || operator === 'Exists')
      .sort((a, b) => a.size - b.size);
    if (least === undefined || least.size === this.count) return null;
    const { key, operator, values } = least.requirement;
    if (operator === 'Exists') return this.byKey.get(key) ?? [];
    return new Set(values.flatMap((value) => [...(this.byLabel.get(key)?.get(value) ?? [])]));
  }

  get size(): number {
    return this.count;
  }

  private candidates({ requirements }: Selector): ReadonlySet<string> | null {
    let best: ReadonlySet<string> | null = null;
    for (const { key, operator, values } of requirements) {
      if (operator !== 'In') continue;
      const found = new Set<string>();
      for (const value of values) {
        for (const name of this.byLabel.get(key)?.get(value) ?? []) found.add(name);
        if (key === 'kubernetes.io/metadata.name') found.add(value);
      }
      if (best === null || found.size < best.size) best = found;
    }
    return best;
  }
}
