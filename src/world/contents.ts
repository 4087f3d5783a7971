import type { Clause, CompiledPolicy, Direction, Peer, PortTerm } from '../model/policy.ts';
import { clausesOf, directions } from '../model/policy.ts';

/**
 * What a policy says in one direction, whoever it is and whomever it selects. Many namespaces have the same policies
 * under other names: they share a content, and are looked at once.
 */
export interface Content {
  /** Equal numbers are one content; other policies may get the number of a content that is gone. */
  readonly number: number;
}

interface Entry extends Content {
  readonly text: string;
  uses: number;
}

type Both = Readonly<Record<Direction, Entry>>;

/** The contents of the policies in force, each once. */
export class Contents {
  private readonly byText = new Map<string, Entry>();
  private readonly byPolicy = new Map<CompiledPolicy, Both>();
  private readonly free: number[] = [];

  retain(policy: CompiledPolicy): void {
    const [ingress, egress] = directions.map((direction) => this.enrol(textOf(policy, direction)));
    if (ingress !== undefined && egress !== undefined) this.byPolicy.set(policy, { ingress, egress });
  }

  private enrol(text: string): Entry {
    const known = this.byText.get(text);
    if (known !== undefined) {
      known.uses += 1;
      return known;
    }
    const entry = { text, number: this.free.pop() ?? this.byText.size, uses: 1 };
    this.byText.set(text, entry);
    return entry;
  }

  release(policy: CompiledPolicy): void {
    const both = this.byPolicy.get(policy);
    if (both === undefined) return;
    this.byPolicy.delete(policy);
    for (const entry of [both.ingress, both.egress]) {
      entry.uses -= 1;
      if (entry.uses > 0) continue;
      this.byText.delete(entry.text);
      this.free.push(entry.number);
    }
  }

  /** The content of a policy in force. Throws where it is not. */
  of(policy: CompiledPolicy, direction: Direction): Content {
    const both = this.byPolicy.get(policy);
    if (both === undefined) throw new Error(`${policy.ref.namespace}/${policy.ref.name} is not in force`);
    return both[direction];
  }
}

/** Equal texts say the same of everybody. Peers of the own namespace depend on where the policy is. */
function textOf(policy: CompiledPolicy, direction: Direction): string {
  const { tier, rank, ref, ignored } = policy;
  const part = policy[direction];
  const head = [direction, tier.order, tier.end, rank, part?.isolates ?? ''];
  const strays = part === null ? ignored.filter((clause) => clause.direction === direction) : [];
  const clauses = [...clausesOf(policy, direction), ...strays].map((clause) =>
    clauseText(clause, ref.namespace),
  );
  return [...head, ...clauses].join('\n');
}

function clauseText({ verdict, peers, ports }: Clause, namespace: string): string {
  const texts =
    peers === 'any'
      ? 'any'
      : peers
          .map((peer) => peerText(peer, namespace))
          .sort()
          .join('|');
  return `${verdict} ${texts} ${portsText(ports)}`;
}

function peerText(peer: Peer, namespace: string): string {
  if (peer.kind === 'block') return `${peer.key} ${peer.certain}`;
  const place = peer.namespaces === 'own' ? namespace : '';
  return `${place} ${peer.key} ${peer.hostNetwork} ${peer.outside}`;
}

/** Equal texts are the same ports on every pod that resolves names alike. */
export function portsText(ports: Clause['ports']): string {
  return ports === 'any' ? 'any' : ports.map(termText).sort().join();
}

function termText(term: PortTerm): string {
  const port = term.kind === 'named' ? `name ${term.name}` : `${term.from}-${term.to}`;
  return `${term.protocol} ${port} ${term.certain}`;
}
