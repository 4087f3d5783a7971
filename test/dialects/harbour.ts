/** A second small cluster, so that the engine's scenes do not lean on the reference's. */
import { parseAllDocuments } from 'yaml';
import type { ClusterWorld } from '../../src/world/cluster-world.ts';
import { makePod } from '../reference/clinic.ts';
import {
  literalProfile,
  type NetworkPolicy,
  type Profile,
  type RefCluster,
} from '../support/reference/objects.ts';
import { worldFor } from '../support/reference-world.ts';

const control = (containerPort: number) => ({ name: 'control', containerPort });
const gauge = { name: 'gauge', containerPort: 9300 };

function node(name: string, address: string) {
  return { metadata: { name }, status: { addresses: [{ type: 'InternalIP', address }] } };
}

export function harbour(): RefCluster {
  const crane = { role: 'crane', deck: 'upper' };
  return {
    namespaces: [
      { metadata: { name: 'harbour', labels: { fleet: 'north', rank: 'prod' } } },
      { metadata: { name: 'customs', labels: { fleet: 'south', rank: 'prod' } } },
      { metadata: { name: 'yard', labels: { fleet: 'north', rank: 'trial' } } },
      { metadata: { name: 'lookout', labels: {} } },
      { metadata: { name: 'kube-system', labels: {} } },
    ],
    nodes: [node('quay1', '10.60.0.1'), node('quay2', '10.60.0.2')],
    pods: [
      makePod('harbour/crane', {
        labels: crane,
        ips: ['10.61.0.1'],
        node: 'quay1',
        ports: [control(7000), gauge],
      }),
      makePod('harbour/winch', {
        labels: { role: 'winch', deck: 'lower' },
        ips: ['10.61.0.2'],
        node: 'quay2',
        ports: [control(7001), gauge],
      }),
      makePod('harbour/buoy', {
        labels: { role: 'buoy', deck: 'lower' },
        ips: ['10.61.0.3'],
        node: 'quay1',
      }),
      makePod('customs/ledger', { labels: { role: 'ledger' }, ips: ['10.61.1.1'], node: 'quay2' }),
      makePod('yard/crane', { labels: crane, ips: ['10.61.2.1'], node: 'quay1', ports: [control(7000)] }),
      makePod('lookout/lens', { labels: { role: 'lens' }, ips: ['10.61.3.1'], node: 'quay2' }),
      makePod('kube-system/resolver', {
        labels: { 'k8s-app': 'kube-dns' },
        ips: ['10.61.4.1'],
        node: 'quay1',
        ports: [
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 53 },
        ],
      }),
    ],
    policies: [],
    workloads: [],
    foreign: [],
    profile: { ...literalProfile },
  };
}

export interface HarbourScene {
  readonly title: string;
  /** Specs as YAML documents in the namespace harbour; an own key `namespace` puts one elsewhere. */
  readonly policies: string;
  readonly profile?: Partial<Profile>;
  readonly edit?: (cluster: RefCluster) => void;
  readonly expect: string;
}

function policiesOf(text: string): NetworkPolicy[] {
  return parseAllDocuments(text).map((document, i) => {
    const { namespace = 'harbour', ...spec } = document.toJS() as { namespace?: string };
    return { metadata: { namespace, name: `rule-${i}` }, spec };
  });
}

export function worldOfScene({ policies, profile, edit }: HarbourScene): ClusterWorld {
  const cluster = harbour();
  cluster.policies = policiesOf(policies);
  Object.assign(cluster.profile, profile);
  edit?.(cluster);
  return worldFor(cluster);
}
