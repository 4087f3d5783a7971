import { portsOf } from '../impact/side.ts';
import type { Need, Related } from '../model/finding.ts';
import type { Scrape } from '../platform/scrapes.ts';
import { BitSet } from '../sets/bitset.ts';
import { intersectPorts, isEmpty, noPorts, type PortSet, portText, unionPorts } from '../sets/port-set.ts';
import type { Unit } from '../world/unit.ts';
import type { World } from '../world/world.ts';
import { isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
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
  cost: 'peers',
  page: {
    why: 'A policy that admits the clients of an application is easy to write and forgets Prometheus, which calls another port from another namespace. Nothing fails at once; the metrics stop, and with them the alerts that rest on them. `kubectl port-forward` enters through the node and so hides the gap from whoever checks.',
    fix: 'Admit the pods of Prometheus on the port of the metrics, from their namespace.',
    fine: 'The rule is silent where no pods of Prometheus (or of an agent in its place) are found, or where they share the network of their node: then nobody knows from where they call. One of several scrapers that is admitted is enough.',
    platforms: '',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    const { facts, policy, world } = input;
    const isolated = isolatedUnits(input, 'ingress');
    if (isolated.length === 0) return;
    const scrapes = byUnit(facts.scrapes(policy.ref.namespace));
    const scraped = isolated.filter(({ id }) => scrapes.has(id));
    // The scrapers are looked for in the whole cluster, and most pods are not scraped at all.
    const scrapers = scraped.length === 0 ? new BitSet() : facts.scrapers();
    const [scraper] = unitsOf(world, scrapers);
    if (scraper === undefined) return;
    const cutOffIn = (at: World): CutOff => cutOffsIn(at, scrapes, scrapers);
    const harmed = newlyHarmed(input, scraped, (at) => {
      const cutOff = cutOffIn(at);
      return (unit) => cutOff(unit).length > 0;
    });
    if (harmed.length === 0) return;
    const lost = harmed.flatMap(cutOffIn(world));
    const ports = lost.reduce((sum, each) => unionPorts(sum, each.ports), noPorts);
    const kinds = [...new Set(lost.map(({ scrape }) => scrape))];
    const { namespace, workload } = scraper;
    yield {
      key: '',
      at: placeOfIsolation(policy, 'ingress'),
      happens: [
        `Prometheus cannot scrape what ${podsDo(harmed, kindOfPods(input), verb)}`,
        ` until another policy allows ${portText(ports)} from `,
        { kind: 'workload', namespace, name: workload.name },
      ],
      advice: [],
      affected: podsOf(harmed),
      needs: needsOf(kinds),
      related: kinds.flatMap(relatedTo).slice(0, 3),
    };
  },
};

const verb = { one: 'offers', many: 'offer', invented: 'will offer' };

/** A scrape of one unit, and its ports there. */
interface UnitScrape {
  readonly scrape: Scrape;
  readonly ports: PortSet;
}

/** The scrapes of a unit that nobody admits. */
type CutOff = (unit: Unit) => readonly UnitScrape[];

function byUnit(scrapes: readonly Scrape[]): ReadonlyMap<number, readonly UnitScrape[]> {
  const found = new Map<number, UnitScrape[]>();
  for (const scrape of scrapes)
    for (const [id, ports] of scrape.ports) {
      const known = found.get(id);
      if (known === undefined) found.set(id, [{ scrape, ports }]);
      else known.push({ scrape, ports });
    }
  return found;
}

function cutOffsIn(
  world: World,
  scrapes: ReadonlyMap<number, readonly UnitScrape[]>,
  scrapers: BitSet,
): CutOff {
  const sideFor = sidesIn(world, 'ingress');
  return (unit) => {
    const { governing, entries } = sideFor(unit);
    if (!governing.isolated) return [];
    const admitted = entries
      .filter(({ members }) => members === 'any' || members.may.intersects(scrapers))
      .reduce((sum, { clause }) => unionPorts(sum, portsOf(clause, unit.ports).may), noPorts);
    return (scrapes.get(unit.id) ?? []).filter(({ ports }) => isEmpty(intersectPorts(ports, admitted)));
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
