import type { Finding } from '../model/finding.ts';
import type { ClusterObject } from '../model/objects.ts';
import { type Clause, type CompiledPolicy, clausesOf, directions, type Peer } from '../model/policy.ts';
import type { Requirement, Selector } from '../model/selector.ts';
import type { Rule } from '../rules/rule.ts';

/** Does the input hold what exists in a namespace? `every` asks for all namespaces, those nobody named included. */
export interface Coverage {
  readonly covers: (namespace: string) => boolean;
  readonly every: boolean;
}

/** "A namespace is covered if the input holds at least one workload in it, or --complete or a snapshot is given." */
export function coverageOf(objects: Iterable<ClusterObject>, complete: boolean): Coverage {
  const held = new Set<string>();
  for (const object of objects) {
    if ('template' in object || object.kind === 'Pod') held.add(object.namespace);
  }
  return { covers: (namespace) => complete || held.has(namespace), every: complete };
}

/** What a rule looks at: the own namespace, those of each peer, or those where a port of a clause is looked up. */
type Sphere = 'own' | 'peers' | 'ports' | 'text';

/**
 * By catalogue number; a rule that needs nothing reads the text alone, and others look at their own namespace. "R01 is
 * not skipped: without a known resolver, any clause that allows port 53 counts as DNS." R06, R22, R34
 * and R38 judge the text too and only count what exists.
 */
const spheres: ReadonlyMap<string, Sphere> = new Map([
  ['R01', 'text'],
  ['R06', 'text'],
  ['R22', 'text'],
  ['R24', 'text'],
  ['R27', 'text'],
  ['R34', 'text'],
  ['R38', 'text'],
  ['R08', 'peers'],
  ['R09', 'peers'],
  ['R10', 'peers'],
  ['R21', 'peers'],
  ['R23', 'peers'],
  ['R30', 'peers'],
  ['R11', 'ports'],
  ['R12', 'ports'],
  ['R40', 'ports'],
  ['R63', 'ports'],
  ['R70', 'peers'],
]);

/** Places in a policy at which a rule would have to look into namespaces that are not covered; null is the whole. */
export type Gaps = ReadonlySet<string> | null;

/**
 * Where the input does not cover what the rule looks at: `null` for the whole policy, else the paths of peers and
 * clauses, none where everything is covered.
 */
export function gapsOf(rule: Rule, policy: CompiledPolicy, coverage: Coverage): Gaps {
  const sphere = rule.needs.length === 0 ? 'text' : (spheres.get(rule.number) ?? 'own');
  if (sphere === 'text' || coverage.every) return new Set();
  const own = policy.ref.namespace;
  if (sphere === 'own') return coverage.covers(own) ? new Set() : null;
  const clauses = directions.flatMap((direction) => clausesOf(policy, direction));
  const origins =
    sphere === 'peers'
      ? clauses.flatMap(peersIn).filter((peer) => !coversPeer(peer, own, coverage))
      : clauses.filter((clause) => !coversPorts(clause, own, coverage));
  return new Set(origins.map(({ origin }) => origin));
}

function peersIn({ peers }: Clause): readonly Peer[] {
  return peers === 'any' ? [] : peers;
}

/** Does the finding lie where the rule could not look? */
export function isInGap({ at }: Finding, gaps: Gaps): boolean {
  if (gaps === null) return true;
  return [...gaps].some((gap) => at === gap || at.startsWith(`${gap}.`));
}

/** A port is looked up at its destination: in ingress the policy's own pods, in egress the peers. */
function coversPorts({ direction, peers, ports }: Clause, own: string, coverage: Coverage): boolean {
  if (ports === 'any') return true;
  if (direction === 'ingress') return coverage.covers(own);
  return peers === 'any' ? coverage.every : peers.every((peer) => coversPeer(peer, own, coverage));
}

function coversPeer(peer: Peer, own: string, coverage: Coverage): boolean {
  if (peer.kind === 'block') return true;
  const named = peer.namespaces === 'own' ? [own] : namesIn(peer.namespaces);
  return named === null ? coverage.every : named.every(coverage.covers);
}

/**
 * The namespaces that a selector pins, or null: "a namespaceSelector that does not pin kubernetes.io/metadata.name
 * looks at all namespaces".
 */
function namesIn({ requirements }: Selector): readonly string[] | null {
  const pins = ({ key, operator }: Requirement): boolean =>
    key === 'kubernetes.io/metadata.name' && operator === 'In';
  return requirements.find(pins)?.values ?? null;
}
