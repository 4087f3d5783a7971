import { type Document, isCollection, isMap, isNode, isScalar, isSeq, type Node, type Scalar } from 'yaml';

/** A scalar that YAML 1.1 and YAML 1.2 read differently. */
export interface DoubleMeaning {
  readonly node: Scalar;
  /** Path in the document, such as `spec.ports[0].port`. */
  readonly path: string;
  /** What is written, `yes` for example. */
  readonly written: string;
  /** What each of the two makes of it, as JSON. */
  readonly old: string;
  readonly recent: string;
}

/**
 * Finds the plain scalars of a document that mean one thing in YAML 1.1 and another in YAML 1.2, and gives each the
 * value that kubectl's reader gives it, which is the older one but for base 60: that one it takes for text.
 */
export function settleScalars(document: Document): readonly DoubleMeaning[] {
  const found: DoubleMeaning[] = [];
  settle(document.contents, '', found);
  return found;
}

function settle(node: unknown, path: string, found: DoubleMeaning[]): void {
  if (isScalar(node)) settleOne(node, path, found);
  else if (isSeq(node))
    for (const [index, item] of node.items.entries()) settle(item, `${path}[${index}]`, found);
  else if (isMap(node))
    for (const { key, value } of node.items) settle(value, `${path}${step(key, path)}`, found);
}

function step(key: unknown, path: string): string {
  const name = isScalar(key) ? String(key.value) : String(key);
  if (!/^[\w-]+$/.test(name)) return `[${name}]`;
  return path === '' ? name : `.${name}`;
}

function settleOne(node: Scalar, path: string, found: DoubleMeaning[]): void {
  const written = node.source;
  if (node.type !== 'PLAIN' || node.tag !== undefined || written === undefined) return;
  const old = oldMeaning(written);
  if (old === undefined || old === node.value) return;
  found.push({ node, path, written, old: JSON.stringify(old), recent: JSON.stringify(node.value) });
  if (!baseSixty.test(written)) node.value = old;
}

const baseSixty = /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/;
const words: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/** What YAML 1.1 reads; undefined where both agree by their rules. */
function oldMeaning(text: string): boolean | number | undefined {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (text.length > 60 || !/^[-+]?[0-9]/.test(text)) return undefined;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '');
  if (/^0b[01]+$/.test(digits)) return sign * Number.parseInt(digits.slice(2), 2);
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  if (text.includes('_') && /^(?:0|[1-9][0-9]*)$/.test(digits)) return sign * Number(digits);
  if (!baseSixty.test(text)) return undefined;
  return sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** A key that is a map or a list: JSON has none, and a template that nobody rendered looks like one. */
export function collectionKeyIn(node: unknown): Node | null {
  if (isSeq(node)) return firstOf(node.items.map(collectionKeyIn));
  if (!isMap(node)) return null;
  const key = node.items.find((pair) => isCollection(pair.key))?.key;
  return isNode(key) ? key : firstOf(node.items.map(({ value }) => collectionKeyIn(value)));
}

function firstOf(nodes: readonly (Node | null)[]): Node | null {
  return nodes.find((node) => node !== null) ?? null;
}
