import type { Level } from '../model/finding.ts';
import type { CompiledPolicy } from '../model/policy.ts';
import { modesOf } from './modes.ts';
import {
  namespacesWithPolicies,
  policiesInForce,
  policyCreatedNow,
  type ScanContext,
  type ScannedFinding,
} from './scan-policy.ts';

/** A policy in force that would be rejected if it were created now. */
export interface WouldReject {
  readonly policy: CompiledPolicy;
  /** The level that is enforced there: the one asked about, or a higher one by the namespace's own label. */
  readonly level: Level;
  /** The findings that reject, worst first. */
  readonly findings: readonly ScannedFinding[];
}

/** What a policy in force would meet under the level that is asked about. */
export type RolloutLook =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'not-enforced'; readonly because: 'exempt' | 'off' }
  | { readonly kind: 'rejected'; readonly rejected: WouldReject }
  /** Rules that threw; what they would have said is not known. */
  | { readonly kind: 'failed'; readonly rules: readonly string[] };

/** Every policy in force, in the order of their names. */
export function policiesToLookAt({ world }: ScanContext): readonly CompiledPolicy[] {
  return policiesInForce(world, namespacesWithPolicies(world));
}

/**
 * Would the policy be rejected if it were created now, with the cluster's default for enforce at `level`? Labels of
 * namespaces, exemptions, waivers and severities by rule hold as they do for the webhook.
 */
export function lookAtRollout(
  policy: CompiledPolicy,
  level: Level,
  context: ScanContext,
  ownNamespace: string,
): RolloutLook {
  const { namespace } = policy.ref;
  const { settings, world } = context;
  if (settings.exempt.namespaces.includes(namespace)) return { kind: 'not-enforced', because: 'exempt' };
  const asked = { ...settings, modes: { ...settings.modes, enforce: level } };
  const { enforce } = modesOf(namespace, world.namespaceLabels(namespace), asked, ownNamespace);
  if (enforce === 'off') return { kind: 'not-enforced', because: 'off' };
  const { findings, failed } = policyCreatedNow(policy, enforce, context);
  const rejecting = findings.filter(({ rejects, waived }) => rejects && !waived);
  if (rejecting.length > 0)
    return { kind: 'rejected', rejected: { policy, level: enforce, findings: rejecting } };
  return failed.length === 0
    ? { kind: 'admitted' }
    : { kind: 'failed', rules: failed.map(({ rule }) => rule) };
}
