import type { RowEnd } from '../impact/connections.ts';
import type { Protocol } from '../model/port.ts';
import type { PortLists } from '../report/connections.ts';
import { formatAddress } from '../sets/addresses.ts';
import { type PortSet, portRuns } from '../sets/port-set.ts';

/** Many rows share one set of ports, which is written once. */
export function portLists(): (set: PortSet) => PortLists {
  const known = new Map<PortSet, PortLists>();
  return (set) => {
    const found = known.get(set) ?? listsOf(set);
    known.set(set, found);
    return found;
  };
}

function listsOf(set: PortSet): PortLists {
  const runs = portRuns(set);
  const of = (wanted: Protocol): string[] =>
    runs
      .filter(({ protocol }) => protocol === wanted)
      .map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
}

/** The id of an end, or `ip:FIRST-LAST`. */
export function idOf(end: RowEnd): string {
  return typeof end === 'string' ? end : `ip:${formatAddress(end.first)}-${formatAddress(end.last)}`;
}
