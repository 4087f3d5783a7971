import { portMax } from '../port.ts';
import { selectorOf } from '../selector.ts';
import { cidrAt } from './cidr.ts';
import { DecodeError, fail, fieldAt, isAbsent, itemsAt, type Place, recordAt } from './value.ts';

/**
 * What a field of a record may hold. `name` is what users call things by, `word` most often comes from a fixed
 * vocabulary, `text` is written for people: redaction tells them apart.
 */
export type Shape =
  | { readonly is: 'name' | 'word' | 'text' | 'portName' | 'labels' | 'annotations' | 'selector' }
  | { readonly is: 'address' | 'range' | 'block' | 'boolean' | 'nothing' }
  | { readonly is: 'number'; readonly min: number; readonly max: number }
  | { readonly is: 'one'; readonly values: readonly string[] }
  | { readonly is: 'either'; readonly values: readonly string[]; readonly of: Shape }
  | { readonly is: 'list'; readonly of: Shape }
  | { readonly is: 'nullable' | 'optional'; readonly of: Shape }
  | { readonly is: 'object'; readonly fields: Fields };

export type Fields = Readonly<Record<string, Shape>>;

export const name: Shape = { is: 'name' };
export const word: Shape = { is: 'word' };
export const text: Shape = { is: 'text' };
/** An address as text, or what stands in its place: what cannot be read as one owns nothing. */
export const address: Shape = { is: 'address' };
/** A CIDR of the cluster itself, such as a node's pod range. */
export const range: Shape = { is: 'range' };
/** A CIDR of a policy, which must be one. */
export const block: Shape = { is: 'block' };
/** Maps from text to text. */
export const labels: Shape = { is: 'labels' };
export const annotations: Shape = { is: 'annotations' };
export const selector: Shape = { is: 'selector' };
export const boolean: Shape = { is: 'boolean' };
/** Always null in a snapshot. */
export const nothing: Shape = { is: 'nothing' };
export const port: Shape = { is: 'number', min: 1, max: portMax };
export const count: Shape = { is: 'number', min: 0, max: Number.MAX_SAFE_INTEGER };
export const portName: Shape = { is: 'portName' };

export function one(values: readonly string[]): Shape {
  return { is: 'one', values };
}

/** One of these words, or a value of another shape. */
export function either(values: readonly string[], of: Shape): Shape {
  return { is: 'either', values, of };
}

export function listOf(of: Shape): Shape {
  return { is: 'list', of };
}

export function nullable(of: Shape): Shape {
  return { is: 'nullable', of };
}

/** May be left out, and is null nowhere. */
export function optional(of: Shape): Shape {
  return { is: 'optional', of };
}

export function object(fields: Fields): Shape {
  return { is: 'object', fields };
}

const charactersMax = 1024;

/** Throws a DecodeError where the value is of another shape; fields that the shape does not name may hold anything. */
export function checkShape(place: Place, shape: Shape): void {
  switch (shape.is) {
    case 'nullable':
      if (place.value === undefined) fail(place, 'it must be there, if only as null');
      if (place.value !== null) checkShape(place, shape.of);
      return;
    case 'list':
      if (isAbsent(place)) fail(place, 'it must be a list');
      for (const item of itemsAt(place)) checkShape(item, shape.of);
      return;
    case 'object':
      checkFields(place, shape.fields);
      return;
    case 'optional':
      if (place.value !== undefined) checkShape(place, shape.of);
      return;
    case 'either':
      if (typeof place.value !== 'string' || !shape.values.includes(place.value)) checkShape(place, shape.of);
      return;
    case 'labels':
    case 'annotations':
      checkLabels(place);
      return;
    case 'selector':
      checkSelector(place);
      return;
    default:
      checkLeaf(place, shape);
  }
}

function checkFields(place: Place, fields: Fields): void {
  if (isAbsent(place)) fail(place, 'it must be an object');
  recordAt(place);
  for (const [key, of] of Object.entries(fields)) checkShape(fieldAt(place, key), of);
}

type Leaf = Exclude<
  Shape,
  {
    readonly is:
      | 'nullable'
      | 'optional'
      | 'either'
      | 'list'
      | 'object'
      | 'labels'
      | 'annotations'
      | 'selector';
  }
>;

function checkLeaf(place: Place, shape: Leaf): void {
  const { value } = place;
  if (shape.is === 'block') cidrAt(place);
  else if (!fits(value, shape)) fail(place, wanted(shape));
}

function fits(value: unknown, shape: Leaf): boolean {
  switch (shape.is) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'nothing':
      return value === null;
    case 'number':
      return isWhole(value) && value >= shape.min && value <= shape.max;
    case 'one':
      return typeof value === 'string' && shape.values.includes(value);
    case 'portName':
      return isWhole(value) ? value >= 1 && value <= portMax : isName(value);
    case 'name':
      return isName(value);
    default:
      return typeof value === 'string';
  }
}

function wanted(shape: Leaf): string {
  switch (shape.is) {
    case 'boolean':
      return 'it must be true or false';
    case 'nothing':
      return 'it must be null';
    case 'number':
      return `it must be a whole number from ${shape.min} to ${shape.max}`;
    case 'one':
      return `it must be ${shape.values.join(', ')}`;
    case 'portName':
      return 'it must be the number or the name of a port';
    case 'name':
      return `it must be a name of 1 to ${charactersMax} characters`;
    default:
      return 'it must be a string';
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

/** No control characters: names are printed. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= charactersMax && !/\p{Cc}/u.test(value);
}

function checkLabels(place: Place): void {
  const { value } = place;
  const isMap = value instanceof Map && [...value].flat().every((part) => typeof part === 'string');
  if (!isMap) fail(place, 'it must be a map from text to text');
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** Two selectors are compared by their text, so that it must be the one that their requirements make. */
function checkSelector(place: Place): void {
  if (isAbsent(place)) fail(place, 'it must be a selector');
  const requirements = itemsAt(fieldAt(place, 'requirements')).map((item) => {
    const key = fieldAt(item, 'key');
    checkShape(key, name);
    const written = fieldAt(item, 'operator');
    const operator = operators.find((each) => each === written.value);
    if (operator === undefined) return fail(written, `it must be ${operators.join(', ')}`);
    const values = fieldAt(item, 'values');
    checkShape(values, listOf(text));
    return { key: String(key.value), operator, values: itemsAt(values).map((each) => String(each.value)) };
  });
  const canonical = fieldAt(place, 'text');
  if (canonical.value !== selectorOf(requirements).text)
    throw new DecodeError(canonical.path, 'does not say what the requirements say');
}
