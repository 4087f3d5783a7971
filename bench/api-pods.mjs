// Pods as an API server sends them: about 7 KB of protobuf each, with all that netsluice does not read.
import { BinaryWriter } from '@bufbuild/protobuf/wire';

const delimited = 2;

/** What the kubelet and the controllers note of the fields that they set: a third of every pod. */
function managedFields(containers) {
  const env = Object.fromEntries(
    names('ENV_', 8).map((name) => [`k:{"name":"${name}"}`, leaf('name', 'value')]),
  );
  const mounts = Object.fromEntries(
    names('/var/lib/mount-', 3).map((path) => [`k:{"mountPath":"${path}"}`, leaf('mountPath', 'name')]),
  );
  const probe = {
    '.': {},
    ...leaf('failureThreshold', 'periodSeconds', 'timeoutSeconds'),
    'f:httpGet': leaf('path', 'port'),
  };
  const container = {
    ...leaf('image', 'imagePullPolicy', 'name', 'terminationMessagePath', 'terminationMessagePolicy'),
    'f:env': env,
    'f:volumeMounts': mounts,
    'f:livenessProbe': probe,
    'f:readinessProbe': probe,
    'f:resources': { 'f:limits': leaf('cpu', 'memory'), 'f:requests': leaf('cpu', 'memory') },
  };
  const spec = Object.fromEntries(containers.map((name) => [`k:{"name":"${name}"}`, container]));
  const conditions = Object.fromEntries(
    ['ContainersReady', 'Initialized', 'Ready'].map((type) => [
      `k:{"type":"${type}"}`,
      leaf('status', 'type'),
    ]),
  );
  return [
    [
      'kube-controller-manager',
      '',
      {
        'f:metadata': { 'f:labels': leaf('app', 'tier', 'pod-template-hash') },
        'f:spec': { 'f:containers': spec },
      },
    ],
    [
      'kubelet',
      'status',
      { 'f:status': { 'f:conditions': conditions, 'f:podIPs': leaf('ip'), ...leaf('phase', 'podIP') } },
    ],
  ].map(([manager, subresource, fieldsV1]) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-02T03:04:05Z',
    fieldsType: 'FieldsV1',
    fieldsV1,
    subresource,
  }));
}

function leaf(...fields) {
  return Object.fromEntries(fields.map((name) => [`f:${name}`, {}]));
}

function names(prefix, count) {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** The object as JSON has it. Four pods share their labels, ten their namespace. @param {number} index */
export function apiPod(index) {
  const app = `app-${Math.floor(index / 4) % 2500}`;
  const set = Math.floor(index / 4);
  const namespace = `team-${Math.floor(index / 12)}`;
  const hash = (0x5bd1e995 ^ set).toString(36).slice(-9);
  const name = `${app}-${hash}-${(index * 7919).toString(36).padStart(5, 'x').slice(-5)}`;
  const containers = ['main', 'sidecar'];
  return {
    metadata: {
      name,
      generateName: `${app}-${hash}-`,
      namespace,
      uid: `6f1c2d3e-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: '2026-01-02T03:04:05Z',
      labels: {
        app,
        'pod-template-hash': hash,
        'app.kubernetes.io/name': app,
        tier: `tier-${set % 3}`,
        team: namespace,
      },
      annotations: { 'checksum/config': 'f'.repeat(64), 'prometheus.io/scrape': 'true' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${app}-${hash}`,
          uid: `u-${set}`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: managedFields(containers),
    },
    spec: {
      volumes: names('volume-', 3).map((volume) => ({
        name: volume,
        configMap: { name: `${app}-${volume}`, defaultMode: 420 },
      })),
      containers: containers.map((container, at) => containerOf(container, app, 8080 + at)),
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: `${app}-account`,
      serviceAccount: `${app}-account`,
      nodeName: `node-${index % 2500}`,
      schedulerName: 'default-scheduler',
    },
    status: {
      phase: 'Running',
      conditions: [
        'PodReadyToStartContainers',
        'Initialized',
        'Ready',
        'ContainersReady',
        'PodScheduled',
      ].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: '2026-01-02T03:04:05Z',
      })),
      hostIP: `192.168.${index % 200}.${index % 250}`,
      podIP: addressOf(index),
      podIPs: [{ ip: addressOf(index) }],
      containerStatuses: containers.map((container) => ({
        name: container,
        ready: true,
        restartCount: 0,
        image: `registry.example/${app}/${container}:1.2.3`,
        imageID: `registry.example/${app}@sha256:${'a'.repeat(64)}`,
        containerID: `containerd://${'b'.repeat(64)}`,
      })),
    },
  };
}

function addressOf(index) {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function containerOf(name, app, port) {
  const probe = {
    httpGet: { path: '/health', port: 'http', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
  };
  return {
    name,
    image: `registry.example/${app}/${name}:1.2.3`,
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    env: names('ENV_', 8).map((variable) => ({ name: variable, value: `value of ${variable}` })),
    resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: names('volume-', 3).map((volume) => ({
      name: volume,
      mountPath: `/var/lib/mount/${volume}`,
    })),
    livenessProbe: probe,
    readinessProbe: probe,
    terminationMessagePath: '/dev/termination-log',
    imagePullPolicy: 'IfNotPresent',
  };
}

/** The same object as protobuf; what netsluice does not read is there in its usual length. @returns {Uint8Array} */
export function encodePod({ metadata, spec, status }) {
  const writer = new BinaryWriter();
  writer.tag(1, delimited).fork();
  writeMetadata(writer, metadata);
  writer.join().tag(2, delimited).fork();
  writeSpec(writer, spec);
  writer.join().tag(3, delimited).fork();
  writeStatus(writer, status);
  return writer.join().finish();
}

function text(writer, number, value) {
  writer.tag(number, delimited).string(value);
}

function writeMetadata(writer, metadata) {
  text(writer, 1, metadata.name);
  text(writer, 2, metadata.generateName);
  text(writer, 3, metadata.namespace);
  text(writer, 4, '');
  text(writer, 5, metadata.uid);
  text(writer, 6, metadata.resourceVersion);
  writer.tag(7, 0).int64(0);
  writer.tag(8, delimited).fork().tag(1, 0).int64(1_767_000_000).join();
  writeMap(writer, 11, metadata.labels);
  writeMap(writer, 12, metadata.annotations);
  for (const owner of metadata.ownerReferences) {
    writer.tag(13, delimited).fork();
    for (const [number, value] of [
      [1, owner.kind],
      [3, owner.name],
      [4, owner.uid],
      [5, owner.apiVersion],
    ])
      text(writer, number, value);
    writer.tag(6, 0).bool(owner.controller).tag(7, 0).bool(owner.blockOwnerDeletion).join();
  }
  for (const entry of metadata.managedFields) {
    writer.tag(17, delimited).fork();
    for (const [number, value] of [
      [1, entry.manager],
      [2, entry.operation],
      [3, entry.apiVersion],
      [6, entry.fieldsType],
    ])
      text(writer, number, value);
    writer.tag(7, delimited).fork();
    text(writer, 1, JSON.stringify(entry.fieldsV1));
    writer.join();
    text(writer, 8, entry.subresource);
    writer.join();
  }
}

function writeMap(writer, number, map) {
  for (const key of Object.keys(map).sort()) {
    writer.tag(number, delimited).fork();
    text(writer, 1, key);
    text(writer, 2, map[key]);
    writer.join();
  }
}

function writeSpec(writer, spec) {
  for (const volume of spec.volumes) text(writer, 1, JSON.stringify(volume));
  for (const container of spec.containers) writeContainer(writer, container);
  text(writer, 3, spec.restartPolicy);
  text(writer, 6, spec.dnsPolicy);
  text(writer, 8, spec.serviceAccountName);
  text(writer, 9, spec.serviceAccount);
  text(writer, 10, spec.nodeName);
  for (const number of [11, 12, 13]) writer.tag(number, 0).bool(false);
  text(writer, 19, spec.schedulerName);
}

function writeContainer(writer, container) {
  writer.tag(2, delimited).fork();
  text(writer, 1, container.name);
  text(writer, 2, container.image);
  text(writer, 5, '');
  for (const port of container.ports) {
    writer.tag(6, delimited).fork();
    text(writer, 1, port.name);
    writer.tag(2, 0).int32(0).tag(3, 0).int32(port.containerPort);
    text(writer, 4, port.protocol);
    text(writer, 5, '');
    writer.join();
  }
  for (const variable of container.env) {
    writer.tag(7, delimited).fork();
    text(writer, 1, variable.name);
    text(writer, 2, variable.value);
    writer.join();
  }
  text(writer, 8, JSON.stringify(container.resources));
  for (const mount of container.volumeMounts) text(writer, 9, JSON.stringify(mount));
  writeProbe(writer, 10, container.livenessProbe);
  writeProbe(writer, 11, container.readinessProbe);
  text(writer, 13, container.terminationMessagePath);
  text(writer, 14, container.imagePullPolicy);
  for (const number of [16, 17, 18]) writer.tag(number, 0).bool(false);
  writer.join();
}

function writeProbe(writer, number, { httpGet, timeoutSeconds, periodSeconds }) {
  writer.tag(number, delimited).fork().tag(1, delimited).fork().tag(2, delimited).fork();
  text(writer, 1, httpGet.path);
  writer.tag(2, delimited).fork().tag(1, 0).int64(1).tag(2, 0).int32(0);
  text(writer, 3, httpGet.port);
  writer.join();
  text(writer, 3, '');
  text(writer, 4, httpGet.scheme);
  writer.join().join();
  for (const [field, value] of [
    [2, 0],
    [3, timeoutSeconds],
    [4, periodSeconds],
    [5, 1],
    [6, 3],
  ])
    writer.tag(field, 0).int32(value);
  writer.join();
}

function writeStatus(writer, status) {
  text(writer, 1, status.phase);
  for (const condition of status.conditions) text(writer, 2, JSON.stringify(condition));
  text(writer, 5, status.hostIP);
  text(writer, 6, status.podIP);
  for (const container of status.containerStatuses) text(writer, 8, JSON.stringify(container));
  for (const { ip } of status.podIPs) {
    writer.tag(12, delimited).fork();
    text(writer, 1, ip);
    writer.join();
  }
}

/** A whole page as an API server answers it. @param {readonly object[]} pods @param {string} resourceVersion */
export function podPage(pods, resourceVersion) {
  const list = new BinaryWriter().tag(1, delimited).fork();
  text(list, 2, resourceVersion);
  list.join();
  for (const pod of pods) list.tag(2, delimited).bytes(encodePod(pod));
  const writer = new BinaryWriter().raw(Buffer.from('k8s\0')).tag(1, delimited).fork();
  text(writer, 1, 'v1');
  text(writer, 2, 'PodList');
  writer.join().tag(2, delimited).bytes(list.finish());
  text(writer, 3, '');
  text(writer, 4, '');
  return { protobuf: Buffer.from(writer.finish()), json: Buffer.from(jsonPage(pods, resourceVersion)) };
}

function jsonPage(items, resourceVersion) {
  return JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion }, items });
}
