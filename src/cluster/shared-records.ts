import type {
  NetworkPolicy,
  PolicySpec,
  PolicyType,
  WireClause,
  WirePeer,
  WirePort,
} from '../model/network-policy.ts';
import type {
  ClusterObject,
  PolicyRecord,
  ServicePort,
  ServiceRecord,
  WorkloadRecord,
} from '../model/objects.ts';
import { sameRecord } from '../model/same-record.ts';
import type { Selector } from '../model/selector.ts';
import { namespaceOf } from '../world/named.ts';
import { Recent } from './recent.ts';
import type { SharedParts } from './shared-parts.ts';

const partsMax = 4096;

/**
 * Makes equal records whose parts are those that came lately, where equal ones did: the same application runs in many
 * namespaces, with the same template, the same Service in front of it and the same policies around it. Fields are
 * written one by one, since an object that is spread into another may get a hidden class of its own.
 */
export class SharedRecords {
  readonly parts: SharedParts;
  readonly #selectors = new Recent<Selector>(partsMax);
  readonly #servicePorts = new Recent<readonly ServicePort[]>(partsMax);
  readonly #wirePorts = new Recent<readonly WirePort[]>(partsMax);
  readonly #policyTypes = new Recent<readonly PolicyType[]>(partsMax);

  constructor(parts: SharedParts) {
    this.parts = parts;
  }

  /** After a list: what comes then comes one by one, and keys for thousands of parts weigh as much as these. */
  forget(): void {
    this.parts.forget();
    const all = [this.#selectors, this.#servicePorts, this.#wirePorts, this.#policyTypes];
    for (const recent of all) recent.forget();
  }

  /**
   * The record that is there, where it is equal: a list of everything that comes once more is then hardly more than a
   * list of names, where it would be the whole cluster a second time.
   */
  share(record: ClusterObject): ClusterObject {
    const known = this.parts.known(namespaceOf(record), record.name);
    return known !== undefined && sameRecord(known, record) ? known : this.#shared(record);
  }

  #shared(record: ClusterObject): ClusterObject {
    if (record.kind === 'Pod') return this.parts.share(record);
    if (record.kind === 'Service') return this.#service(record);
    if (record.kind === 'NetworkPolicy') return this.#policy(record);
    return 'template' in record ? this.#workload(record) : record;
  }

  #workload(workload: WorkloadRecord): WorkloadRecord {
    const { kind, namespace, name, owner, replicas, finished, agents } = workload;
    // Few run the agents of a network.
    if (agents !== undefined) return workload;
    const template = this.parts.template(workload.template);
    return { kind, namespace, name, owner, replicas, finished, template };
  }

  #service(service: ServiceRecord): ServiceRecord {
    const { selector, ports } = service;
    return {
      kind: 'Service',
      namespace: service.namespace,
      name: service.name,
      labels: this.parts.labels(service.labels),
      selector: selector === null ? null : this.parts.labels(selector),
      type: service.type,
      headless: service.headless,
      clusterAddresses: service.clusterAddresses,
      externalTrafficPolicy: service.externalTrafficPolicy,
      ports: this.#servicePorts.keep(JSON.stringify(ports), ports),
    };
  }

  #policy(record: PolicyRecord): PolicyRecord {
    const { namespace, name, policy, problem } = record;
    if (policy === null) return record;
    return { kind: 'NetworkPolicy', namespace, name, policy: this.#body(policy), problem };
  }

  #body(policy: NetworkPolicy): NetworkPolicy {
    return {
      namespace: policy.namespace,
      name: policy.name,
      uid: policy.uid,
      labels: this.parts.labels(policy.labels),
      annotations: this.parts.labels(policy.annotations),
      terminating: policy.terminating,
      owned: policy.owned,
      spec: policy.spec === null ? null : this.#spec(policy.spec),
      written: policy.written,
    };
  }

  /** Clauses and peers stay their policy's own. */
  #spec({ podSelector, policyTypes, ingress, egress }: PolicySpec): PolicySpec {
    return {
      podSelector: this.#selector(podSelector),
      policyTypes: this.#policyTypes.keep(policyTypes.join(), policyTypes),
      ingress: ingress.map((clause) => this.#clause(clause)),
      egress: egress.map((clause) => this.#clause(clause)),
    };
  }

  #clause({ peers, ports }: WireClause): WireClause {
    return {
      peers: peers.map((peer) => this.#peer(peer)),
      ports: this.#wirePorts.keep(JSON.stringify(ports), ports),
    };
  }

  #peer({ podSelector, namespaceSelector, ipBlock }: WirePeer): WirePeer {
    return {
      podSelector: this.#selector(podSelector),
      namespaceSelector: this.#selector(namespaceSelector),
      ipBlock,
    };
  }

  /** With the places of its requirements: the text alone does not tell them. */
  #selector(selector: Selector | null): Selector | null {
    return selector === null ? null : this.#selectors.keep(JSON.stringify(selector.requirements), selector);
  }
}
