/** What one request to the API server came to, as kubectl is told. */
export interface Outcome {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The file as the user named it. */
  readonly file: string;
  readonly namespace: string;
  readonly name: string;
  readonly warnings: readonly string[];
  /** The webhook's reason, or null where it admitted the request. */
  readonly rejection: string | null;
}

/** The name of the webhook, as a ValidatingWebhookConfiguration has it. */
export const webhookName = 'validate.netsluice.dev';

const kind = 'networkpolicy.networking.k8s.io';

/** Paints a text; without a terminal it gives the text back. */
export interface Paint {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly error: (text: string) => string;
  /** A text that leads to an address where it is clicked. */
  readonly link: (text: string, url: string) => string;
}

const sgr =
  (code: number) =>
  (text: string): string =>
    text
      .split('\n')
      .map((line) => (line === '' ? '' : `\u001b[${code}m${line}\u001b[0m`))
      .join('\n');

/** "OSC 8 ; params ; URI ST": terminals that do not know it show the text alone. */
const hyperlink = (text: string, url: string): string => `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\`;

export const colours: Paint = {
  dim: sgr(2),
  bold: sgr(1),
  warning: sgr(33),
  error: sgr(31),
  link: hyperlink,
};

const same = (text: string): string => text;
export const plain: Paint = { dim: same, bold: same, warning: same, error: same, link: same };

/**
 * Colours where the stream is a terminal that has them. Node reads NO_COLOR, FORCE_COLOR and TERM for that, and a
 * stream that is no terminal does not know the question.
 */
export function paintFor(stream: { readonly hasColors?: () => boolean }): Paint {
  return stream.hasColors?.() === true ? colours : plain;
}

/** What kubectl prints for one request, standard error and standard output together, without a last line break. */
export function kubectlText(outcome: Outcome, paint: Paint): string {
  const warnings = outcome.warnings.map((warning) => paint.warning(`Warning: ${warning}`));
  const last = outcome.rejection === null ? doneText(outcome) : paint.error(refusalText(outcome));
  return [...warnings, last].join('\n');
}

function doneText({ operation, namespace, name }: Outcome): string {
  switch (operation) {
    case 'CREATE':
      return `${kind}/${name} created`;
    case 'UPDATE':
      return `${kind}/${name} configured`;
    case 'DELETE':
      return `${kind} "${name}" deleted from ${namespace} namespace`;
  }
}

/** For an update kubectl also prints the patch that it sent, which is left out here: it depends on what was applied before. */
function refusalText({ operation, file, rejection }: Outcome): string {
  const denied = `admission webhook "${webhookName}" denied the request: ${rejection}`;
  const doing = {
    CREATE: `error when creating "${file}": `,
    UPDATE: `error when patching "${file}": `,
    DELETE: '',
  };
  return `Error from server (Forbidden): ${doing[operation]}${denied}`;
}
