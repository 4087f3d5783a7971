// What a webhook needs to be started beside a stand-in for the API server: certificates, settings, and how to reach it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeThrowawayAuthority } from '../dist/cli/throwaway-certificate.js';

const local = { commonName: 'localhost', dns: ['localhost'], ip: ['127.0.0.1'] };

function writer(folder) {
  return (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
}

/** Files of the account of a pod, and the pair of the API server that it believes. @param {string} folder */
export async function authorityFiles(folder) {
  const authority = await makeThrowawayAuthority('cluster of the bench');
  const pair = await authority.issue({ ...local, commonName: 'kube-apiserver' });
  const write = writer(folder);
  write('token', 'of-the-bench');
  return {
    ca: write('ca.crt', authority.cert),
    cert: write('api.crt', pair.cert),
    key: write('api.key', pair.key),
  };
}

/** Writes the files into a folder and says where they are. @param {string} folder @param {string} server the API */
export async function servingFiles(folder, server, { ca }) {
  const authority = await makeThrowawayAuthority('netsluice bench');
  const pair = await authority.issue(local);
  const write = writer(folder);
  return {
    cert: write('tls.crt', pair.cert),
    key: write('tls.key', pair.key),
    settings: write('settings.yaml', 'platform: { profile: generic }\n'),
    kubeconfig: write(
      'kubeconfig',
      JSON.stringify({
        clusters: [{ name: 'bench', cluster: { server, 'certificate-authority': ca } }],
        contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
        users: [{ name: 'bench', user: { token: 'of-the-bench' } }],
        'current-context': 'bench',
      }),
    ),
  };
}
