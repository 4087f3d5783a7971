// A process with the least that can answer an AdmissionReview over TLS: Fastify with netsluice's own socket settings,
// a parsed body and the uid back. What netsluice takes longer is its own.
import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';
import { listenerOptions } from '../../dist/webhook/listener.js';

const { cert, key, clientCa } = JSON.parse(process.argv[2] ?? '{}');
const read = (file) => readFileSync(file, 'utf8');
const app = fastify(
  listenerOptions({
    pair: { cert: read(cert), key: read(key) },
    minVersion: 'TLSv1.3',
    clientAuth: { ca: read(clientCa), names: [] },
    ownPorts: new Set(),
  }),
);
app.post('/validate', async (request) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: request.body.request.uid, allowed: true },
}));
await app.listen({ host: '127.0.0.1', port: 0 });
process.on('disconnect', () => process.exit(0));
process.send?.({ done: 'listen', port: app.server.address().port });
