import { portsOf } from '../impact/side.ts';
import type { Need, Related } from '../model/finding.ts';
import type { Scrape } from '../platform/scrapes.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, noPorts, portText, unionPorts } from '../sets/port-set.ts';
import type { World } from '../world/world.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { unitsOf } from './pod-peers.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

const verdictNeeds: readonly Need[] = ['Pod', 'Namespace', 'NetworkPolicy'];

/**
 * R35. Pods that a ServiceMonitor, a PodMonitor or their annotations ask Prometheus to scrape become isolated for
 * ingress, and no clause admits Prometheus on the port that it scrapes. Dashboards go empty and alerts fall silent.
 */
export const monitoringCutOff: PolicyRule = {
  id: 'monitoring-cut-off',
  number: 'R35',
  title: 'Prometheus cannot scrape these pods',
  judges: 'policy',
  severity: always('warning'),
  confidence: 'likely',
  cure: 'policy',
  needs: verdictNeeds,
  restsOnVerdicts: true,
  page: {
    why: 'A policy that admits the clients of an application is easy to write and forgets Prometheus, which calls another port from another namespace. Nothing fails at once; the metrics stop, and with them the alerts that rest on them. `kubectl port-forward` enters through the node and so hides the gap from whoever checks.',
    fix: 'Admit the pods of Prometheus on the port of the metrics, from their namespace.',
    fine: 'The rule is silent where no pods of Prometheus (or of an agent in its place) are found, or where they share the network of their node: then nobody knows from where they call. One of several scrapers that is admitted is enough.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { facts, policy, world } = input;
    const isolated = isolatedUnits(input, 'ingress');
    const scrapers = isolated.length === 0 ? new BitSet() : facts.scrapers();
    if (scrapers.isEmpty()) return;
    const found = facts.scrapes(policy.ref.namespace).flatMap((scrape) => {
      const scraped = isolated.filter(({ id }) => scrape.ports.has(id));
      const harmed = newlyHarmed(input, scraped, (at) => harmOf(at, scrape, scrapers));
      return harmed.length === 0 ? [] : [{ scrape, harmed }];
    });
    const [first] = found;
    const [scraper] = unitsOf(world, scrapers);
    if (first === undefined || scraper === undefined) return;
    const units = [...new Set(found.flatMap(({ harmed }) => harmed))];
    const ports = found.reduce(
      (sum, { scrape, harmed }) =>
        harmed.reduce((more, { id }) => unionPorts(more, scrape.ports.get(id) ?? noPorts), sum),
      noPorts,
    );
    const { namespace, workload } = scraper;
    yield {
      key: '',
      at: placeOfIsolation(policy, 'ingress'),
      happens: [
        `Prometheus cannot scrape what ${podsDo(units, kindOfPods(input), verb)}`,
        ` until another policy allows ${portText(ports)} from `,
        { kind: 'workload', namespace, name: workload.name },
      ],
      advice: [],
      affected: podsOf(units),
      needs: needsOf(found.map(({ scrape }) => scrape)),
      related: found.flatMap(({ scrape }) => relatedTo(scrape)).slice(0, 3),
    };
  },
};

const verb = { one: 'offers', many: 'offer', invented: 'will offer' };

function harmOf(world: World, { ports }: Scrape, scrapers: BitSet): Harm {
  const sideFor = sidesIn(world, 'ingress');
  const isolated = world.isolated('ingress');
  return (unit) => {
    const scraped = ports.get(unit.id) ?? noPorts;
    if (isEmpty(scraped) || !isolated.has(unit.id)) return false;
    return !sideFor(unit).entries.some(({ clause, members }) => {
      if (isEmpty(intersectPorts(portsOf(clause, unit.ports).may, scraped))) return false;
      return members === 'any' || members.may.intersects(scrapers);
    });
  };
}

/** Annotations are read from the pods themselves: one such scrape is enough to be sure of. */
function needsOf(scrapes: readonly Scrape[]): readonly Need[] {
  if (scrapes.some(({ by }) => by === 'annotation')) return verdictNeeds;
  const byPods = scrapes.some(({ by }) => by === 'PodMonitor');
  return byPods ? [...verdictNeeds, 'Monitor'] : [...verdictNeeds, 'Monitor', 'Service'];
}

function relatedTo({ by, object }: Scrape): readonly Related[] {
  if (object === null) return [];
  const { namespace, name } = object;
  return [{ object: { kind: by, namespace, name }, at: '', says: 'asks for these pods to be scraped' }];
}
