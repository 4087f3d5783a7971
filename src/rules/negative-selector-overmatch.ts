import { matches, type Selector } from '../model/selector.ts';
import type { World } from '../world/world.ts';
import { podPeersOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/**
 * R38. A peer is selected by what it lacks (`NotIn`, `DoesNotExist`). That matches everything without the label too:
 * namespaces that are yet to come, sandboxes, kube-system.
 *
 * Fine as "every namespace but my own", which is idiomatic, and for pods of one namespace: it stays an info then. A peer
 * that also asks for a pod label is narrower and an info as well.
 *
 * Fix: list what is meant with `In`. On Cilium such selectors have matched the world outside too.
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
  let count = 0;
  for (const { labels } of world.namespaces()) if (matches(selector, labels)) count += 1;
  return count === 1 ? '1 namespace' : `${count} namespaces`;
}
