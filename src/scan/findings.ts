import type { Finding, Phrase, Severity } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { findingId } from '../review/finding-id.ts';
import type { ScannedFinding } from '../review/scan-policy.ts';

/** These say that something does not exist yet: the scan reports them "once they are 15 minutes old". */
const patientRules: ReadonlySet<string> = new Set(['R07', 'R08', 'R09', 'R10', 'R11', 'R12']);
const patienceMs = 15 * 60_000;

/** What is told of a finding. In a large cluster tens of thousands stand, and each names all the pods that it concerns. */
export interface Told
  extends Pick<Finding, 'rule' | 'number' | 'object' | 'key' | 'confidence' | 'at' | 'happens' | 'advice'> {
  /** How many pods it concerns. */
  readonly pods: number;
}

/** A finding that stands, under the name that it has on every channel. */
export interface Found {
  readonly id: string;
  readonly finding: Told;
  readonly severity: Severity;
  readonly policy: CompiledPolicy;
  /** From when on it is told; monotonic milliseconds. */
  readonly tellFrom: number;
}

/** What a look at one policy brought. */
export interface PolicyLook {
  readonly policy: CompiledPolicy;
  readonly findings: readonly ScannedFinding[];
  /** Rules that were not asked or that failed: what they found before still stands. */
  readonly unknown: ReadonlySet<string>;
}

/** What is to be told of a namespace. */
export interface News {
  readonly fresh: readonly Found[];
  /** Told before, and standing still. */
  readonly standing: readonly Found[];
  readonly cured: readonly Found[];
}

/**
 * The findings that stand, by namespace, and those of them that were told. Waived ones are in neither. Pure: time is
 * given.
 */
export class Findings {
  private readonly current = new Map<string, ReadonlyMap<string, Found>>();
  private readonly told = new Map<string, Map<string, Found>>();

  /**
   * Takes what a look at a whole namespace brought. At the first sight of a namespace everything counts as old.
   *
   * @returns when the next finding is to be told that is too young now, or null.
   */
  put(namespace: string, looks: readonly PolicyLook[], now: number, sight: 'first' | 'later'): number | null {
    const before = this.current.get(namespace) ?? new Map<string, Found>();
    const found = new Map<string, Found>();
    let next = Number.POSITIVE_INFINITY;
    for (const item of looks.flatMap((look) => [...foundIn(look, now, sight), ...kept(look, before)])) {
      const tellFrom = Math.min(item.tellFrom, before.get(item.id)?.tellFrom ?? item.tellFrom);
      found.set(item.id, { ...item, tellFrom });
      if (tellFrom > now) next = Math.min(next, tellFrom);
    }
    if (found.size === 0) this.current.delete(namespace);
    else this.current.set(namespace, found);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  /** Every finding of a namespace, or of all, that is old enough. */
  *speaking(now: number, namespace?: string): IterableIterator<Found> {
    const namespaces = namespace === undefined ? [...this.current.keys()] : [namespace];
    for (const name of namespaces) {
      for (const item of this.current.get(name)?.values() ?? []) if (item.tellFrom <= now) yield item;
    }
  }

  /** What was told of a namespace and was not cured since. */
  toldOf(namespace: string): readonly Found[] {
    return [...(this.told.get(namespace)?.values() ?? [])];
  }

  /** Namespaces that have findings or had some that were told. */
  namespaces(): string[] {
    return [...new Set([...this.current.keys(), ...this.told.keys()])].sort();
  }

  /** Everything about a namespace that was not told yet; it counts as told from then on. */
  news(namespace: string, now: number): News {
    const told = this.told.get(namespace) ?? new Map<string, Found>();
    const speaking = [...this.speaking(now, namespace)];
    const cured = [...told.values()].filter(({ id }) => this.current.get(namespace)?.has(id) !== true);
    const unknown = speaking.filter(({ id }) => !told.has(id));
    const renamed = new Set(cured.map(sameButName));
    const next = new Map(speaking.map((item) => [item.id, item]));
    if (next.size === 0) this.told.delete(namespace);
    else this.told.set(namespace, next);
    return {
      // "A policy renamed in git (deleted, then created) is thus nothing."
      fresh: unknown.filter((item) => !renamed.has(sameButName(item))),
      standing: speaking.filter((item) => told.has(item.id) || renamed.has(sameButName(item))),
      cured,
    };
  }

  /**
   * Only what was cured in policies that are still there; used while policies change, when what is new may be gone in
   * the next moment, and what is gone may come back under another name. `inForce` names the policies that are there.
   */
  cures(namespace: string, inForce: ReadonlySet<string>): readonly Found[] {
    const told = this.told.get(namespace);
    const current = this.current.get(namespace);
    const cured = [...(told?.values() ?? [])].filter(
      ({ id, policy }) => current?.has(id) !== true && inForce.has(policy.ref.name),
    );
    for (const { id } of cured) told?.delete(id);
    return cured;
  }
}

function sameButName({ finding }: Found): string {
  return `${finding.rule}\n${finding.key}`;
}

function foundIn({ policy, findings }: PolicyLook, now: number, sight: 'first' | 'later'): Found[] {
  return findings
    .filter(({ waived }) => !waived)
    .map(({ finding, severity }) => {
      const patient = patientRules.has(finding.number);
      const weight = patient && isQuiet(finding) ? louder(severity) : severity;
      return {
        id: findingId(finding),
        finding: toldOf(finding, weight),
        severity: weight,
        policy,
        tellFrom: patient && sight === 'later' ? now + patienceMs : now,
      };
    });
}

const nothing: Phrase = [];

/** Infos are counted, and nobody is told their words. */
function toldOf(finding: Finding, weight: Severity): Told {
  const { rule, number, object, key, confidence, at, affected } = finding;
  const [happens, advice] = weight === 'info' ? [nothing, nothing] : [finding.happens, finding.advice];
  return { rule, number, object, key, confidence, at, happens, advice, pods: affected.length };
}

/** No near miss, so that it was an info at admission. */
function isQuiet({ severity }: Finding): boolean {
  return severity.baseline === 'info' && severity.restricted === 'info';
}

/** Time has told that it was no matter of order. */
function louder(severity: Severity): Severity {
  return severity === 'info' ? 'warning' : severity;
}

function kept({ policy, unknown }: PolicyLook, before: ReadonlyMap<string, Found>): Found[] {
  return [...before.values()].filter(
    (item) => item.policy.ref.name === policy.ref.name && unknown.has(item.finding.rule),
  );
}
