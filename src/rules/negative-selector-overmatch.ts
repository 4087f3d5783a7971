import type { Selector } from '../model/selector.ts';
import type { World } from '../world/world.ts';
import { podPeersOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R38. A peer is selected by what it lacks (`NotIn`, `DoesNotExist`). That matches everything without the label too:
 * namespaces that are yet to come, sandboxes, kube-system.
 */
export const negativeSelectorOvermatch: PolicyRule = {
  id: 'negative-selector-overmatch',
  number: 'R38',
  title: 'A peer is selected only by what it lacks',
  judges: 'policy',
  severity: { baseline: 'info', restricted: 'warning' },
  confidence: 'certain',
  cure: 'none',
  needs: ['Namespace'],
  restsOnVerdicts: false,
  cost: 'text',
  page: {
    why: `
      \`NotIn\` and \`DoesNotExist\` also match what has no such label at all: sandboxes, kube-system,
      and every namespace that somebody creates later. The list of those who get in grows by itself.`,
    fix: 'List what is meant with `In`.',
    fine: `
      "Every namespace but my own" is idiomatic and an info, and so are negative selectors of pods and
      those that also ask for a pod label.`,
    platforms: `
      Some versions of Cilium let such selectors match nodes and addresses outside the cluster too.`,
  },
  *check({ policy, world }: PolicyInput): Iterable<Draft> {
    for (const { peer, key } of podPeersOf(policy)) {
      const { namespaces, pods } = peer;
      if (namespaces !== 'own' && isNegative(namespaces)) {
        const narrower = pods.requirements.length > 0 && !isNegative(pods);
        const usual = namespaces.text === `kubernetes.io/metadata.name!=${policy.ref.namespace}`;
        yield {
          key: `${key} namespaces`,
          at: `${peer.origin}.namespaceSelector`,
          happens: [
            `${namespaces.text} matches ${todayIn(world, namespaces)} today, and any without the label`,
          ],
          advice: ['list the wanted ones with In'],
          affected: [],
          ...(narrower || usual ? { severity: always('info') } : {}),
        };
      } else if (isNegative(pods)) {
        yield {
          key: `${key} pods`,
          at: `${peer.origin}.podSelector`,
          happens: [`${pods.text} matches every pod without the label too`],
          advice: ['list the wanted ones with In'],
          affected: [],
          severity: always('info'),
        };
      }
    }
  },
};

function isNegative({ requirements }: Selector): boolean {
  const positive = requirements.some(({ operator }) => operator === 'In' || operator === 'Exists');
  return requirements.length > 0 && !positive;
}

function todayIn(world: World, selector: Selector): string {
  const count = world.lookups.namespaceCount(selector);
  return count === 1 ? '1 namespace' : `${count} namespaces`;
}
