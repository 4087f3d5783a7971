import type { Finding } from '../model/finding.ts';
import type { Found } from './findings.ts';

/** Where netsluice itself is called; without the name of its Service every callback into its namespace counts. */
export interface OwnService {
  readonly namespace: string;
  readonly service: string | null;
}

/** Does the finding say that the API server cannot call netsluice itself? The rule's key is `Kind/service:port`. */
export function isOwnCutOff(
  { number, object, key }: Pick<Finding, 'number' | 'object' | 'key'>,
  { namespace, service }: OwnService,
): boolean {
  if (number !== 'R17' || namespace === '' || object.namespace !== namespace) return false;
  const target = key.slice(key.lastIndexOf('/') + 1);
  return service === null || target.slice(0, target.lastIndexOf(':')) === service;
}

/** What readiness says of it, or null. It degrades only: who is not ready is not called either. */
export function guardNote(speaking: Iterable<Found>, own: OwnService): string | null {
  const policies = [...speaking]
    .filter(({ finding }) => isOwnCutOff(finding, own))
    .map(({ policy }) => `${policy.ref.namespace}/${policy.ref.name}`);
  const [first] = policies.sort();
  if (first === undefined) return null;
  const more = policies.length > 1 ? ` and ${policies.length - 1} more` : '';
  return `the policy ${first}${more} keeps the API server from calling netsluice`;
}
