// Records as the objects that an API server would send for them: of the size that real ones have, most of it in what
// nobody who judges policies reads. A pod is about 10 kB of JSON.

import { crc32 } from 'node:zlib';

/** @typedef {{ apiVersion: string, kind: string, metadata: { name: string, [key: string]: unknown } }} ApiObject */

const groups = {
  Namespace: ['v1', namespaceBody],
  Node: ['v1', nodeBody],
  Pod: ['v1', podBody],
  Service: ['v1', serviceBody],
  Deployment: ['apps/v1', workloadBody],
  StatefulSet: ['apps/v1', workloadBody],
  DaemonSet: ['apps/v1', workloadBody],
  Job: ['batch/v1', workloadBody],
};

/**
 * The object of a record; null for a ReplicaSet, which nobody watches. `serial` makes names that only the API server
 * gives: the same record and serial give the same object. Policies are given as they were written.
 * @param {object} record @param {number} serial @returns {ApiObject | null}
 */
export function apiObjectOf(record, serial) {
  const [apiVersion, body] = groups[record.kind] ?? [];
  if (apiVersion === undefined) return null;
  const { metadata = {}, ...rest } = body(record, serial);
  return { apiVersion, kind: record.kind, metadata: { ...metaOf(record, serial), ...metadata }, ...rest };
}

/** A policy as the API server keeps it. @param {object} policy as written @param {number} serial @returns {ApiObject} */
export function storedPolicy(policy, serial) {
  const { kind, metadata } = policy;
  return { ...policy, metadata: { ...metaOf({ kind, labels: new Map(), ...metadata }, serial) } };
}

const hex = (value, digits) => value.toString(16).padStart(digits, '0').slice(-digits);
const uidOf = (serial) =>
  `${hex(serial * 2_654_435_761, 8)}-${hex(serial, 4)}-4${hex(serial, 3)}-8${hex(serial * 7, 3)}-${hex(serial * 40_503, 12)}`;
const timeOf = (serial) => new Date(1_750_000_000_000 + serial * 1000).toISOString().replace('.000', '');

function metaOf({ kind, name, namespace, labels, owner }, serial) {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: uidOf(serial),
    resourceVersion: String(1000 + serial),
    creationTimestamp: timeOf(serial),
    ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
    ...(owner === undefined || owner === null ? {} : { ownerReferences: [ownerOf(owner, namespace)] }),
    managedFields: managedBy(kind, labels ?? new Map(), serial),
  };
}

const ownerGroups = { Job: 'batch/v1', CronJob: 'batch/v1' };

/** All pods of one owner name it alike. */
function ownerOf({ kind, name }, namespace) {
  const apiVersion = ownerGroups[kind] ?? 'apps/v1';
  const uid = uidOf(crc32(`${kind}/${namespace}/${name}`));
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

const fieldsOf = (names) => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));

/** Who set which field: most of what makes an object long. */
function managedBy(kind, labels, serial) {
  const entry = (manager, fieldsV1, subresource) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: timeOf(serial),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  });
  if (kind !== 'Pod') return [entry('kube-controller-manager', setFields(labels, otherFields))];
  return [
    entry('kube-controller-manager', setFields(labels, podFields)),
    entry('kubelet', statusFields, 'status'),
  ];
}

const known = new Map();

/** The same object for the same keys: it is the longest part, and need not be made for each pod. */
function setFields(labels, specFields) {
  const key = `${specFields === podFields} ${[...labels.keys()].join()}`;
  const labelFields = { 'f:labels': { '.': {}, ...fieldsOf([...labels.keys()]) } };
  if (!known.has(key)) known.set(key, { 'f:metadata': labelFields, 'f:spec': specFields });
  return known.get(key);
}

const otherFields = fieldsOf(['replicas', 'selector', 'template']);
const probeFields = {
  '.': {},
  ...fieldsOf([
    'failureThreshold',
    'initialDelaySeconds',
    'periodSeconds',
    'successThreshold',
    'timeoutSeconds',
  ]),
  'f:httpGet': { '.': {}, ...fieldsOf(['path', 'port', 'scheme']) },
};
const envNames = Array.from({ length: 18 }, (_, i) => `SERVICE_SETTING_${i}`);
const containerFields = {
  '.': {},
  'f:env': {
    '.': {},
    ...Object.fromEntries(
      envNames.map((name) => [`k:{"name":"${name}"}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
    ),
  },
  ...fieldsOf(['image', 'imagePullPolicy', 'name', 'terminationMessagePath', 'terminationMessagePolicy']),
  'f:livenessProbe': probeFields,
  'f:readinessProbe': probeFields,
  'f:ports': { '.': {}, 'k:{"containerPort":8080,"protocol":"TCP"}': fieldsOf(['containerPort', 'name']) },
  'f:resources': { '.': {}, 'f:limits': fieldsOf(['memory']), 'f:requests': fieldsOf(['cpu', 'memory']) },
  'f:securityContext': fieldsOf(['allowPrivilegeEscalation', 'capabilities', 'readOnlyRootFilesystem']),
  'f:volumeMounts': {
    '.': {},
    'k:{"mountPath":"/etc/config"}': fieldsOf(['mountPath', 'name']),
    'k:{"mountPath":"/tmp"}': fieldsOf(['mountPath', 'name']),
  },
};
const podFields = {
  'f:containers': { 'k:{"name":"main"}': containerFields },
  ...fieldsOf(['dnsPolicy', 'enableServiceLinks', 'restartPolicy', 'schedulerName', 'serviceAccountName']),
  'f:volumes': {
    '.': {},
    'k:{"name":"config"}': { '.': {}, 'f:configMap': fieldsOf(['defaultMode', 'name']), 'f:name': {} },
    'k:{"name":"scratch"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} },
  },
};
const conditionTypes = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];
const statusFields = {
  'f:status': {
    'f:conditions': Object.fromEntries(
      conditionTypes.map((type) => [
        `k:{"type":"${type}"}`,
        fieldsOf(['lastProbeTime', 'lastTransitionTime', 'status', 'type']),
      ]),
    ),
    ...fieldsOf(['containerStatuses', 'hostIP', 'hostIPs', 'phase', 'podIP', 'startTime']),
    'f:podIPs': { '.': {}, 'k:{"ip":"10.0.0.1"}': fieldsOf(['ip']) },
  },
};

function namespaceBody({ terminating }) {
  return {
    spec: { finalizers: ['kubernetes'] },
    status: { phase: terminating ? 'Terminating' : 'Active' },
  };
}

function nodeBody({ name, addresses, podRanges }) {
  return {
    metadata: { labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: { podCIDR: podRanges[0], podCIDRs: podRanges },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}

function serviceBody({ selector, type, clusterAddresses, ports }) {
  return {
    spec: {
      type,
      selector: Object.fromEntries(selector),
      clusterIP: clusterAddresses[0],
      clusterIPs: clusterAddresses,
      ports: ports.map(({ name, port, targetPort, protocol }) => ({ name, port, targetPort, protocol })),
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  };
}

function workloadBody({ kind, replicas, template }) {
  const count = { Job: { parallelism: replicas, completions: replicas }, DaemonSet: {} }[kind] ?? {
    replicas,
  };
  const labels = Object.fromEntries(template.labels);
  return {
    metadata: { labels },
    spec: {
      ...count,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpecOf(template, 'template') },
    },
    status: {},
  };
}

function podBody(record, serial) {
  const time = timeOf(serial);
  const [podIP] = record.addresses;
  return {
    spec: { nodeName: record.node, ...podSpecOf(record, record.name) },
    status: {
      phase: record.finished ? 'Succeeded' : 'Running',
      conditions: conditionTypes.map((type) => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: time,
      })),
      hostIP: '192.168.0.1',
      podIP,
      podIPs: record.addresses.map((ip) => ({ ip })),
      startTime: time,
      containerStatuses: [
        {
          name: 'main',
          state: { running: { startedAt: time } },
          lastState: {},
          ready: true,
          restartCount: 0,
          image: 'registry.example/team/service:1.2.3',
          imageID: `registry.example/team/service@sha256:${hex(serial * 2_654_435_761, 16).repeat(4)}`,
          containerID: `containerd://${hex(serial * 40_503, 16).repeat(4)}`,
          started: true,
        },
      ],
      qosClass: 'Burstable',
    },
  };
}

/** @param {object} shape what a pod and a template have in common @param {string} salt */
function podSpecOf({ ports, probePorts, hostNetwork, dnsPolicy, serviceAccount }, salt) {
  const probe = probePorts.length === 0 ? {} : probesOf(probePorts[0]);
  return {
    volumes,
    containers: [
      {
        name: 'main',
        image: 'registry.example/team/service:1.2.3',
        args: ['--config=/etc/config/service.yaml', '--log-format=json', '--shutdown-delay=10s'],
        ...(ports.length === 0 ? {} : { ports: ports.map(portOf) }),
        env: envNames.map((name) => ({
          name,
          value: `value of ${name.toLowerCase()} for ${salt}, as set by its team`,
        })),
        resources: { limits: { memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
        volumeMounts,
        ...probe,
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy,
    serviceAccountName: serviceAccount,
    serviceAccount,
    ...(hostNetwork ? { hostNetwork } : {}),
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    schedulerName: 'default-scheduler',
    tolerations,
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

const portOf = ({ name, protocol, number }) => ({ name, containerPort: number, protocol });

function probesOf(port) {
  const probe = (path) => ({
    httpGet: { path, port, scheme: 'HTTP' },
    initialDelaySeconds: 5,
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  return { livenessProbe: probe('/healthz'), readinessProbe: probe('/readyz') };
}

const volumeMounts = [
  { name: 'config', mountPath: '/etc/config' },
  { name: 'scratch', mountPath: '/tmp' },
  { name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
];
const tokenSources = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
];
const volumes = [
  { name: 'config', configMap: { name: 'service-config', defaultMode: 420 } },
  { name: 'scratch', emptyDir: {} },
  { name: 'kube-api-access', projected: { defaultMode: 420, sources: tokenSources } },
];
const tolerations = ['not-ready', 'unreachable'].map((what) => ({
  key: `node.kubernetes.io/${what}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));
