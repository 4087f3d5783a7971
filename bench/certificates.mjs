// What a webhook needs to be started beside a stand-in for the API server: certificates, settings, a kubeconfig.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThrowawayAuthority } from '../dist/cli/throwaway-certificate.js';

/** Writes the files into a folder and says where they are. @param {string} folder @param {number} port of the API */
export async function servingFiles(folder, port) {
  const authority = await makeThrowawayAuthority('netsluice bench');
  const server = await authority.issue({ commonName: 'localhost', dns: ['localhost'], ip: ['127.0.0.1'] });
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return {
    cert: write('tls.crt', server.cert),
    key: write('tls.key', server.key),
    settings: write('settings.yaml', 'platform: { profile: generic }\n'),
    kubeconfig: write(
      'kubeconfig',
      JSON.stringify({
        clusters: [{ name: 'bench', cluster: { server: `http://127.0.0.1:${port}` } }],
        contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
        users: [{ name: 'bench', user: {} }],
        'current-context': 'bench',
      }),
    ),
  };
}
