import { allNamespacesPeer } from './all-namespaces-peer.ts';
import { apiVersionNotServed } from './api-version-not-served.ts';
import { clusterDnsOrSystemNamespaceIsolated } from './cluster-dns-or-system-namespace-isolated.ts';
import { cniDoesNotEnforce } from './cni-does-not-enforce.ts';
import { connectionsNewlyAllowed } from './connections-newly-allowed.ts';
import { connectionsNewlyBlocked } from './connections-newly-blocked.ts';
import { controlPlaneCallbackBlocked } from './control-plane-callback-blocked.ts';
import { duplicateObject } from './duplicate-object.ts';
import { egressBlocksDns } from './egress-blocks-dns.ts';
import { egressOnlyPolicyDeniesIngress } from './egress-only-policy-denies-ingress.ts';
import { emptyPeerListAllowsAll } from './empty-peer-list-allows-all.ts';
import { existingConnectionsUnaffected } from './existing-connections-unaffected.ts';
import { ingressBackendCutOff } from './ingress-backend-cut-off.ts';
import { ipblockAnyAddress } from './ipblock-any-address.ts';
import { isolationRemoved } from './isolation-removed.ts';
import { labelChangeAltersPolicy } from './label-change-alters-policy.ts';
import { labelOnlyPeerInAnyNamespace } from './label-only-peer-in-any-namespace.ts';
import { missingNamespace } from './missing-namespace.ts';
import { namedPortUnresolved } from './named-port-unresolved.ts';
import { namespaceMissingDefaultDeny } from './namespace-missing-default-deny.ts';
import { namespaceSelectorMatchesNothing } from './namespace-selector-matches-nothing.ts';
import { negativeSelectorOvermatch } from './negative-selector-overmatch.ts';
import { nodeportNumberAsPort } from './nodeport-number-as-port.ts';
import { peerMatchesNoPods } from './peer-matches-no-pods.ts';
import { peerOrLooksLikeAnd } from './peer-or-looks-like-and.ts';
import { peerPodsLiveInAnotherNamespace } from './peer-pods-live-in-another-namespace.ts';
import { podsNewlyIsolated } from './pods-newly-isolated.ts';
import { podsUnprotected } from './pods-unprotected.ts';
import { policySelectsNoPods } from './policy-selects-no-pods.ts';
import { policyTypesStyle } from './policy-types-style.ts';
import type { Rule } from './rule.ts';
import { ruleOpenToAnyPeer } from './rule-open-to-any-peer.ts';
import { rulesWithoutPolicyType } from './rules-without-policy-type.ts';
import { secondaryNetworkNotCovered } from './secondary-network-not-covered.ts';
import { selectorContradiction } from './selector-contradiction.ts';
import { selectorTautology } from './selector-tautology.ts';
import { servicePortInsteadOfTargetPort } from './service-port-instead-of-target-port.ts';
import { unknownOrMisplacedField } from './unknown-or-misplaced-field.ts';
import { wholeNamespaceTarget } from './whole-namespace-target.ts';

/** Every rule, in the order of the catalogue. Registration is this list and nothing else; a test guards it. */
export const rules: readonly Rule[] = [
  egressBlocksDns,
  rulesWithoutPolicyType,
  egressOnlyPolicyDeniesIngress,
  emptyPeerListAllowsAll,
  ruleOpenToAnyPeer,
  peerOrLooksLikeAnd,
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
  controlPlaneCallbackBlocked,
  clusterDnsOrSystemNamespaceIsolated,
  ingressBackendCutOff,
  ipblockAnyAddress,
  labelOnlyPeerInAnyNamespace,
  allNamespacesPeer,
  wholeNamespaceTarget,
  selectorContradiction,
  negativeSelectorOvermatch,
  podsUnprotected,
  namespaceMissingDefaultDeny,
  cniDoesNotEnforce,
  secondaryNetworkNotCovered,
  existingConnectionsUnaffected,
  nodeportNumberAsPort,
  labelChangeAltersPolicy,
  apiVersionNotServed,
  unknownOrMisplacedField,
  missingNamespace,
  duplicateObject,
  policyTypesStyle,
  selectorTautology,
];
