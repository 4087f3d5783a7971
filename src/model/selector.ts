/** Labels and annotations. Always a Map: `constructor` and `toString` are legal label keys. */
export type Labels = ReadonlyMap<string, string>;

/** Do both hold the same keys with the same values? */
export function sameLabels(a: Labels, b: Labels): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

export type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
  /** Where a document has it: among `matchLabels`, or at this position of `matchExpressions`. Means nothing else. */
  readonly place?: 'labels' | number;
}

/**
 * A label selector. "The requirements are ANDed"; matchLabels `{k: v}` is "equivalent to an element of
 * matchExpressions whose operator is In and whose values array contains only v".
 * `text` is canonical: two selectors with equal text select the same objects.
 */
export interface Selector {
  readonly requirements: readonly Requirement[];
  readonly text: string;
}

/** Selects every object: "An empty label selector matches all objects." */
export const everything: Selector = { requirements: [], text: '' };

/** Builds a selector; the order of requirements and values does not matter to its meaning or its text. */
export function selectorOf(requirements: readonly Requirement[]): Selector {
  const texts = requirements.map(requirementText).sort();
  return { requirements, text: [...new Set(texts)].join(',') };
}

/** True where the selector has no requirement, so that it matches every object. */
export function selectsEverything(selector: Selector): boolean {
  return selector.requirements.length === 0;
}

/** Does an object with these labels match? Values are compared as exact strings. */
export function matches(selector: Selector, labels: Labels): boolean {
  return selector.requirements.every((requirement) => meets(requirement, labels));
}

/** "NotIn … and DoesNotExist" also match an object that lacks the key. */
export function meets(requirement: Requirement, labels: Labels): boolean {
  const value = labels.get(requirement.key);
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** The one value a selector pins for a key by an `In` with a single value, or null. */
export function pinnedValue(selector: Selector, key: string): string | null {
  for (const requirement of selector.requirements) {
    const [only, second] = requirement.values;
    if (requirement.key === key && requirement.operator === 'In' && second === undefined) return only ?? null;
  }
  return null;
}

/** The text users know from `kubectl get -l`, for example `app=web,tier in (a,b)`; `{}` selects everything. */
export function requirementText({ key, operator, values }: Requirement): string {
  const sorted = [...new Set(values)].sort();
  switch (operator) {
    case 'In':
      return sorted.length === 1 ? `${key}=${sorted[0]}` : `${key} in (${sorted.join(',')})`;
    case 'NotIn':
      return sorted.length === 1 ? `${key}!=${sorted[0]}` : `${key} notin (${sorted.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}
