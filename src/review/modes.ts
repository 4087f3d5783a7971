import type { Level } from '../model/finding.ts';
import type { Labels } from '../model/selector.ts';
import type { Settings } from './settings.ts';

export type Mode = 'off' | Level;

/** The level at which each mode works in one namespace. The three are independent. */
export interface Modes {
  readonly enforce: Mode;
  readonly warn: Mode;
  readonly audit: Mode;
  /** Labels whose value is none of off, baseline, restricted; they count as the default and are told. */
  readonly badLabels: readonly string[];
}

const order: readonly Mode[] = ['off', 'baseline', 'restricted'];
const modeNames = ['enforce', 'warn', 'audit'] as const;

/**
 * The modes of a namespace. A label may raise a mode above the cluster's default, and lower it only where the
 * settings name the namespace. kube-system and netsluice's own namespace start from enforce off and warn baseline,
 * whatever the cluster's default is.
 */
export function modesOf(namespace: string, labels: Labels, settings: Settings, ownNamespace: string): Modes {
  const { enforce, warn, audit, mayLower } = settings.modes;
  const guarded = namespace === 'kube-system' || namespace === ownNamespace;
  const defaults: Readonly<Record<(typeof modeNames)[number], Mode>> = guarded
    ? { enforce: 'off', warn: 'baseline', audit }
    : { enforce, warn, audit };
  const badLabels: string[] = [];
  const chosen = modeNames.map((name): Mode => {
    const label = `netsluice.dev/${name}`;
    const value = labels.get(label);
    if (value === undefined) return defaults[name];
    const wanted = order.find((candidate) => candidate === value);
    if (wanted === undefined) {
      badLabels.push(label);
      return defaults[name];
    }
    const raises = order.indexOf(wanted) > order.indexOf(defaults[name]);
    return raises || mayLower.includes(namespace) ? wanted : defaults[name];
  });
  const [first = 'off', second = 'off', third = 'off'] = chosen;
  return { enforce: first, warn: second, audit: third, badLabels };
}
