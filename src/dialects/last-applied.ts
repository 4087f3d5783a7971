import { typeOf } from '../model/decode/cluster-object.ts';
import { get, list } from '../model/decode/lenient.ts';
import { decodeNetworkPolicy } from '../model/decode/network-policy.ts';
import { DecodeError, isRecord } from '../model/decode/value.ts';
import { writtenPolicy } from '../model/decode/written-policy.ts';
import type { NetworkPolicy } from '../model/network-policy.ts';
import { sameValue } from '../model/same-value.ts';
import type { GivenField, WrittenDocument, WrittenPolicy } from '../model/written.ts';
import { effectiveTypes } from './network-policy.ts';
import { writtenDocument } from './written-document.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** "TotalAnnotationSizeLimitB": the API server takes no longer one. */
const lengthMax = 262_144;

/** Far more field managers than any object has. */
const managersMax = 100;

/**
 * What an object tells of how its author wrote it: the configuration that kubectl notes down, as long as the object
 * still says the same, else the fields that a server-side apply owns. Takes anything and never throws.
 */
export function writtenInObject(value: unknown, policy: NetworkPolicy): WrittenPolicy | null {
  return fromLastApplied(policy) ?? fromManagedFields(value);
}

function fromLastApplied(policy: NetworkPolicy): WrittenPolicy | null {
  const noted = policy.annotations.get(annotation);
  if (noted === undefined || noted.length > lengthMax) return null;
  const value = parsed(noted);
  const applied = decoded(value);
  return applied !== null && sayTheSame(applied, policy) ? new LastApplied(value) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function decoded(value: unknown): NetworkPolicy | null {
  try {
    return decodeNetworkPolicy(value);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** Do two policies say the same once defaults are set? */
function sayTheSame({ spec: one }: NetworkPolicy, { spec: other }: NetworkPolicy): boolean {
  if (one === null || other === null) return one === other;
  const [types, others] = [effectiveTypes(one), effectiveTypes(other)];
  return (
    (one.podSelector?.text ?? '') === (other.podSelector?.text ?? '') &&
    types.size === others.size &&
    [...types].every((type) => others.has(type)) &&
    sameValue([one.ingress, one.egress], [other.ingress, other.egress])
  );
}

/** The document is looked into where a rule asks for it: of the old version of a policy hardly any does. */
class LastApplied implements WrittenPolicy {
  readonly source = 'last-applied';
  readonly given: WrittenPolicy['given'];
  readonly emptyPeers: WrittenPolicy['emptyPeers'];
  private readonly value: unknown;
  private made: WrittenDocument | null = null;

  constructor(value: unknown) {
    const { given, emptyPeers } = writtenPolicy(value, 'last-applied');
    this.given = given;
    this.emptyPeers = emptyPeers;
    this.value = value;
  }

  get document(): WrittenDocument {
    this.made ??= writtenDocument(this.value, typeOf(this.value), '');
    return this.made;
  }
}

/** An update owns the fields that were defaulted too, so that only what an apply owns tells what somebody wrote. */
function fromManagedFields(value: unknown): WrittenPolicy | null {
  const managers = list(get(value, 'metadata', 'managedFields')).slice(0, managersMax);
  const owns = (manager: unknown, field: GivenField): boolean => {
    const spec = get(manager, 'fieldsV1', 'f:spec');
    return isRecord(spec) && Object.hasOwn(spec, `f:${field}`);
  };
  const appliers = managers.filter(
    (manager) => get(manager, 'operation') === 'Apply' && isRecord(get(manager, 'fieldsV1', 'f:spec')),
  );
  const given = (['policyTypes', 'ingress', 'egress'] as const).filter((field) =>
    appliers.some((manager) => owns(manager, field)),
  );
  const isUnclear =
    !given.includes('policyTypes') && managers.some((manager) => owns(manager, 'policyTypes'));
  if (appliers.length === 0 || isUnclear) return null;
  return { source: 'managed-fields', given: new Set(given), emptyPeers: [], document: null };
}
