import type { BlockPeer } from '../model/policy.ts';
import { clausesOf, directions } from '../model/policy.ts';
import { rangesOf } from '../sets/addresses.ts';
import { overlaps, piecesOf, without } from '../sets/ranges.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { peersOf } from './written-clauses.ts';

/**
 * R45. An ipBlock holds no address that could ever be the other end of a connection: its exceptions together leave
 * nothing of it (the API server looks at each of them alone), or it lies in ranges that are no peers.
 *
 * Fine where anything is left; computed exactly, on the addresses. Ranges for documentation are an info, because
 * examples are full of them.
 *
 * Fix: narrow the exceptions or write the range that is meant. Platforms do not differ.
 */
export const ipblockMatchesNothing: PolicyRule = {
  id: 'ipblock-matches-nothing',
  number: 'R45',
  title: 'An ipBlock matches no address',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why:
      'An `ipBlock` is its `cidr` without everything in `except`. The API server checks that each exception is smaller than ' +
      'the range, not that something is left: `10.0.0.0/8` except its two halves is empty, and the peer admits nobody. The ' +
      'same goes for ranges whose addresses are never the other end of a connection from or to a pod: loopback, multicast, ' +
      'and `0.0.0.0/32`, which is most often a slip for `0.0.0.0/0`.',
    fix: 'Narrow the exceptions, or write the range that is meant. If nobody is meant, take the peer out.',
    fine:
      'As soon as one address is left, netsluice is silent: it computes with the addresses themselves. The ranges for ' +
      'documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32) belong to nobody and are an info, ' +
      'because manifests that are examples rightly use them.',
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const clause of directions.flatMap((direction) => clausesOf(policy, direction))) {
      for (const peer of peersOf(clause)) {
        const said = peer.kind === 'block' ? whatIsWrong(peer) : null;
        // Some plugins make two blocks of the one that is written.
        const key = `${clause.direction} ${peer.key}`;
        if (said === null || told.has(key) || told.has(peer.origin)) continue;
        told.add(key).add(peer.origin);
        yield { key, at: `${peer.origin}.ipBlock`, affected: [], ...said };
      }
    }
  },
};

/** Loopback, multicast and "this host": never the other end of a connection that a policy sees. */
const noPeers = rangesOf('0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '::/128', '::1/128', 'ff00::/8');

const documentation = rangesOf(
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20',
);

const suspect = [...noPeers, ...documentation];

function whatIsWrong({ block }: BlockPeer): Pick<Draft, 'happens' | 'advice' | 'severity'> | null {
  if (block.except.length === 0 && !suspect.some((range) => overlaps(range, block.range))) return null;
  const left = piecesOf(block);
  const [cidr = ''] = block.text.split(' except ');
  if (left.length === 0)
    return {
      happens: [`the exceptions leave nothing of ${cidr}: the peer matches nobody`],
      advice: ['narrow them, or take the peer out'],
    };
  const possible = left.flatMap((piece) => without(piece, noPeers));
  if (possible.length === 0)
    return {
      happens: [`no address of ${cidr} is ever the other end of a connection: the peer matches nobody`],
      advice: [
        cidr.startsWith('0.0.0.0/')
          ? 'write 0.0.0.0/0 if every address is meant'
          : 'write the range that is meant',
      ],
    };
  if (possible.some((piece) => without(piece, documentation).length > 0)) return null;
  return {
    happens: [`${cidr} is set aside for examples and belongs to nobody: the peer matches nobody`],
    advice: ['write the range that is meant'],
    severity: always('info'),
  };
}
