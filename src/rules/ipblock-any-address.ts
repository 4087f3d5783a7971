import type { Level, Severity } from '../model/finding.ts';
import {
  type AddressBlock,
  type AddressRange,
  type BlockPeer,
  type Clause,
  clausesOf,
  directions,
} from '../model/policy.ts';
import type { Profile } from '../model/profile.ts';
import { parseCidr } from '../sets/addresses.ts';
import { isOutsideFacing } from './outside-facing.ts';
import { clausePorts, portsKeyOf } from './phrases.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R26. An ipBlock holds an eighth of all addresses or more: `0.0.0.0/0`, `::/0`, or a half of either. That is the whole
 * internet, and for egress every place that data can be taken to.
 */
export const ipblockAnyAddress: PolicyRule = {
  id: 'ipblock-any-address',
  number: 'R26',
  title: 'An ipBlock holds nearly every address',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'namespace',
  page: {
    why: `
      \`0.0.0.0/0\` or a half of it is the whole internet. For ingress that is everybody who has a route
      to the pod, for egress every place that data can be taken to.`,
    fix: `
      Name the ranges that are meant. For "the internet, but nothing inside" leave the private and
      link-local ranges out with \`except\`.`,
    fine: `
      An info for egress to listed ports, for pods behind a LoadBalancer, a NodePort or a webhook, and
      where \`except\` leaves out the private and link-local ranges.`,
    platforms: `
      Plugins differ on whether such a block matches pods and nodes as well: on Cilium it does not. Some
      versions of Cilium took \`0.0.0.0/0\` for IPv6 too.`,
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const clause of directions.flatMap((direction) => clausesOf(input.policy, direction))) {
      for (const peer of clause.peers === 'any' ? [] : clause.peers) {
        if (peer.kind !== 'block' || !isWide(peer.block)) continue;
        const key = `${clause.direction} ${peer.key} ${portsKeyOf(clause)}`;
        // Some plugins make two blocks of the one that is written.
        if (told.has(key) || told.has(peer.origin)) continue;
        told.add(key).add(peer.origin);
        yield draftOf(input, clause, peer, key);
      }
    }
  },
};

function draftOf(input: PolicyInput, clause: Clause, { block, origin }: BlockPeer, key: string): Draft {
  const [cidr = block.text, excepts] = block.text.split(' except ');
  const text = excepts === undefined ? cidr : `${cidr} with exceptions`;
  const verb = clause.direction === 'ingress' ? 'admits' : 'reaches';
  const pods = alsoPods[input.world.profile.ipBlockPods];
  return {
    key,
    at: `${origin}.ipBlock.cidr`,
    happens: [`${text} ${verb} nearly the whole internet${pods} on ${clausePorts(clause)}`],
    advice: ['name the ranges that are meant'],
    affected: [],
    severity: severityOf(input, clause, block),
  };
}

const alsoPods: Readonly<Record<Profile['ipBlockPods'], string>> = {
  matches: ', pods too,',
  unknown: ', with some plugins pods too,',
  'does-not-match': '',
};

function isWide({ family, range }: AddressBlock): boolean {
  const size = range.last - range.first + 1n;
  return size >= 1n << (family === 4 ? 29n : 125n);
}

function severityOf(
  input: PolicyInput,
  clause: Clause,
  block: AddressBlock,
): Readonly<Record<Level, Severity>> {
  if (leavesOutPrivate(block) || isOutsideFacing(input, clause)) return always('info');
  if (clause.direction === 'ingress') return { baseline: 'info', restricted: 'error' };
  return clause.ports === 'any' ? { baseline: 'info', restricted: 'warning' } : always('info');
}

const privateRanges: Readonly<Record<4 | 6, readonly AddressRange[]>> = {
  4: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'].flatMap(rangeOf),
  6: ['fc00::/7', 'fe80::/10'].flatMap(rangeOf),
};

function rangeOf(text: string): AddressRange[] {
  const parsed = parseCidr(text);
  return parsed === null ? [] : [parsed.range];
}

function leavesOutPrivate({ family, range, except }: AddressBlock): boolean {
  return privateRanges[family].every(
    ({ first, last }) =>
      last < range.first ||
      first > range.last ||
      except.some((part) => part.first <= first && last <= part.last),
  );
}
