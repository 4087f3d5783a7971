import { hostBits, lenientCidr, networkText, singleText } from '../sets/cidr-text.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';
import { writtenCidrs } from './written-clauses.ts';

/**
 * R46. A CIDR is not written in the one way that every reader takes alike: bits are set beyond its length, so that it
 * may mean the network or the one address, or an IPv6 address is not in the form of RFC 5952.
 *
 * Fine as long as the API server takes it: those before 1.36 only warn, and newer ones let stored values stand. Leading
 * zeros and IPv4 mapped into IPv6 are refused before any rule sees them.
 *
 * Fix: write the network, or the one address. Plugins mask the bits off.
 */
export const noncanonicalCidr: PolicyRule = {
  id: 'noncanonical-cidr',
  number: 'R46',
  title: 'A CIDR is not written in its one unambiguous form',
  judges: 'policy',
  severity: always('info'),
  confidence: 'certain',
  cure: 'none',
  needs: [],
  restsOnVerdicts: false,
  cost: 'text',
  admission: 'silent',
  page: {
    why:
      '`172.16.32.5/27` may mean the network `172.16.32.0/27` or the one address `172.16.32.5/32`, and nobody who reads it ' +
      'can tell which. Network plugins take the network. API servers used to accept such CIDRs with a warning; from ' +
      'Kubernetes 1.36 on they refuse new ones, so that the manifest fails on the next cluster. An IPv6 CIDR in a form ' +
      'that RFC 5952 does not have, such as `2001:DB8:0:0::/64`, is accepted, but tools that compare text miss it.',
    fix:
      'Write the network, or the address with `/32` (`/128` for IPv6): somebody has to say which was meant. An IPv6 CIDR ' +
      'that is only spelt otherwise is rewritten by `lint --fix`.',
    fine:
      'A policy that is stored already goes on working, after an update of the cluster too. Admission says nothing, ' +
      'because the API server itself warns or refuses.',
    platforms: '',
  },
  *check({ policy }: PolicyInput): Iterable<Draft> {
    const told = new Set<string>();
    for (const { direction, text, at } of writtenCidrs(policy).slice(0, lookedAtMax)) {
      const key = `${direction} ${text}`;
      const cidr = told.has(key) ? null : lenientCidr(text);
      const spare = cidr === null ? 0n : hostBits(cidr);
      // IPv4 without bits to spare has one form only.
      if (cidr === null || (spare === 0n && cidr.bits === 32)) continue;
      told.add(key);
      const network = networkText(cidr);
      if (spare !== 0n)
        yield {
          key,
          at,
          happens: [
            `${text} has bits set beyond its length: plugins read ${network}, API servers from 1.36 on refuse it`,
          ],
          advice: [`write ${network} for the range, or ${singleText(cidr)} for the one address`],
          affected: [],
        };
      else if (text !== network)
        yield {
          key,
          at,
          happens: [`${text} is not in the usual form, by which texts are compared`],
          advice: [`write ${network}`],
          affected: [],
          fix: [{ op: 'set', at, value: network }],
        };
    }
  },
};

/** What is wrong with more than so many CIDRs is plain from the first ones. */
const lookedAtMax = 2000;
