import {
  bool,
  boolOrNone,
  embedded,
  integer,
  message,
  messages,
  portOrName,
  recurring,
  recurrings,
  type Table,
  tableOf,
  text,
  textMap,
  textOrNone,
  texts,
} from './protobuf-message.ts';
import { metadata } from './protobuf-meta.ts';

const containerPort = tableOf({
  1: textOrNone('name'),
  3: integer('containerPort'),
  4: textOrNone('protocol'),
});

const httpGet = tableOf({ 2: portOrName('port'), 3: textOrNone('host') });

const probe = tableOf({
  1: embedded(
    tableOf({
      2: message('httpGet', httpGet),
      3: message('tcpSocket', tableOf({ 1: portOrName('port') })),
      4: message('grpc', tableOf({ 1: integer('port') })),
    }),
  ),
});

const serving = {
  6: recurrings('ports', containerPort),
  10: recurring('livenessProbe', probe),
  11: recurring('readinessProbe', probe),
  22: recurring('startupProbe', probe),
  24: text('restartPolicy'),
};

const container = tableOf(serving);

/** What tells a network plugin's program and its options; only of a DaemonSet. */
const agentContainer = tableOf({
  ...serving,
  1: text('name'),
  2: textOrNone('image'),
  3: texts('command'),
  4: texts('args'),
  7: messages('env', tableOf({ 1: text('name'), 2: textOrNone('value') })),
});

function podSpec(containers: Table): Table {
  return tableOf({
    2: messages('containers', containers),
    6: textOrNone('dnsPolicy'),
    7: textMap('nodeSelector', (key) => key === 'kubernetes.io/os'),
    8: textOrNone('serviceAccountName'),
    9: textOrNone('serviceAccount'),
    10: textOrNone('nodeName'),
    11: boolOrNone('hostNetwork'),
    20: messages('initContainers', container),
    21: bool('automountServiceAccountToken'),
    36: message('os', tableOf({ 1: text('name') })),
  });
}

/** Other annotations of pods are long and nobody reads them. */
export function isKeptOfPod(annotation: string): boolean {
  return (
    annotation.startsWith('netsluice.dev/') ||
    annotation.startsWith('prometheus.io/') ||
    annotation === 'k8s.v1.cni.cncf.io/networks'
  );
}

const podMetadata = metadata(isKeptOfPod);

export const podSpecTable: Table = podSpec(container);

export const podTemplate: Table = tableOf({ 1: podMetadata, 2: message('spec', podSpecTable) });

export const agentTemplate: Table = tableOf({ 1: podMetadata, 2: message('spec', podSpec(agentContainer)) });

export const pod: Table = tableOf({
  1: podMetadata,
  2: message('spec', podSpecTable),
  3: message(
    'status',
    tableOf({
      1: textOrNone('phase'),
      6: textOrNone('podIP'),
      12: messages('podIPs', tableOf({ 1: textOrNone('ip') })),
    }),
  ),
});
