import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Json, namespace, pod, policy, service, worldWith } from '../support/build.ts';
import { Stage } from './stage.ts';

const places = ['a', 'b', 'kube-system'] as const;
const place = fc.constantFrom(...places);
const app = fc.constantFrom('web', 'db', 'kube-dns');
const labelled = (label: string) => `{matchLabels: {app: ${label}}}`;

const selector = fc.oneof(fc.constant('{}'), app.map(labelled));
const peer = fc.oneof(
  selector.map((pods) => `{podSelector: ${pods}}`),
  fc
    .tuple(fc.constantFrom('{}', '{matchLabels: {team: x}}'), selector)
    .map(([namespaces, pods]) => `{namespaceSelector: ${namespaces}, podSelector: ${pods}}`),
);
const port = fc.constantFrom('{port: 53, protocol: UDP}', '{port: 8080}', '{port: 80}', '{port: http}');
const clause = fc
  .tuple(fc.constantFrom('from', 'to'), peer, port)
  .map(([side, from, ports]) => ({ side, text: `{${side}: [${from}], ports: [${ports}]}` }));
const spec = fc.tuple(selector, fc.option(clause)).map(([subject, given]) => {
  if (given === null) return `{podSelector: ${subject}, policyTypes: [Ingress, Egress]}`;
  const direction = given.side === 'from' ? 'ingress' : 'egress';
  const type = given.side === 'from' ? 'Ingress' : 'Egress';
  return `{podSelector: ${subject}, policyTypes: [${type}], ${direction}: [${given.text}]}`;
});

const number = fc.integer({ min: 0, max: 2 });
const object: fc.Arbitrary<Json> = fc.oneof(
  fc
    .tuple(place, number, app, fc.constantFrom('8080 http', '53/UDP'))
    .map(([where, i, label, ports]) =>
      pod(`${where}/p${i}`, { labels: { app: label, 'k8s-app': label }, ports: [ports] }),
    ),
  fc.tuple(place, number, spec).map(([where, i, text]) => policy(`${where}/n${i}`, text)),
  fc.tuple(place, fc.constantFrom({}, { team: 'x' })).map(([where, labels]) => namespace(where, labels)),
  fc
    .tuple(place, fc.constantFrom('hook', 'kube-dns'), app)
    .map(([where, name, label]) =>
      service(`${where}/${name}`, { app: label }, ['80->8080/TCP', '53->53/UDP']),
    ),
  fc.tuple(place, number).map(([where, i]) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: `w${i}` },
    webhooks: [
      {
        name: `w${i}.example.com`,
        failurePolicy: 'Fail',
        clientConfig: { service: { namespace: where, name: 'hook', port: 80 } },
      },
    ],
  })),
);
const step = fc.record({ object, action: fc.constantFrom('put', 'put', 'remove') });

test('a scan that follows events knows what one that looks at everything anew finds', () => {
  fc.assert(
    fc.property(
      fc.array(object, { maxLength: 12 }),
      fc.array(step, { minLength: 1, maxLength: 6 }),
      (first, steps) => {
        const objects = [...places.map((name) => namespace(name)), ...first];
        const stage = new Stage(worldWith(objects));
        stage.pass(0);
        for (const { object: given, action } of steps) {
          if (action === 'put') stage.put(given);
          else stage.remove(given);
          stage.pass(7);
        }
        // "A touched namespace is re-reviewed within 60 s"; what needs patience is told a quarter of an hour later.
        stage.pass(60);
        stage.now += 15 * 60_000;
        stage.pass(0);
        const anew = new Stage(stage.world);
        anew.pass(0);
        expect(stage.standing()).toEqual(anew.standing());
      },
    ),
    { numRuns: 150 },
  );
});
