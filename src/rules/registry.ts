import { connectionsNewlyAllowed } from './connections-newly-allowed.ts';
import { connectionsNewlyBlocked } from './connections-newly-blocked.ts';
import { existingConnectionsUnaffected } from './existing-connections-unaffected.ts';
import { isolationRemoved } from './isolation-removed.ts';
import { labelChangeAltersPolicy } from './label-change-alters-policy.ts';
import { namedPortUnresolved } from './named-port-unresolved.ts';
import { namespaceSelectorMatchesNothing } from './namespace-selector-matches-nothing.ts';
import { peerMatchesNoPods } from './peer-matches-no-pods.ts';
import { peerPodsLiveInAnotherNamespace } from './peer-pods-live-in-another-namespace.ts';
import { podsNewlyIsolated } from './pods-newly-isolated.ts';
import { policySelectsNoPods } from './policy-selects-no-pods.ts';
import type { Rule } from './rule.ts';
import { servicePortInsteadOfTargetPort } from './service-port-instead-of-target-port.ts';

/** Every rule, in the order of the catalogue. Registration is this list and nothing else; a test guards it. */
export const rules: readonly Rule[] = [
  policySelectsNoPods,
  peerMatchesNoPods,
  namespaceSelectorMatchesNothing,
  peerPodsLiveInAnotherNamespace,
  servicePortInsteadOfTargetPort,
  namedPortUnresolved,
  podsNewlyIsolated,
  connectionsNewlyBlocked,
  connectionsNewlyAllowed,
  isolationRemoved,
  existingConnectionsUnaffected,
  labelChangeAltersPolicy,
];
