import { sanitise } from '../review/words.ts';
import type { Paint } from './terminal.ts';

/** Sorted, merged ranges of ports such as `80` and `8000-8080`; every protocol is there. */
export interface PortLists {
  readonly TCP: readonly string[];
  readonly UDP: readonly string[];
  readonly SCTP: readonly string[];
}

/** Both directions of one thing. */
interface BothWays {
  readonly ingress: boolean;
  readonly egress: boolean;
}

/** What `netsluice connections` found: `docs/schemas/connections-v1.json`. */
export interface ConnectionsDocument {
  readonly schema: 'connections/v1';
  readonly workloads: readonly {
    readonly id: string;
    readonly pods: number;
    readonly isolated: BothWays;
    readonly isolatedSome?: BothWays;
  }[];
  readonly connections: readonly ConnectionLine[];
  readonly undecided: readonly {
    readonly src: string;
    readonly dst: string;
    readonly ports: PortLists;
    readonly reason: string;
  }[];
  readonly problems: readonly { readonly file: string; readonly line?: number; readonly message: string }[];
  readonly partial: string | null;
}

export interface ConnectionLine {
  readonly src: string;
  readonly dst: string;
  readonly allow: PortLists;
  readonly allowSome?: PortLists;
}

const protocolNames = ['TCP', 'UDP', 'SCTP'] as const;

/** `8080/TCP, 53/UDP`; `all ports` for every port of all protocols. */
export function portListText(ports: PortLists): string {
  const whole = (protocol: 'TCP' | 'UDP' | 'SCTP'): boolean => ports[protocol].join() === '1-65535';
  if (protocolNames.every(whole)) return 'all ports';
  return protocolNames
    .flatMap((protocol) =>
      whole(protocol) ? [`all ${protocol}`] : ports[protocol].map((range) => `${range}/${protocol}`),
    )
    .join(', ');
}

/** Drops `[Kind]` from ids where no other id has the same name. */
export function shortNames(ids: Iterable<string>): (id: string) => string {
  const uses = new Map<string, number>();
  const bare = (id: string): string => (id.startsWith('ip:') ? id : id.replace(/\[[^\]]*\]$/, ''));
  for (const id of new Set(ids)) uses.set(bare(id), (uses.get(bare(id)) ?? 0) + 1);
  return (id) => sanitise((uses.get(bare(id)) ?? 0) > 1 ? id : addressText(bare(id)));
}

/** Every address of a family in words; one address alone, and not as a range. */
function addressText(id: string): string {
  if (id === wholeFour) return 'internet (IPv4)';
  if (id === wholeSix) return 'internet (IPv6)';
  const [first, last] = id.startsWith('ip:') ? id.slice('ip:'.length).split('-') : [];
  return first !== undefined && first === last ? `ip:${first}` : id;
}

const wholeFour = 'ip:0.0.0.0-255.255.255.255';
const wholeSix = 'ip:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** For a person: each source with its ports, and whom it reaches on them. */
export function connectionsText(document: ConnectionsDocument, paint: Paint): string {
  const name = shortNames(document.workloads.map(({ id }) => id));
  const open = document.workloads.filter(
    ({ isolated, isolatedSome }) => !isolated.ingress && !isolatedSome?.ingress,
  );
  const named = { name, open: open.length > 1 ? open.map(({ id }) => id) : [] };
  const blocks = [...bySource(document.connections)].map(({ src, rows }) => ({
    title: name(src),
    lines: [...byPorts(rows)].map(
      ([ports, destinations]) => `  -> ${destinationsText(destinations, src, named)}: ${ports}`,
    ),
  }));
  const lines = withoutFamilies(blocks).flatMap((block) => [paint.bold(block.title), ...block.lines]);
  for (const { src, dst, ports, reason } of document.undecided)
    lines.push(paint.warning(`unknown: ${name(src)} -> ${name(dst)}: ${portListText(ports)} (${reason})`));
  if (named.open.length > 0)
    lines.push(paint.dim(`whoever is not isolated for ingress: ${named.open.map(name).join(', ')}`));
  const isolated = isolatedText(document);
  const more =
    document.partial === null ? [] : [paint.warning(`not examined: ${sanitise(document.partial)}`)];
  return [...lines, isolated, totalText(document), ...more].join('\n');
}

/** Ids as text; `open` are those that are told by one phrase where all of them are meant. */
interface Naming {
  readonly name: (id: string) => string;
  readonly open: readonly string[];
}

/** A pod that stands alone does not reach itself, and is meant by the phrase all the same. */
function destinationsText(ids: readonly string[], src: string, { name, open }: Naming): string {
  const whole = open.length > 0 && open.every((id) => id === src || ids.includes(id));
  const rest = whole ? ids.filter((id) => !open.includes(id)) : ids;
  const names = rest.map(name);
  const both = families.every((one) => names.includes(one));
  return [
    ...(both ? ['internet'] : []),
    ...(whole ? ['whoever is not isolated for ingress'] : []),
    ...names.filter((one) => !(both && families.includes(one))),
  ].join(', ');
}

const families: readonly string[] = ['internet (IPv4)', 'internet (IPv6)'];

interface Block {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The internet is one source where both families reach the same. */
function withoutFamilies(blocks: readonly Block[]): readonly Block[] {
  const [four, six] = families.map((title) => blocks.find((block) => block.title === title));
  if (four === undefined || six === undefined || four.lines.join() !== six.lines.join()) return blocks;
  return [
    { title: 'internet', lines: four.lines },
    ...blocks.filter((block) => block !== four && block !== six),
  ];
}

function* bySource(rows: readonly ConnectionLine[]): Iterable<{ src: string; rows: ConnectionLine[] }> {
  const groups = new Map<string, ConnectionLine[]>();
  for (const row of rows) {
    const group = groups.get(row.src) ?? [];
    group.push(row);
    groups.set(row.src, group);
  }
  for (const [src, group] of groups) yield { src, rows: group };
}

/** Destinations by what is allowed towards them, as one text. */
function byPorts(rows: readonly ConnectionLine[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { dst, allow, allowSome } of rows) {
    const every = portListText(allow);
    const some = allowSome === undefined ? '' : `${portListText(allowSome)} between some pods only`;
    const text = [every, some].filter((part) => part !== '').join('; ');
    const group = groups.get(text) ?? [];
    group.push(dst);
    groups.set(text, group);
  }
  return groups;
}

function isolatedText({ workloads }: ConnectionsDocument): string {
  const count = (direction: 'ingress' | 'egress'): string => {
    const all = workloads.filter(({ isolated }) => isolated[direction]).length;
    const some = workloads.filter(({ isolatedSome }) => isolatedSome?.[direction] === true).length;
    return `${all} for ${direction}${some === 0 ? '' : ` (and ${some} in part)`}`;
  };
  return `isolated: ${count('ingress')}, ${count('egress')}, of ${workloads.length}`;
}

function totalText({ connections, undecided }: ConnectionsDocument): string {
  const rows = `${connections.length} ${connections.length === 1 ? 'connection' : 'connections'}`;
  return `${rows}${undecided.length === 0 ? '' : `, ${undecided.length} undecided`}; what is not listed is blocked`;
}

/** A table for a page or a comment. */
export function connectionsMarkdown(document: ConnectionsDocument): string {
  const name = shortNames(document.workloads.map(({ id }) => id));
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = document.connections.map(({ src, dst, allow, allowSome }) => {
    const some = allowSome === undefined ? '' : portListText(allowSome);
    return `| ${[name(src), name(dst), portListText(allow), some].map(cell).join(' | ')} |`;
  });
  const doubts = document.undecided.map(
    ({ src, dst, ports, reason }) =>
      `- ${cell(name(src))} → ${cell(name(dst))}: ${portListText(ports)} (${reason})`,
  );
  return [
    '| From | To | Ports | Between some pods only |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    `${totalText(document)}.`,
    ...(doubts.length === 0 ? [] : ['', 'Unknown:', '', ...doubts]),
    ...(document.partial === null ? [] : ['', `Not examined: ${sanitise(document.partial)}`]),
  ].join('\n');
}
