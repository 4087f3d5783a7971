/** One thing that kube-apiserver refuses an object for, in the words that it uses itself. */
export interface ApiRejection {
  /** The field as the server names it, for example `spec.ingress[0].ports[0].port`; empty where it names none. */
  readonly field: string;
  /** The same place or a more exact one below it, as a path in the object: `metadata.labels[bad key]`. */
  readonly at: string;
  /** What the server says after the field, for example `Invalid value: 0: must be between 1 and 65535, inclusive`. */
  readonly body: string;
  /** What to write instead; empty where the body says it. */
  readonly help: string;
  /** API servers before this version let it through. */
  readonly since: 'ever' | '1.36';
}

/** `spec.x: Invalid value: …`, or the body alone where the server names no field. */
export function rejectionText({ field, body }: ApiRejection): string {
  return field === '' ? body : `${field}: ${body}`;
}

/** A field, and where in the object its value is written down. */
export interface Spot {
  readonly field: string;
  readonly at: string;
}

export function spotAt(path: string): Spot {
  return { field: path, at: path };
}

export function invalid(spot: Spot, value: unknown, detail: string, help = ''): ApiRejection {
  return { ...spot, body: `Invalid value: ${JSON.stringify(value)}: ${detail}`, help, since: 'ever' };
}

/** "Required" and "Forbidden" carry no value. */
export function required(spot: Spot, detail: string, help = ''): ApiRejection {
  return { ...spot, body: withDetail('Required value', detail), help, since: 'ever' };
}

export function forbidden(spot: Spot, detail: string, help = ''): ApiRejection {
  return { ...spot, body: withDetail('Forbidden', detail), help, since: 'ever' };
}

export function tooLong(spot: Spot, detail: string): ApiRejection {
  return { ...spot, body: withDetail('Too long', detail), help: '', since: 'ever' };
}

export function unsupported(spot: Spot, value: string, values: readonly string[], help = ''): ApiRejection {
  const supported = values.map((each) => JSON.stringify(each)).join(', ');
  const body = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
  return { ...spot, body, help, since: 'ever' };
}

function withDetail(kind: string, detail: string): string {
  return detail === '' ? kind : `${kind}: ${detail}`;
}
