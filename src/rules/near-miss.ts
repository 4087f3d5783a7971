import { type Labels, meets, type Requirement, requirementText, type Selector } from '../model/selector.ts';
import { Kept } from '../platform/kept.ts';
import { type Unit, weightOf } from '../world/unit.ts';

/**
 * Tells slips (`chekout` for `checkout`) from things that merely do not exist yet. Rules about what exists are loud only
 * for slips, because policies are rightly applied before the pods they speak of. Everything here is bounded: in the
 * length of the texts, in the number of edits, and in how many objects are compared.
 */
const lengthMax = 63;
const comparedMax = 1000;

/** Keys by which people name the same thing: what a workload is. */
const nameKeys: ReadonlySet<string> = new Set([
  'app',
  'name',
  'k8s-app',
  'run',
  'application',
  'app.kubernetes.io/name',
]);

/** Keys whose new values are most often new workloads, not slips. */
const partKeys: ReadonlySet<string> = new Set([
  'component',
  'instance',
  'release',
  'part-of',
  'role',
  'tier',
]);

/** A label that was asked for and the one that is there instead. */
export interface LabelSlip {
  readonly asked: string;
  readonly found: string;
}

/** A slip and how many pods bear the label that was probably meant. */
export interface PodSlip extends LabelSlip {
  readonly units: readonly Unit[];
  readonly pods: number;
  /** Is it the only label that may have been meant? */
  readonly only: boolean;
}

/** For so many peers of one policy a near miss is looked for: an answer has few lines and must not wait for more. */
export const soughtMax = 24;

/**
 * Is one text likely meant for the other? Case and separators never matter. Otherwise each part between separators may
 * differ by one edit from four letters on, by two from ten on. Texts that differ in digits only are siblings (`web-1`,
 * `web-2`), not slips, and so are short ones (`api`, `app`).
 */
export function isSlip(a: string, b: string): boolean {
  return slipsOf(a)(b);
}

/** The same for one text and many others. */
export function slipsOf(a: string): (b: string) => boolean {
  const left = partsOf(a);
  const isFar = farFrom(a);
  return (b) => {
    if (a === b || a.length > lengthMax || b.length > lengthMax || isFar(b)) return false;
    const right = partsOf(b);
    if (left.join('') === right.join('')) return true;
    if (withoutDigits(left) === withoutDigits(right)) return false;
    if (left.length !== right.length) return isNear(left.join(''), right.join(''));
    return left.every((part, i) => part === right[i] || isNear(part, right[i] ?? ''));
  };
}

/**
 * Says at once of most texts that they cannot be slips: each part may differ by two edits, and each edit changes how
 * often two letters occur at most.
 */
function farFrom(a: string): (b: string) => boolean {
  const counts = new Int8Array(26);
  let letters = 0;
  for (let i = 0; i < a.length; i += 1) {
    const letter = letterAt(a, i);
    if (letter < 0) continue;
    counts[letter] = (counts[letter] ?? 0) + 1;
    letters += 1;
  }
  const most = 4 * (1 + a.length - letters);
  return (b) => {
    let apart = letters;
    for (let i = 0; i < b.length; i += 1) {
      const letter = letterAt(b, i);
      if (letter < 0) continue;
      const left = counts[letter] ?? 0;
      apart += left > 0 ? -1 : 1;
      counts[letter] = left - 1;
    }
    // The counts are those of the one text again for the next.
    for (let i = 0; i < b.length; i += 1) {
      const letter = letterAt(b, i);
      if (letter >= 0) counts[letter] = (counts[letter] ?? 0) + 1;
    }
    return apart > most;
  };
}

/** 0 to 25 for a letter of either case, -1 for everything else. */
function letterAt(text: string, place: number): number {
  const letter = (text.charCodeAt(place) | 32) - 97;
  return letter >= 0 && letter < 26 ? letter : -1;
}

function partsOf(text: string): string[] {
  return text.toLowerCase().split(/[-_./]+/);
}

function withoutDigits(parts: readonly string[]): string {
  return parts.join('').replaceAll(/\d/g, '');
}

function isNear(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  if (shorter < 4) return false;
  const most = shorter < 10 ? 1 : 2;
  return Math.abs(a.length - b.length) <= most && editDistance(a, b) <= most;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let twoAgo: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(swaps ? Math.min(best, (twoAgo[j - 2] ?? 0) + 1) : best);
    }
    twoAgo = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The slip that keeps a selector from matching these labels: exactly one requirement fails, and by little. */
export function labelSlip(selector: Selector, labels: Labels): LabelSlip | null {
  return slipsFrom(selector)(labels);
}

/** The same for one selector and the labels of many. */
export function slipsFrom(selector: Selector): (labels: Labels) => LabelSlip | null {
  const nearTo = new Kept<string, (value: string) => boolean>();
  const meant = new Kept<Requirement, Kept<string, boolean>>();
  // Of many objects most have one of few values.
  const isMeant = (unmet: Requirement, value: string): boolean =>
    meant
      .of(unmet, () => new Kept())
      .of(value, () => {
        const isNear = (wanted: string): boolean => nearTo.of(wanted, () => slipsOf(wanted))(value);
        return unmet.values.some(isNear) || refines(selector, unmet, value);
      });
  return (labels) => {
    const unmet = onlyUnmet(selector, labels);
    if (unmet === null || unmet.operator !== 'In') return null;
    const value = labels.get(unmet.key);
    if (value !== undefined)
      return isMeant(unmet, value) ? { asked: requirementText(unmet), found: `${unmet.key}=${value}` } : null;
    const borne = [...labels].filter(([, other]) => unmet.values.includes(other));
    for (const [key, other] of borne.sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (similarKeys(unmet.key, key)) return { asked: requirementText(unmet), found: `${key}=${other}` };
    }
    return null;
  };
}

/** The requirement that fails where exactly one does, or null. Most often the first two do. */
function onlyUnmet({ requirements }: Selector, labels: Labels): Requirement | null {
  let unmet: Requirement | null = null;
  for (const requirement of requirements) {
    if (meets(requirement, labels)) continue;
    if (unmet !== null) return null;
    unmet = requirement;
  }
  return unmet;
}

/** The name matches and a lesser label (`env`, `version`) has another value: it is that workload that is meant. */
function refines({ requirements }: Selector, unmet: Requirement, value: string): boolean {
  if (nameKeys.has(unmet.key) || partKeys.has(lastSegment(unmet.key))) return false;
  if (!requirements.some(({ key, operator }) => operator === 'In' && nameKeys.has(key))) return false;
  return !unmet.values.some((wanted) => withoutDigits([wanted]) === withoutDigits([value]));
}

function similarKeys(a: string, b: string): boolean {
  if ((nameKeys.has(a) && nameKeys.has(b)) || isSlip(a, b)) return true;
  const [shorter = '', longer = ''] = [lastSegment(a), lastSegment(b)].sort((x, y) => x.length - y.length);
  return shorter === longer || (shorter.length >= 3 && longer.startsWith(shorter));
}

function lastSegment(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The slip that most pods speak for, or null; pods beyond the first thousand units are not asked. */
export function podSlip(selector: Selector, units: Iterable<Unit>): PodSlip | null {
  const found = new Map<string, { slip: LabelSlip; units: Unit[]; pods: number }>();
  const slipIn = slipsFrom(selector);
  let compared = 0;
  for (const unit of units) {
    compared += 1;
    if (compared > comparedMax) break;
    const slip = slipIn(unit.labels);
    if (slip === null) continue;
    const entry = found.get(slip.found) ?? { slip, units: [], pods: 0 };
    entry.units.push(unit);
    entry.pods += weightOf(unit);
    found.set(slip.found, entry);
  }
  const [best] = [...found.values()].sort(
    (a, b) => b.pods - a.pods || (a.slip.found < b.slip.found ? -1 : 1),
  );
  if (best === undefined) return null;
  return { ...best.slip, units: best.units, pods: best.pods, only: found.size === 1 };
}
