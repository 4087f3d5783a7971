import { mayReach } from '../impact/api-server.ts';
import type { Need } from '../model/finding.ts';
import type { CallbackRecord } from '../model/objects.ts';
import type { Callback } from '../platform/callbacks.ts';
import { isEmpty, noPorts, portText, unionPorts } from '../sets/port-set.ts';
import type { World } from '../world/world.ts';
import { type Harm, isolatedUnits, newlyHarmed, placeOfIsolation, podsOf, sidesIn } from './isolated-pods.ts';
import { kindOfPods, podsDo } from './phrases.ts';
import { objectThat } from './related.ts';
import { always, type Draft, type PolicyInput, type PolicyRule } from './rule.ts';

/** Beside these a finding needs the kind of its own callback; that another kind is denied does not weaken it. */
const callbackNeeds: readonly Need[] = ['Pod', 'Namespace', 'NetworkPolicy', 'Service'];

/**
 * R17. The API server calls these pods itself, as an admission or conversion webhook or as an aggregated API, and no
 * clause admits it on the port where they listen. With `failurePolicy: Fail` nobody can write the objects concerned.
 *
 * The API server is a process of a node or runs outside the cluster: no selector matches it. A clause without peers
 * admits it and an ipBlock may; so may selectors that match konnectivity agents. Others are certain not to.
 */
export const controlPlaneCallbackBlocked: PolicyRule = {
  id: 'control-plane-callback-blocked',
  number: 'R17',
  title: 'The API server cannot call these pods',
  judges: 'policy',
  severity: always('error'),
  confidence: 'certain',
  cure: 'policy',
  needs: callbackNeeds,
  restsOnVerdicts: true,
  cost: 'namespace',
  page: {
    why: `
      The API server itself opens connections to admission webhooks, conversion webhooks and aggregated
      APIs. It is a process of a node, or runs outside the cluster: no pod selector and no namespace
      selector matches it. A default-deny in the namespace of a webhook therefore cuts it off, and with
      \`failurePolicy: Fail\` nobody can write the objects concerned any more, perhaps not even the
      policy that would mend it.`,
    fix: `
      Add a clause with the port on which the pods listen (the target port, not the Service's) and
      without \`from\`. An \`ipBlock\` with the addresses of the API server does too, as long as they do
      not change.`,
    fine: `
      Silent where a clause without peers, any \`ipBlock\`, or konnectivity agents, which hosted control
      planes use, are admitted on the port. Other selectors are certain not to admit the API server.`,
    platforms: 'The address from which the API server calls differs between distributions and clouds.',
  },
  *check(input: PolicyInput): Iterable<Draft> {
    for (const [key, callbacks] of byService(input.facts.callbacks(input.policy.ref.namespace))) {
      const callback = callbacks.find(({ target }) => target.failurePolicy === 'Fail') ?? callbacks[0];
      const harmIn = (world: World): Harm => harmOf(world, callback);
      const harmed = newlyHarmed(input, isolatedUnits(input, 'ingress', callback.units), harmIn);
      if (harmed.length === 0) continue;
      const { kind, target } = callback;
      const ports = harmed.reduce(
        (sum, { id }) => unionPorts(sum, callback.ports.get(id) ?? noPorts),
        noPorts,
      );
      const more = callbacks.length > 1 ? ` and ${callbacks.length - 1} more` : '';
      yield {
        key,
        at: placeOfIsolation(input.policy, 'ingress'),
        happens: [
          `${podsDo(harmed, kindOfPods(input), lose)} the API server's calls to ${nouns[kind]} ${target.name}${more}`,
          ` until another policy allows ${portText(ports)} from anywhere`,
        ],
        advice: [],
        affected: podsOf(harmed),
        related: [
          objectThat(kind, { namespace: null, name: callback.record }, 'makes the API server call them'),
          objectThat('Service', target.service, `leads port ${target.service.port} to them`),
        ],
        needs: [...callbackNeeds, kind],
      };
    }
  },
};

const lose = { one: 'loses', many: 'lose', invented: 'will lose' };

/** What the API server calls by the same kind of configuration at one port of one Service: cut off all at once. */
function byService(callbacks: readonly Callback[]): Map<string, [Callback, ...Callback[]]> {
  const found = new Map<string, [Callback, ...Callback[]]>();
  for (const callback of callbacks) {
    const { name, port } = callback.target.service;
    const key = `${callback.kind}/${name}:${port}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [callback]);
    // An object may say the same twice.
    else if (!known.some(({ target }) => target.name === callback.target.name)) known.push(callback);
  }
  return found;
}

const nouns: Readonly<Record<CallbackRecord['kind'], string>> = {
  ValidatingWebhookConfiguration: 'webhook',
  MutatingWebhookConfiguration: 'webhook',
  APIService: 'API',
  CustomResourceDefinition: 'conversion webhook of',
};

function harmOf(world: World, { ports }: Callback): Harm {
  const sideFor = sidesIn(world, 'ingress');
  return (unit) => {
    const called = ports.get(unit.id) ?? noPorts;
    return !isEmpty(called) && !mayReach(world, sideFor(unit), unit, called);
  };
}
