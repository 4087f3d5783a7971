import type { Clause, PortTerm } from '../model/policy.ts';
import { portMax } from '../model/port.ts';
import { type PortSet, portRuns } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import { podCount } from './pod-peers.ts';

/** Words for one pod and for several, for example `loses` and `lose`. */
export interface Verb {
  readonly one: string;
  readonly many: string;
  /** For the invented pod, for example `will lose`. */
  readonly invented: string;
}

/** `14 pods lose`, `1 pod loses`, or `any pod it selects will lose`. */
export function podsDo(units: readonly Unit[], invented: 'invented' | 'real', verb: Verb): string {
  if (invented === 'invented') return `any pod it selects ${verb.invented}`;
  const count = podCount(units);
  return `${count} ${/^1 (planned )?pod\b/.test(count) ? verb.one : verb.many}`;
}

/** How a rule's input tells whether its pods are invented. */
export function kindOfPods({ invented }: { readonly invented: boolean }): 'invented' | 'real' {
  return invented ? 'invented' : 'real';
}

/** The ports as a resolver is asked: `UDP+TCP 53`, or `TCP 5353` where there is only one protocol. */
export function protocolsFirst(set: PortSet): string {
  const byPort = new Map<string, string[]>();
  for (const { protocol, from, to } of portRuns(set)) {
    const port = from === to ? `${from}` : `${from}-${to}`;
    byPort.set(port, [protocol, ...(byPort.get(port) ?? [])]);
  }
  return [...byPort].map(([port, protocols]) => `${protocols.join('+')} ${port}`).join(', ');
}

/** The ports of a clause in words, at most three: `8080/TCP`, `http/TCP`, `all ports`. */
export function clausePorts({ ports }: Clause): string {
  if (ports === 'any') return 'all ports';
  const texts = [...new Set(ports.map(termText))];
  return texts.length > 3 ? `${texts.slice(0, 3).join(',')},…` : texts.join(',');
}

/** The same for clauses that list equal ports in whatever order; for keys. */
export function portsKeyOf({ ports }: Pick<Clause, 'ports'>): string {
  return ports === 'any' ? 'all' : [...new Set(ports.map(termText))].sort().join(',');
}

function termText(term: PortTerm): string {
  if (term.kind === 'named') return `${term.name}/${term.protocol}`;
  if (term.from === 1 && term.to === portMax) return `all ${term.protocol}`;
  return term.from === term.to ? `${term.from}/${term.protocol}` : `${term.from}-${term.to}/${term.protocol}`;
}
