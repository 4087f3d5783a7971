// A process with the least that can be a webhook of an API server: Fastify with netsluice's own socket settings, a parsed
// body and the uid back. What netsluice takes longer is its own. It tells its port, and when asked how often it was called.
import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';
import { listenerOptions } from '../../dist/webhook/listener.js';

const { cert, key } = JSON.parse(process.argv[2] ?? '{}');
const app = fastify(
  listenerOptions({
    pair: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') },
    minVersion: 'TLSv1.3',
    clientAuth: null,
    ownPorts: new Set(),
  }),
);
let count = 0;
app.post('/validate', async (request) => {
  count += 1;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.body.request.uid, allowed: true },
  };
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.on('disconnect', () => process.exit(0));
process.on('message', () => process.send?.({ done: 'count', count }));
process.send?.({ done: 'listen', port: app.server.address().port });
