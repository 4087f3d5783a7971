import { type Labels, matches, type Selector } from '../model/selector.ts';

/** The labels of a namespace that is only referred to: "every namespace carries immutable metadata.name". */
export function nameAlone(namespace: string): Labels {
  return new Map([['kubernetes.io/metadata.name', namespace]]);
}

/** The namespaces by label, so that a selector finds those it matches without asking all others. */
export class NamespaceIndex {
  private readonly byLabel = new Map<string, Map<string, Set<string>>>();

  put(name: string, labels: Labels): void {
    for (const [key, value] of labels) {
      const values = this.byLabel.get(key) ?? new Map<string, Set<string>>();
      this.byLabel.set(key, values);
      values.set(value, (values.get(value) ?? new Set()).add(name));
    }
  }

  remove(name: string, labels: Labels): void {
    for (const [key, value] of labels) {
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
