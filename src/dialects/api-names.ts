// What the API allows as names, label keys and label values: every function gives the sentences with which
// kube-apiserver refuses a text, none where it is fine. Lengths are bytes, as the server counts them.

const labelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`;
const keyFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const keyName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const keyProblem =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** `metadata.name`: a DNS-1123 subdomain. */
export function subdomainFaults(
  text: string,
  unit: 'bytes' | 'characters' = 'characters',
): readonly string[] {
  const shape =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
    'and end with an alphanumeric character';
  return [
    ...longerThan(text, 253, unit),
    // The bound keeps hostile text from the pattern; what is longer than a name can be is refused already.
    ...(text.length <= 1000 && subdomain.test(text)
      ? []
      : [patternText(shape, ['example.com'], subdomainFormat)]),
  ];
}

/** "NameIsDNSSubdomain … prefix": a dash at the end of `generateName` is fine. */
export function generatedNameFaults(text: string): readonly string[] {
  const whole = text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text;
  return subdomainFaults(whole);
}

/** A label key, annotation key or finalizer: a name, and a DNS name with `/` before it where one is wanted. */
export function labelKeyFaults(text: string): readonly string[] {
  const examples = ['MyName', 'my.name', '123-abc'];
  const [first = '', second, third] = text.split('/', 3);
  if (third !== undefined) {
    const tail = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    return [`a valid label key ${patternText(keyProblem, examples, keyFormat)}${tail}`];
  }
  const name = second ?? first;
  const faults = second === undefined ? [] : prefixFaults(first);
  if (name === '') faults.push('name part must be non-empty');
  else faults.push(...longerThan(name, 63, 'bytes').map((fault) => `name part ${fault}`));
  if (!keyName.test(name)) faults.push(`name part ${patternText(keyProblem, examples, keyFormat)}`);
  return faults;
}

function prefixFaults(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return subdomainFaults(prefix, 'bytes').map((fault) => `prefix part ${fault}`);
}

export function labelValueFaults(text: string): readonly string[] {
  const shape =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
    'and end with an alphanumeric character';
  const fits = text === '' || keyName.test(text);
  return [
    ...longerThan(text, 63, 'bytes'),
    ...(fits ? [] : [patternText(shape, ['MyValue', 'my_value', '12345'], `(${keyFormat})?`)]),
  ];
}

/** The name of a container port. */
export function portNameFaults(text: string): readonly string[] {
  const checks: readonly (readonly [holds: boolean, fault: string])[] = [
    [/^[-a-z0-9]+$/.test(text), 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'],
    [/[a-z]/.test(text), 'must contain at least one letter (a-z)'],
    [!text.includes('--'), 'must not contain consecutive hyphens'],
    [!text.startsWith('-') && !text.endsWith('-'), 'must not begin or end with a hyphen'],
  ];
  return [
    ...longerThan(text, 15, 'characters'),
    ...checks.filter(([holds]) => !holds).map(([, fault]) => fault),
  ];
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The server speaks of bytes where it checks labels, and of characters elsewhere; it always counts bytes. */
function longerThan(text: string, max: number, unit: 'bytes' | 'characters'): string[] {
  return bytesOf(text) > max ? [`must be no more than ${max} ${unit}`] : [];
}

/** The two spaces before "or" are the server's. */
function patternText(problem: string, examples: readonly string[], format: string): string {
  const told = examples.map((example) => `'${example}', `).join(' or ');
  return `${problem} (e.g. ${told}regex used for validation is '${format}')`;
}
