import type { Phrase } from '../model/finding.ts';
import type { PodPeer } from '../model/policy.ts';
import { everything, type Selector, selectsEverything } from '../model/selector.ts';
import type { BitSet } from '../sets/bitset.ts';
import { selectsEveryNamespace } from './label-only-peer-in-any-namespace.ts';
import { isInvented } from './own-namespace.ts';
import { podKinds } from './pod-kinds.ts';
import { onlyNamespace, peerOf, podPeersOf, scopeText } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R70. A selector that is not empty matches every pod or every namespace there is, so that it restricts nothing: all of
 * them bear the label, or it asks for what each namespace has.
 */
export const selectorTautology: PolicyRule = {
  id: 'selector-tautology',
  number: 'R70',
  title: 'A selector matches everything there is',
  judges: 'policy',
  severity: always('info'),
  confidence: 'likely',
  cure: 'workload',
  needs: [...podKinds, 'Namespace'],
  restsOnVerdicts: false,
  cost: 'peers',
  admission: 'silent',
  page: {
    why: `
      A selector looks as if it narrowed something, and all pods bear its label: charts write
      \`app.kubernetes.io/managed-by: Helm\` on everything, and every namespace has the label
      \`kubernetes.io/metadata.name\`. Who reads the policy believes in a restriction that is none.`,
    fix: `
      Write the label that tells the pods or namespaces apart that you mean, or \`{}\` where you mean all
      of them.`,
    fine: `
      The label may tell them apart later, when other workloads come. The rule is silent where there is
      only one workload or are fewer than three namespaces, and the command line and the scan alone tell
      it. That a namespace has the key \`kubernetes.io/metadata.name\` is always true, whatever exists.`,
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { policy, world } = input;
    const { subject } = policy;
    if (
      !selectsEverything(subject) &&
      holdsAll(input, world.subjects(policy), world.unitsIn(policy.ref.namespace))
    )
      yield draft(`subject ${subject.text}`, 'spec.podSelector', [
        `${subject.text} matches every pod of the namespace`,
      ]);
    for (const { peer, key } of podPeersOf(policy)) {
      if (peer.namespaces !== 'own' && matchesEveryNamespace(input, peer.namespaces)) {
        const always = selectsEveryNamespace(peer.namespaces) ? 'always ' : '';
        const text = `${peer.namespaces.text} ${always}matches every namespace`;
        yield draft(`namespaces ${key}`, `${peer.origin}.namespaceSelector`, [text]);
      }
      if (matchesEveryPod(input, peer))
        yield draft(`pods ${key}`, `${peer.origin}.podSelector`, [
          `${peer.pods.text} matches every pod `,
          ...scopeText(peer),
        ]);
    }
  },
};

/** With fewer namespaces or workloads than these a selector that matches all is no surprise. */
const namespacesMin = 3;
const workloadsMin = 2;

function draft(key: string, at: string, happens: Phrase): Draft {
  return {
    key,
    at,
    happens: [...happens, ', so it restricts nothing'],
    advice: ['write {} if all are meant, else a label that tells them apart'],
    affected: [],
  };
}

function matchesEveryNamespace({ world }: PolicyInput, selector: Selector): boolean {
  if (selectsEverything(selector)) return false;
  const count = world.lookups.namespaceCount(selector);
  if (count < world.lookups.namespacesInAll) return false;
  return count >= namespacesMin || selectsEveryNamespace(selector);
}

/** Asked only where the peer looks in one namespace: others hold too many kinds of pods to look at. */
function matchesEveryPod(input: PolicyInput, peer: PodPeer): boolean {
  const { policy, world } = input;
  const namespace = onlyNamespace(policy, peer);
  if (selectsEverything(peer.pods) || namespace === null) return false;
  const all =
    namespace === policy.ref.namespace
      ? world.unitsIn(policy.ref.namespace)
      : world.peerUnits(policy.ref.namespace, peerOf(peer.namespaces, everything)).may;
  return holdsAll(input, world.peerUnits(policy.ref.namespace, peer).may, all);
}

function holdsAll({ world }: PolicyInput, found: BitSet, all: BitSet): boolean {
  if (all.isEmpty() || !all.andNot(found).isEmpty()) return false;
  const units = all.toArray().flatMap((id) => world.unit(id) ?? []);
  const workloads = new Set(units.filter((unit) => !isInvented(unit)).map(({ workload }) => workload.id));
  return workloads.size >= workloadsMin;
}
