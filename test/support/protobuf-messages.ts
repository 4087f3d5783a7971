/**
 * The messages of the API as its Go types have them: `name:type=number`. `*` is a pointer, which is written only where
 * it is set; everything else is always written, as the API server does. `!` stands in the JSON even where it is empty.
 * `~` is embedded: its fields stand in the record around it. `opaque` is whatever netsluice does not read.
 */
export const messages = `
ObjectMeta { name:string=1 generateName:string=2 namespace:string=3 selfLink:string=4 uid:string=5
  resourceVersion:string=6 generation:int=7 creationTimestamp:Time=8 deletionTimestamp:*Time=9
  deletionGracePeriodSeconds:*int=10 labels:map=11 annotations:map=12
  ownerReferences:[]OwnerReference=13 finalizers:[]string=14 managedFields:[]ManagedFieldsEntry=17 }
OwnerReference { apiVersion:!string=5 kind:!string=1 name:!string=3 uid:!string=4 controller:*bool=6
  blockOwnerDeletion:*bool=7 }
ManagedFieldsEntry { manager:string=1 operation:string=2 apiVersion:string=3 time:*Time=4
  fieldsType:string=6 fieldsV1:opaque=7 subresource:string=8 }
ListMeta { selfLink:string=1 resourceVersion:string=2 continue:string=3 remainingItemCount:*int=4
  shardInfo:opaque=5 }
LabelSelector { matchLabels:map=1 matchExpressions:[]LabelSelectorRequirement=2 }
LabelSelectorRequirement { key:!string=1 operator:!string=2 values:[]string=3 }
Status { metadata:ListMeta=1 status:string=2 message:string=3 reason:string=4
  details:*StatusDetails=5 code:int=6 }
StatusDetails { name:string=1 group:string=2 kind:string=3 uid:string=6 causes:[]opaque=4
  retryAfterSeconds:int=5 }
Pod { metadata:ObjectMeta=1 spec:PodSpec=2 status:PodStatus=3 }
PodSpec { volumes:[]opaque=1 initContainers:[]Container=20 containers:[]Container=2
  ephemeralContainers:[]opaque=34 restartPolicy:string=3 terminationGracePeriodSeconds:*int=4
  activeDeadlineSeconds:*int=5 dnsPolicy:string=6 nodeSelector:map=7 serviceAccountName:string=8
  serviceAccount:string=9 automountServiceAccountToken:*bool=21 nodeName:string=10
  hostNetwork:bool=11 hostPID:bool=12 hostIPC:bool=13 shareProcessNamespace:*bool=27
  securityContext:opaque=14 imagePullSecrets:[]opaque=15 hostname:string=16 subdomain:string=17
  affinity:opaque=18 schedulerName:string=19 tolerations:[]opaque=22 hostAliases:[]opaque=23
  priorityClassName:string=24 priority:*int=25 dnsConfig:opaque=26 readinessGates:[]opaque=28
  runtimeClassName:*string=29 enableServiceLinks:*bool=30 preemptionPolicy:*string=31
  overhead:opaque=32 topologySpreadConstraints:[]opaque=33 setHostnameAsFQDN:*bool=35 os:*PodOS=36
  hostUsers:*bool=37 schedulingGates:[]opaque=38 resourceClaims:[]opaque=39 resources:opaque=40
  hostnameOverride:*string=41 schedulingGroup:opaque=43 evictionResponders:[]opaque=44 }
PodStatus { observedGeneration:int=17 phase:string=1 conditions:[]opaque=2 message:string=3
  reason:string=4 nominatedNodeName:string=11 hostIP:string=5 hostIPs:[]HostIP=16 podIP:string=6
  podIPs:[]PodIP=12 startTime:*Time=7 initContainerStatuses:[]opaque=10 containerStatuses:[]opaque=8
  qosClass:string=9 ephemeralContainerStatuses:[]opaque=13 resize:string=14
  resourceClaimStatuses:[]opaque=15 extendedResourceClaimStatus:opaque=18
  allocatedResources:opaque=19 resources:opaque=20 nodeAllocatableResourceClaimStatuses:[]opaque=21
  volumeHealth:[]opaque=22 }
PodIP { ip:!string=1 }
HostIP { ip:!string=1 }
PodOS { name:!string=1 }
Container { name:!string=1 image:string=2 command:[]string=3 args:[]string=4 workingDir:string=5
  ports:[]ContainerPort=6 envFrom:[]opaque=19 env:[]EnvVar=7 resources:opaque=8
  resizePolicy:[]opaque=23 restartPolicy:*string=24 restartPolicyRules:[]opaque=25
  volumeMounts:[]opaque=9 volumeDevices:[]opaque=21 livenessProbe:*Probe=10 readinessProbe:*Probe=11
  startupProbe:*Probe=22 lifecycle:opaque=12 terminationMessagePath:string=13
  terminationMessagePolicy:string=20 imagePullPolicy:string=14 securityContext:opaque=15
  stdin:bool=16 stdinOnce:bool=17 tty:bool=18 }
ContainerPort { name:string=1 hostPort:int=2 containerPort:!int=3 protocol:string=4 hostIP:string=5
  }
Probe { ~:ProbeHandler=1 initialDelaySeconds:int=2 timeoutSeconds:int=3 periodSeconds:int=4
  successThreshold:int=5 failureThreshold:int=6 terminationGracePeriodSeconds:*int=7 }
ProbeHandler { exec:opaque=1 httpGet:*HTTPGetAction=2 tcpSocket:*TCPSocketAction=3
  grpc:*GRPCAction=4 }
HTTPGetAction { path:string=1 port:IntOrString=2 host:string=3 scheme:string=4
  httpHeaders:[]opaque=5 protocol:*string=6 }
TCPSocketAction { port:IntOrString=1 host:string=2 }
GRPCAction { port:!int=1 service:*string=2 mode:*string=3 }
EnvVar { name:!string=1 value:string=2 valueFrom:opaque=3 }
PodTemplateSpec { metadata:ObjectMeta=1 spec:PodSpec=2 }
Namespace { metadata:ObjectMeta=1 spec:NamespaceSpec=2 status:NamespaceStatus=3 }
NamespaceSpec { finalizers:[]string=1 }
NamespaceStatus { phase:string=1 conditions:[]opaque=2 }
Node { metadata:ObjectMeta=1 spec:NodeSpec=2 status:NodeStatus=3 }
NodeSpec { podCIDR:string=1 podCIDRs:[]string=7 providerID:string=3 unschedulable:bool=4
  taints:[]opaque=5 configSource:opaque=6 externalID:string=2 podPreemptionPolicy:opaque=8 }
NodeStatus { capacity:opaque=1 allocatable:opaque=2 phase:string=3 conditions:[]opaque=4
  addresses:[]NodeAddress=5 daemonEndpoints:opaque=6 nodeInfo:opaque=7 images:[]opaque=8
  volumesInUse:[]string=9 volumesAttached:[]opaque=10 config:opaque=11 runtimeHandlers:[]opaque=12
  features:opaque=13 declaredFeatures:[]string=14 }
NodeAddress { type:!string=1 address:!string=2 }
Service { metadata:ObjectMeta=1 spec:ServiceSpec=2 status:opaque=3 }
ServiceSpec { ports:[]ServicePort=1 selector:map=2 clusterIP:string=3 clusterIPs:[]string=18
  type:string=4 externalIPs:[]string=5 sessionAffinity:string=7 loadBalancerIP:string=8
  loadBalancerSourceRanges:[]string=9 externalName:string=10 externalTrafficPolicy:string=11
  healthCheckNodePort:int=12 publishNotReadyAddresses:bool=13 sessionAffinityConfig:opaque=14
  ipFamilies:[]string=19 ipFamilyPolicy:*string=17 allocateLoadBalancerNodePorts:*bool=20
  loadBalancerClass:*string=21 internalTrafficPolicy:*string=22 trafficDistribution:*string=23 }
ServicePort { name:string=1 protocol:string=2 appProtocol:*string=6 port:!int=3
  targetPort:IntOrString=4 nodePort:int=5 }
ObjectReference { kind:string=1 namespace:string=2 name:string=3 uid:string=4 apiVersion:string=5
  resourceVersion:string=6 fieldPath:string=7 }
EndpointSlice { metadata:ObjectMeta=1 addressType:!string=4 endpoints:[]Endpoint=2
  ports:[]EndpointPort=3 }
Endpoint { addresses:[]string=1 conditions:opaque=2 hostname:*string=3 targetRef:*ObjectReference=4
  deprecatedTopology:map=5 nodeName:*string=6 zone:*string=7 hints:opaque=8 }
EndpointPort { name:*string=1 protocol:*string=2 port:*int=3 appProtocol:*string=4 }
Deployment { metadata:ObjectMeta=1 spec:DeploymentSpec=2 status:opaque=3 }
DeploymentSpec { replicas:*int=1 selector:*LabelSelector=2 template:PodTemplateSpec=3
  strategy:opaque=4 minReadySeconds:int=5 revisionHistoryLimit:*int=6 paused:bool=7
  progressDeadlineSeconds:*int=9 }
StatefulSet { metadata:ObjectMeta=1 spec:StatefulSetSpec=2 status:opaque=3 }
StatefulSetSpec { replicas:*int=1 selector:*LabelSelector=2 template:PodTemplateSpec=3
  volumeClaimTemplates:[]opaque=4 serviceName:!string=5 podManagementPolicy:string=6
  updateStrategy:opaque=7 revisionHistoryLimit:*int=8 minReadySeconds:int=9
  persistentVolumeClaimRetentionPolicy:opaque=10 ordinals:opaque=11 }
DaemonSet { metadata:ObjectMeta=1 spec:DaemonSetSpec=2 status:DaemonSetStatus=3 }
DaemonSetSpec { selector:*LabelSelector=1 template:PodTemplateSpec=2 updateStrategy:opaque=3
  minReadySeconds:int=4 revisionHistoryLimit:*int=6 }
DaemonSetStatus { currentNumberScheduled:!int=1 numberMisscheduled:!int=2
  desiredNumberScheduled:!int=3 numberReady:!int=4 observedGeneration:int=5
  updatedNumberScheduled:int=6 numberAvailable:int=7 numberUnavailable:int=8 collisionCount:*int=9
  conditions:[]opaque=10 }
Job { metadata:ObjectMeta=1 spec:JobSpec=2 status:JobStatus=3 }
JobSpec { parallelism:*int=1 completions:*int=2 activeDeadlineSeconds:*int=3
  podFailurePolicy:opaque=11 successPolicy:opaque=16 backoffLimit:*int=7
  backoffLimitPerIndex:*int=12 maxFailedIndexes:*int=13 selector:*LabelSelector=4
  manualSelector:*bool=5 template:PodTemplateSpec=6 ttlSecondsAfterFinished:*int=8
  completionMode:*string=9 suspend:*bool=10 podReplacementPolicy:*string=14 managedBy:*string=15
  scheduling:opaque=17 }
JobStatus { conditions:[]JobCondition=1 startTime:*Time=2 completionTime:*Time=3 active:int=4
  succeeded:int=5 failed:int=6 terminating:*int=11 completedIndexes:string=7
  failedIndexes:*string=10 uncountedTerminatedPods:opaque=8 ready:*int=9 }
JobCondition { type:!string=1 status:!string=2 lastProbeTime:Time=3 lastTransitionTime:Time=4
  reason:string=5 message:string=6 }
CronJob { metadata:ObjectMeta=1 spec:CronJobSpec=2 status:opaque=3 }
CronJobSpec { schedule:!string=1 timeZone:*string=8 startingDeadlineSeconds:*int=2
  concurrencyPolicy:string=3 suspend:*bool=4 jobTemplate:JobTemplateSpec=5
  successfulJobsHistoryLimit:*int=6 failedJobsHistoryLimit:*int=7 }
JobTemplateSpec { metadata:ObjectMeta=1 spec:JobSpec=2 }
RoleBinding { metadata:ObjectMeta=1 subjects:[]Subject=2 roleRef:RoleRef=3 }
ClusterRoleBinding { metadata:ObjectMeta=1 subjects:[]Subject=2 roleRef:RoleRef=3 }
Subject { kind:!string=1 apiGroup:string=2 name:!string=3 namespace:string=4 }
RoleRef { apiGroup:!string=1 kind:!string=2 name:!string=3 }
ValidatingWebhookConfiguration { metadata:ObjectMeta=1 webhooks:[]ValidatingWebhook=2 }
ValidatingWebhook { name:!string=1 clientConfig:WebhookClientConfig=2 rules:[]opaque=3
  failurePolicy:*string=4 matchPolicy:*string=9 namespaceSelector:*LabelSelector=5
  objectSelector:*LabelSelector=10 sideEffects:*string=6 timeoutSeconds:*int=7
  admissionReviewVersions:[]string=8 matchConditions:[]opaque=11 }
MutatingWebhookConfiguration { metadata:ObjectMeta=1 webhooks:[]MutatingWebhook=2 }
MutatingWebhook { name:!string=1 clientConfig:WebhookClientConfig=2 rules:[]opaque=3
  failurePolicy:*string=4 matchPolicy:*string=9 namespaceSelector:*LabelSelector=5
  objectSelector:*LabelSelector=11 sideEffects:*string=6 timeoutSeconds:*int=7
  admissionReviewVersions:[]string=8 reinvocationPolicy:*string=10 matchConditions:[]opaque=12 }
WebhookClientConfig { url:*string=3 service:*ServiceReference=1 caBundle:opaque=2 }
ServiceReference { namespace:!string=1 name:!string=2 path:*string=3 port:*int=4 }
NetworkPolicy { metadata:ObjectMeta=1 spec:NetworkPolicySpec=2 }
NetworkPolicySpec { podSelector:LabelSelector=1 ingress:[]NetworkPolicyIngressRule=2
  egress:[]NetworkPolicyEgressRule=3 policyTypes:[]string=4 }
NetworkPolicyIngressRule { ports:[]NetworkPolicyPort=1 from:[]NetworkPolicyPeer=2 }
NetworkPolicyEgressRule { ports:[]NetworkPolicyPort=1 to:[]NetworkPolicyPeer=2 }
NetworkPolicyPort { protocol:*string=1 port:*IntOrString=2 endPort:*int=3 }
NetworkPolicyPeer { podSelector:*LabelSelector=1 namespaceSelector:*LabelSelector=2
  ipBlock:*IPBlock=3 }
IPBlock { cidr:!string=1 except:[]string=2 }
Ingress { metadata:ObjectMeta=1 spec:IngressSpec=2 status:opaque=3 }
IngressSpec { ingressClassName:*string=4 defaultBackend:*IngressBackend=1 tls:[]opaque=2
  rules:[]IngressRule=3 }
IngressRule { host:string=1 ~:IngressRuleValue=2 }
IngressRuleValue { http:*HTTPIngressRuleValue=1 }
HTTPIngressRuleValue { paths:[]HTTPIngressPath=1 }
HTTPIngressPath { path:string=1 pathType:*string=3 backend:IngressBackend=2 }
IngressBackend { service:*IngressServiceBackend=4 resource:opaque=3 }
IngressServiceBackend { name:!string=1 port:ServiceBackendPort=2 }
ServiceBackendPort { name:string=1 number:int=2 }
`;
