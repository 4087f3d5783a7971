import {
  embedded,
  integer,
  integerOrNone,
  longOrNone,
  message,
  messages,
  portOrName,
  type Table,
  tableOf,
  text,
  textMap,
  textOrNone,
  texts,
} from './protobuf-message.ts';
import { labelSelector, metadata, plainMetadata } from './protobuf-meta.ts';
import { agentTemplate, pod, podTemplate } from './protobuf-pod.ts';

// Field numbers are those of the API's published definitions (generated.proto). There are only the fields that
// `model/decode` reads; whether an empty one is left out follows the JSON tag of its Go type.

const ofNamespace = tableOf({ 1: plainMetadata, 3: message('status', tableOf({ 1: textOrNone('phase') })) });

const node = tableOf({
  1: plainMetadata,
  2: message('spec', tableOf({ 1: textOrNone('podCIDR'), 7: texts('podCIDRs') })),
  3: message(
    'status',
    tableOf({ 5: messages('addresses', tableOf({ 1: text('type'), 2: text('address') })) }),
  ),
});

const servicePort = tableOf({
  1: textOrNone('name'),
  2: textOrNone('protocol'),
  3: integer('port'),
  4: portOrName('targetPort'),
  5: integerOrNone('nodePort'),
});

const service = tableOf({
  1: plainMetadata,
  2: message(
    'spec',
    tableOf({
      1: messages('ports', servicePort),
      2: textMap('selector'),
      3: textOrNone('clusterIP'),
      4: textOrNone('type'),
      11: textOrNone('externalTrafficPolicy'),
      18: texts('clusterIPs'),
    }),
  ),
});

const policyPorts = messages(
  'ports',
  tableOf({ 1: text('protocol'), 2: portOrName('port'), 3: integer('endPort') }),
);

/** A selector that is there but empty selects everything; one that is not there says nothing. */
const policyPeer = tableOf({
  1: message('podSelector', labelSelector),
  2: message('namespaceSelector', labelSelector),
  3: message('ipBlock', tableOf({ 1: text('cidr'), 2: texts('except') })),
});

/** Rules read every annotation of a policy, the last applied configuration among them. */
const networkPolicy = tableOf({
  1: metadata(() => true),
  2: message(
    'spec',
    tableOf({
      1: message('podSelector', labelSelector),
      2: messages('ingress', tableOf({ 1: policyPorts, 2: messages('from', policyPeer) })),
      3: messages('egress', tableOf({ 1: policyPorts, 2: messages('to', policyPeer) })),
      4: texts('policyTypes'),
    }),
  ),
});

const ingressService = tableOf({
  1: text('name'),
  2: message('port', tableOf({ 1: textOrNone('name'), 2: integerOrNone('number') })),
});

const ingressBackend = tableOf({ 4: message('service', ingressService) });

const ingressPaths = tableOf({ 1: messages('paths', tableOf({ 2: message('backend', ingressBackend) })) });

const ingress = tableOf({
  1: metadata((key) => key === 'kubernetes.io/ingress.class'),
  2: message(
    'spec',
    tableOf({
      1: message('defaultBackend', ingressBackend),
      3: messages('rules', tableOf({ 2: embedded(tableOf({ 1: message('http', ingressPaths) })) })),
      4: text('ingressClassName'),
    }),
  ),
});

const endpointSlice = tableOf({
  1: plainMetadata,
  2: messages(
    'endpoints',
    tableOf({
      1: texts('addresses'),
      4: message('targetRef', tableOf({ 1: textOrNone('kind'), 3: textOrNone('name') })),
    }),
  ),
  3: messages('ports', tableOf({ 1: text('name'), 2: text('protocol'), 3: integer('port') })),
  4: text('addressType'),
});

/** A Deployment, StatefulSet or ReplicaSet. */
function replicated(templateNumber: number): Table {
  const spec = { 1: integer('replicas'), [templateNumber]: message('template', podTemplate) };
  return tableOf({ 1: plainMetadata, 2: message('spec', tableOf(spec)) });
}

const daemonSet = tableOf({
  1: plainMetadata,
  2: message('spec', tableOf({ 2: message('template', agentTemplate) })),
  3: message(
    'status',
    tableOf({ 3: integer('desiredNumberScheduled'), 5: longOrNone('observedGeneration') }),
  ),
});

const jobSpec = message('spec', tableOf({ 1: integer('parallelism'), 6: message('template', podTemplate) }));

const job = tableOf({
  1: plainMetadata,
  2: jobSpec,
  3: message(
    'status',
    tableOf({ 1: messages('conditions', tableOf({ 1: text('type'), 2: text('status') })) }),
  ),
});

const cronJob = tableOf({
  1: plainMetadata,
  2: message('spec', tableOf({ 5: message('jobTemplate', tableOf({ 2: jobSpec })) })),
});

const binding = tableOf({
  1: plainMetadata,
  2: messages('subjects', tableOf({ 1: text('kind'), 3: text('name'), 4: textOrNone('namespace') })),
});

const webhookService = tableOf({ 1: text('namespace'), 2: text('name'), 4: integer('port') });

const webhookConfiguration = tableOf({
  1: plainMetadata,
  2: messages(
    'webhooks',
    tableOf({
      1: text('name'),
      2: message('clientConfig', tableOf({ 1: message('service', webhookService) })),
      4: text('failurePolicy'),
    }),
  ),
});

/** The kinds that are read as protobuf, by the name of the kind. Custom resources have no such encoding. */
export const protobufKinds: ReadonlyMap<string, Table> = new Map([
  ['Namespace', ofNamespace],
  ['Pod', pod],
  ['NetworkPolicy', networkPolicy],
  ['Service', service],
  ['Node', node],
  ['EndpointSlice', endpointSlice],
  ['Deployment', replicated(3)],
  ['StatefulSet', replicated(3)],
  ['DaemonSet', daemonSet],
  ['Job', job],
  ['CronJob', cronJob],
  ['Ingress', ingress],
  ['RoleBinding', binding],
  ['ClusterRoleBinding', binding],
  ['ValidatingWebhookConfiguration', webhookConfiguration],
  ['MutatingWebhookConfiguration', webhookConfiguration],
]);
