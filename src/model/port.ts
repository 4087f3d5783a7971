/** "Only TCP, UDP and SCTP are defined"; a clause without ports means these three, ports 1–65535. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

export const portMax = 65_535;

/** Narrows text to a protocol; the API compares exactly, so `tcp` is none. */
export function isProtocol(value: unknown): value is Protocol {
  return value === 'TCP' || value === 'UDP' || value === 'SCTP';
}

/**
 * A port that a container declares. `certain` is false where only an ordinary init container declares the name:
 * network plugins differ on whether a named port in a policy resolves to it.
 */
export interface ContainerPort {
  readonly name: string | null;
  readonly number: number;
  readonly protocol: Protocol;
  readonly certain: boolean;
}

/** A port named by number or by the name a container gives it. */
export type PortName = number | string;
