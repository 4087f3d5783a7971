import { adminTierOverrides } from './admin-tier-overrides.ts';
import { allNamespacesPeer } from './all-namespaces-peer.ts';
import { apiVersionNotServed } from './api-version-not-served.ts';
import { batchPodsCaught } from './batch-pods-caught.ts';
import { clusterDnsOrSystemNamespaceIsolated } from './cluster-dns-or-system-namespace-isolated.ts';
import { cniDoesNotEnforce } from './cni-does-not-enforce.ts';
import { cniLimitExceeded } from './cni-limit-exceeded.ts';
import { connectionsNewlyAllowed } from './connections-newly-allowed.ts';
import { connectionsNewlyBlocked } from './connections-newly-blocked.ts';
import { controlPlaneCallbackBlocked } from './control-plane-callback-blocked.ts';
import { dnsAllowMissesResolver } from './dns-allow-misses-resolver.ts';
import { dnsSingleProtocol } from './dns-single-protocol.ts';
import { duplicateObject } from './duplicate-object.ts';
import { egressBlocksDns } from './egress-blocks-dns.ts';
import { egressKubeApiserverBlocked } from './egress-kube-apiserver-blocked.ts';
import { egressOnlyPolicyDeniesIngress } from './egress-only-policy-denies-ingress.ts';
import { emptyPeerListAllowsAll } from './empty-peer-list-allows-all.ts';
import { endportIgnoredByCni } from './endport-ignored-by-cni.ts';
import { exceptReallowedElsewhere } from './except-reallowed-elsewhere.ts';
import { existingConnectionsUnaffected } from './existing-connections-unaffected.ts';
import { halfOpenConnection } from './half-open-connection.ts';
import { hostnetworkPeer } from './hostnetwork-peer.ts';
import { hostnetworkPodsSelected } from './hostnetwork-pods-selected.ts';
import { ingressBackendCutOff } from './ingress-backend-cut-off.ts';
import { ingressIpblockSeesSnat } from './ingress-ipblock-sees-snat.ts';
import { ipblockAnyAddress } from './ipblock-any-address.ts';
import { ipblockCoversClusterRanges } from './ipblock-covers-cluster-ranges.ts';
import { ipblockMatchesNothing } from './ipblock-matches-nothing.ts';
import { isolationRemoved } from './isolation-removed.ts';
import { labelChangeAltersPolicy } from './label-change-alters-policy.ts';
import { labelOnlyPeerInAnyNamespace } from './label-only-peer-in-any-namespace.ts';
import { meshTunnelPortMissing } from './mesh-tunnel-port-missing.ts';
import { metadataEndpointReachable } from './metadata-endpoint-reachable.ts';
import { missingNamespace } from './missing-namespace.ts';
import { monitoringCutOff } from './monitoring-cut-off.ts';
import { namedPortAmbiguous } from './named-port-ambiguous.ts';
import { namedPortOnNonPodDestination } from './named-port-on-non-pod-destination.ts';
import { namedPortUnresolved } from './named-port-unresolved.ts';
import { namespaceMissingDefaultDeny } from './namespace-missing-default-deny.ts';
import { namespaceSelectorMatchesNothing } from './namespace-selector-matches-nothing.ts';
import { negativeSelectorOvermatch } from './negative-selector-overmatch.ts';
import { nodeProbeAssumption } from './node-probe-assumption.ts';
import { nodeportNumberAsPort } from './nodeport-number-as-port.ts';
import { noncanonicalCidr } from './noncanonical-cidr.ts';
import { peerMatchesNoPods } from './peer-matches-no-pods.ts';
import { peerOrLooksLikeAnd } from './peer-or-looks-like-and.ts';
import { peerPodsLiveInAnotherNamespace } from './peer-pods-live-in-another-namespace.ts';
import { podOutsideEnforcement } from './pod-outside-enforcement.ts';
import { podsNewlyIsolated } from './pods-newly-isolated.ts';
import { podsUnprotected } from './pods-unprotected.ts';
import { policySelectsNoPods } from './policy-selects-no-pods.ts';
import { policyTypesStyle } from './policy-types-style.ts';
import { portEntryWithoutPort } from './port-entry-without-port.ts';
import { protocolNotCovered } from './protocol-not-covered.ts';
import { redundantPolicy } from './redundant-policy.ts';
import { redundantRule } from './redundant-rule.ts';
import { restrictionVoidedByBroaderAllow } from './restriction-voided-by-broader-allow.ts';
import type { Rule } from './rule.ts';
import { ruleOpenToAnyPeer } from './rule-open-to-any-peer.ts';
import { rulesWithoutPolicyType } from './rules-without-policy-type.ts';
import { secondaryNetworkNotCovered } from './secondary-network-not-covered.ts';
import { selectorContradiction } from './selector-contradiction.ts';
import { selectorTautology } from './selector-tautology.ts';
import { serviceHairpinBlocked } from './service-hairpin-blocked.ts';
import { servicePortInsteadOfTargetPort } from './service-port-instead-of-target-port.ts';
import { singleIpFamily } from './single-ip-family.ts';
import { unknownOrMisplacedField } from './unknown-or-misplaced-field.ts';
import { unstableSelectorLabel } from './unstable-selector-label.ts';
import { wholeNamespaceTarget } from './whole-namespace-target.ts';
import { widePortRange } from './wide-port-range.ts';
import { workloadInternalTrafficBlocked } from './workload-internal-traffic-blocked.ts';

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
  egressKubeApiserverBlocked,
  halfOpenConnection,
  restrictionVoidedByBroaderAllow,
  dnsAllowMissesResolver,
  dnsSingleProtocol,
  ipblockCoversClusterRanges,
  ipblockAnyAddress,
  metadataEndpointReachable,
  ingressIpblockSeesSnat,
  hostnetworkPodsSelected,
  hostnetworkPeer,
  labelOnlyPeerInAnyNamespace,
  allNamespacesPeer,
  wholeNamespaceTarget,
  exceptReallowedElsewhere,
  monitoringCutOff,
  unstableSelectorLabel,
  selectorContradiction,
  negativeSelectorOvermatch,
  namedPortOnNonPodDestination,
  namedPortAmbiguous,
  portEntryWithoutPort,
  endportIgnoredByCni,
  widePortRange,
  singleIpFamily,
  ipblockMatchesNothing,
  noncanonicalCidr,
  podsUnprotected,
  namespaceMissingDefaultDeny,
  redundantRule,
  redundantPolicy,
  workloadInternalTrafficBlocked,
  serviceHairpinBlocked,
  batchPodsCaught,
  nodeProbeAssumption,
  meshTunnelPortMissing,
  protocolNotCovered,
  cniDoesNotEnforce,
  cniLimitExceeded,
  podOutsideEnforcement,
  secondaryNetworkNotCovered,
  adminTierOverrides,
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
