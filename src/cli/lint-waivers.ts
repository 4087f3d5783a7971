import { didYouMean, type Settings } from '../review/settings.ts';
import { type WaivedObject, type Waiver, waiversOf } from '../review/waivers.ts';

/** What is wrong with a waiver in a policy, and where. */
export interface WaiverFault {
  /** Path in the object. */
  readonly path: string;
  readonly message: string;
  readonly advice: string;
}

/** What is known of the rules when the waivers of one policy are looked at. */
export interface WaiverSight {
  readonly settings: Settings;
  readonly today: string;
  readonly ruleIds: readonly string[];
  /** Rules that found something in the policy, and rules that could not look at all of it. */
  readonly found: ReadonlySet<string>;
  readonly skipped: ReadonlySet<string>;
}

/** "Used, expired, malformed and unused ones are visible": waivers in the object that do not do what they seem to. */
export function waiverFaults(policy: WaivedObject, sight: WaiverSight): readonly WaiverFault[] {
  const own = waiversOf(policy, sight.settings, sight.today).filter(({ from }) => from === 'object');
  return own.flatMap((waiver) => {
    const said = faultOf(waiver, sight);
    if (said === null) return [];
    const [message, advice] = said;
    return [{ path: `metadata.annotations[netsluice.dev/waive.${waiver.rule}]`, message, advice }];
  });
}

function faultOf({ rule, until, state }: Waiver, sight: WaiverSight): readonly [string, string] | null {
  if (!sight.ruleIds.includes(rule))
    return [`there is no rule "${rule}" to waive${didYouMean(rule, sight.ruleIds)}`, ''];
  if (state === 'malformed')
    return [`the waiver of ${rule} does not count`, 'write "reason; until=YYYY-MM-DD", both of them'];
  if (state === 'expired')
    return [`the waiver of ${rule} ended on ${until}`, 'mend what it waived, or drop it'];
  // A rule that was skipped may have had something to say.
  if (sight.found.has(rule) || sight.skipped.has(rule)) return null;
  return [`the waiver of ${rule} waives nothing`, 'drop it'];
}
