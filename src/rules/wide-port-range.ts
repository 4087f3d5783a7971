import type { AddressBlock, Clause } from '../model/policy.ts';
import { type Protocol, portMax } from '../model/port.ts';
import { holdsNode } from '../platform/cluster-ranges.ts';
import { rangesOf } from '../sets/addresses.ts';
import { overlaps, piecesOf } from '../sets/ranges.ts';
import type { World } from '../world/world.ts';
import { peersKey } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { peersOf, type WrittenPort, writtenPorts } from './written-clauses.ts';

/**
 * R43. A port range is wider than a thousand ports, or takes in ports by which machines are administered: SSH, etcd, the
 * API server, the kubelet. Whoever writes 1-65535 means "all", and gets those too.
 *
 * Fine for what comes in ranges: NodePorts (30000-32767), ports from 49152 on, and media streams (UDP from 10000 on).
 *
 * Fix: narrow the range, or leave `ports` out where all is meant. Platforms do not differ.
 */
export const widePortRange: PolicyRule = {
  id: 'wide-port-range',
  number: 'R43',
  title: 'A port range is very wide, or takes in ports of administration',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why:
      'A wide range allows whatever happens to listen in it, now and later. Ranges such as 1-65535 are written where "all" ' +
      'is meant, and take in the ports by which machines are administered: 22 (SSH), 2379 (etcd), 6443 (the API server) ' +
      'and 10250 (the kubelet, which runs commands in every pod of its node). Towards nodes, 2379 and 10250 are a ' +
      'way out of the namespace.',
    fix: 'Write the ports that are served. Where every port is meant, leave `ports` out: it says so openly.',
    fine:
      'Some protocols need ranges: the NodePort range 30000-32767, dynamic ports from 49152 on (passive FTP), media ' +
      'streams over UDP from 10000 on (SIP, RTP). Netsluice is silent about ranges within these, and about others of up ' +
      'to 1000 ports without a port of administration. At level `restricted` it warns only where 2379 or 10250 is ' +
      'allowed towards addresses that may be those of nodes.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const item of writtenPorts(input.policy)) {
      const { clause, protocol, port, endPort, at } = item;
      if (typeof port !== 'number' || endPort === null || isUsual(protocol, port, endPort)) continue;
      const administered = administrationIn(protocol, port, endPort);
      const ports = endPort - port + 1;
      const key = `${clause.direction} ${port}-${endPort}/${protocol} ${peersKey(clause)}`;
      if ((ports <= portsMax && administered.length === 0) || port === endPort || told.has(key)) continue;
      told.add(key);
      const among = administered.length === 0 ? '' : `, ${listText(administered)} among them`;
      const exposed = administered.some((each) => each === 2379 || each === 10250);
      yield {
        key,
        at: `${at}.endPort`,
        happens: [`${port}-${endPort}/${protocol} allows ${ports} ports${among}`],
        advice: ['write the ports that are served'],
        affected: [],
        ...(exposed && towardsNodes(input.world, clause)
          ? { severity: { baseline: 'info' as const, restricted: 'warning' as const } }
          : {}),
      };
    }
  },
};

const portsMax = 1000;

/** SSH, etcd, the API server, the kubelet. All of them speak TCP. */
const administration: readonly number[] = [22, 2379, 6443, 10250];

function administrationIn(protocol: Protocol, from: number, to: number): readonly number[] {
  return protocol === 'TCP' ? administration.filter((port) => from <= port && port <= to) : [];
}

function isUsual(protocol: WrittenPort['protocol'], from: number, to: number): boolean {
  const nodePorts = from >= 30_000 && to <= 32_767;
  const media = protocol === 'UDP' && from >= 10_000;
  return nodePorts || media || (from >= 49_152 && to <= portMax);
}

function listText(ports: readonly number[]): string {
  const last = ports.at(-1) ?? '';
  return ports.length < 2 ? `${last}` : `${ports.slice(0, -1).join(', ')} and ${last}`;
}

/** Where nodes have their addresses, as long as none is known. */
const privateRanges = rangesOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7');

/** May the clause reach a node? Selectors never match one. */
function towardsNodes(world: World, clause: Clause): boolean {
  if (clause.direction === 'ingress') return false;
  if (clause.peers === 'any') return true;
  const blocks = peersOf(clause).flatMap((peer) => (peer.kind === 'block' ? [peer.block] : []));
  if (blocks.length === 0 || world.profile.ipBlockNodes === 'does-not-match') return false;
  return holdsNode(world, blocks.flatMap(piecesOf)) ?? blocks.some(holdsPrivate);
}

function holdsPrivate(block: AddressBlock): boolean {
  return piecesOf(block).some((piece) => privateRanges.some((range) => overlaps(piece, range)));
}
