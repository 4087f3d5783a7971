import type { BlockPeer, Clause, CompiledPolicy, Peer, PodPeer, PortTerm } from '../model/policy.ts';
import { portMax } from '../model/port.ts';
import { type Requirement, type Selector, selectsEverything } from '../model/selector.ts';
import { podCount, unitsOf } from '../rules/pod-peers.ts';
import type { BitSet } from '../sets/bitset.ts';
import { holdsWholeFamily, type Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';

/** A clause in words: each peer and each port for itself, and all of it as one sentence. */
export interface ClauseWords {
  /** `ingress[0]`. */
  readonly clause: string;
  /** Empty where it admits nobody. */
  readonly peers: readonly string[];
  readonly ports: readonly string[];
  readonly sentence: string;
}

const nameLabel = 'kubernetes.io/metadata.name';
const examplesMax = 3;

/** Whom the policy selects: `pods of namespace shop whose label app is web`. */
export function subjectWords({ subject, ref }: CompiledPolicy): string {
  const whose = labelsWords(subject);
  return whose === ''
    ? `every pod of namespace ${ref.namespace}`
    : `pods of namespace ${ref.namespace} ${whose}`;
}

/** What one clause lets through, with the pods that it means at present. */
export function clauseWords(policy: CompiledPolicy, clause: Clause, world: World): ClauseWords {
  const peers =
    clause.peers === 'any' ? [everybody] : clause.peers.map((peer) => peerWords(policy, peer, world));
  const ports =
    clause.ports === 'any' ? [everyPort] : clause.ports.map((term) => portWords(policy, clause, term, world));
  const verb = clause.direction === 'ingress' ? 'lets in' : 'lets them reach';
  const whom =
    peers.length === 0 ? 'nobody: the network plugin takes none of its peers' : listed(peers, 'or');
  const where =
    ports.length === 0 ? 'no port, because the network plugin takes none of them,' : listed(ports, 'or');
  const name = `${clause.direction}[${clause.index}]`;
  return { clause: name, peers, ports, sentence: `On ${where} it ${verb} ${whom}.` };
}

const everybody = 'everybody: every pod, node and address, inside and outside the cluster';
const everyPort = 'every port of TCP, UDP and SCTP';

/** `a`, `a or b`, `a, b, or c`; texts with commas in them are told apart by semicolons. */
function listed(texts: readonly string[], word: 'and' | 'or'): string {
  const last = texts.at(-1) ?? '';
  if (texts.length < 2) return last;
  const gap = texts.some((text) => text.includes(',')) ? ';' : ',';
  const others = texts.slice(0, -1).join(`${gap} `);
  return texts.length === 2 && gap === ',' ? `${others} ${word} ${last}` : `${others}${gap} ${word} ${last}`;
}

function peerWords(policy: CompiledPolicy, peer: Peer, world: World): string {
  if (peer.kind === 'block')
    return `${blockWords(peer)}${peer.certain ? '' : ' (if the network plugin heeds it)'}`;
  const { must, may } = world.peerUnits(policy.ref.namespace, peer);
  const doubt = may.andNot(must).isEmpty() ? '' : '; some of them only with some network plugins';
  return `${podPeerWords(policy, peer)} (${presentWords(world, may)}${doubt})`;
}

function podPeerWords({ ref }: CompiledPolicy, { namespaces, pods }: PodPeer): string {
  const where = namespaces === 'own' ? `of namespace ${ref.namespace}` : namespaceWords(namespaces);
  const whose = labelsWords(pods);
  return whose === '' ? `every pod ${where}` : `pods ${where} ${whose}`;
}

/** `of namespace a`, `of every namespace`, `of namespaces whose label team is money`. */
function namespaceWords(selector: Selector): string {
  if (selectsEverything(selector)) return 'of every namespace';
  const [only, second] = selector.requirements;
  const byName = second === undefined && only?.key === nameLabel && only.operator === 'In';
  if (!byName) return `of namespaces ${labelsWords(selector)}`;
  const plural = only.values.length === 1 ? 'namespace' : 'namespaces';
  return `of ${plural} ${listed([...only.values].sort(), 'and')}`;
}

/** `whose label a is b and whose label c is missing`; empty where every object is meant. */
function labelsWords({ requirements }: Selector): string {
  return requirements.map(requirementWords).join(' and ');
}

function requirementWords({ key, operator, values }: Requirement): string {
  const sorted = listed([...new Set(values)].sort(), 'or');
  switch (operator) {
    case 'In':
      return `whose label ${key} is ${sorted}`;
    case 'NotIn':
      return `whose label ${key} is missing or ${values.length === 1 ? 'not' : 'none of'} ${sorted}`;
    case 'Exists':
      return `that have a label ${key}`;
    case 'DoesNotExist':
      return `that have no label ${key}`;
  }
}

/** `2 pods: shop/web, shop/cart`, or `nobody at present`. */
export function presentWords(world: World, ids: BitSet): string {
  const units = unitsOf(world, ids);
  if (units.length === 0) return 'nobody at present';
  const names = workloadNames(units);
  const shown = names.slice(0, examplesMax).join(', ');
  const rest = names.length - examplesMax;
  const more = rest > 0 ? ` and ${rest} more ${rest === 1 ? 'workload' : 'workloads'}` : '';
  return `${podCount(units)}: ${shown}${more}`;
}

function workloadNames(units: readonly Unit[]): readonly string[] {
  return [...new Set(units.map(({ namespace, workload }) => `${namespace}/${workload.name}`))].sort();
}

function blockWords({ block }: BlockPeer): string {
  const [cidr = '', except] = block.text.split(' except ');
  const but = except === undefined ? '' : ` except ${except}`;
  if (holdsWholeFamily({ ...block, except: [] })) return `every IPv${block.family} address${but}`;
  const { first, last } = block.range;
  return first === last ? `address ${cidr.replace(/\/.*/, '')}` : `addresses of ${cidr}${but}`;
}

function portWords(policy: CompiledPolicy, clause: Clause, term: PortTerm, world: World): string {
  const doubt = term.certain ? '' : ' (if the network plugin heeds it)';
  const { protocol } = term;
  if (term.kind === 'named') {
    const called = `the ${protocol} port that a container calls ${term.name}`;
    return `${called}${clause.direction === 'ingress' ? resolved(policy, term, world) : ''}${doubt}`;
  }
  if (term.from === 1 && term.to === portMax) return `every ${protocol} port${doubt}`;
  if (term.from === term.to) return `${protocol} port ${term.from}${doubt}`;
  return `${protocol} ports ${term.from} to ${term.to}${doubt}`;
}

/** The numbers behind a name, on the policy's own pods. */
function resolved(
  policy: CompiledPolicy,
  { name, protocol }: Extract<PortTerm, { readonly kind: 'named' }>,
  world: World,
): string {
  const numbers = new Set<number>();
  for (const { ports } of unitsOf(world, world.subjects(policy)))
    for (const port of ports) if (port.name === name && port.protocol === protocol) numbers.add(port.number);
  if (numbers.size === 0) return ' (none does at present)';
  return ` (${[...numbers].sort((a, b) => a - b).join(', ')})`;
}
