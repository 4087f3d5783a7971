import type { NetworkPolicy } from '../model/network-policy.ts';
import type { Settings } from './settings.ts';

const prefix = 'netsluice.dev/waive.';

/** A waiver found in the object or the settings, and whether it counts. */
export interface Waiver {
  readonly rule: string;
  readonly reason: string;
  /** Last day on which it holds, UTC; empty where it is malformed. */
  readonly until: string;
  readonly from: 'object' | 'settings';
  readonly state: 'valid' | 'expired' | 'malformed' | 'not-permitted';
}

/** What waivers are read from. */
export type WaivedObject = Pick<NetworkPolicy, 'namespace' | 'name' | 'annotations'>;

/** Every waiver that concerns a policy. Those in the object need the settings' leave for their rule and namespace. */
export function waiversOf(policy: WaivedObject, settings: Settings, today: string): readonly Waiver[] {
  const found: Waiver[] = [];
  for (const [key, value] of policy.annotations) {
    if (!key.startsWith(prefix)) continue;
    const rule = key.slice(prefix.length);
    const { reason, until } = parseWaiver(value);
    found.push({
      rule,
      reason,
      until,
      from: 'object',
      state: objectState(rule, policy.namespace, until, settings, today),
    });
  }
  for (const { rule, namespace, name, reason, until } of settings.waivers) {
    if (namespace !== policy.namespace || name !== policy.name) continue;
    found.push({ rule, reason, until, from: 'settings', state: until >= today ? 'valid' : 'expired' });
  }
  return found;
}

function objectState(
  rule: string,
  namespace: string,
  until: string,
  settings: Settings,
  today: string,
): Waiver['state'] {
  const permitted = settings.waiversAllowed.some(
    ({ rules, namespaces }) => holds(rules, rule) && holds(namespaces, namespace),
  );
  if (!permitted) return 'not-permitted';
  if (until === '') return 'malformed';
  return until >= today ? 'valid' : 'expired';
}

function holds(list: readonly string[], item: string): boolean {
  return list.includes('*') || list.includes(item);
}

/** `reason; until=YYYY-MM-DD`, both required; anything else is malformed and counts as no waiver. */
export function parseWaiver(text: string): { readonly reason: string; readonly until: string } {
  const mark = text.lastIndexOf('; until=');
  const reason = mark < 0 ? '' : text.slice(0, mark).trim();
  const until = mark < 0 ? '' : text.slice(mark + '; until='.length).trim();
  return reason !== '' && isDay(until) ? { reason, until } : { reason: '', until: '' };
}

/** A day of the calendar as YYYY-MM-DD; the 30th of February is read as the 2nd of March, and so is none. */
function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/**
 * Is the rule waived? Where several well-formed and permitted waivers disagree the strictest wins: the one that ends
 * first decides.
 */
export function isWaived(rule: string, waivers: readonly Waiver[]): boolean {
  const counting = waivers.filter(
    (waiver) => waiver.rule === rule && waiver.state !== 'malformed' && waiver.state !== 'not-permitted',
  );
  return counting.length > 0 && counting.every(({ state }) => state === 'valid');
}
