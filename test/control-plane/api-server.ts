import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeAuthority } from './certificates.ts';

/** The API server's own address in the cluster: the first of `--service-cluster-ip-range`. */
const KUBERNETES_SERVICE_IP = '10.96.0.1';
/** The host's address in the bubble; outside it is only a name for the node, nothing listens there. */
export const NODE_ADDRESS = '10.255.255.1';

// What netsluice is asked about: its audit annotations are read from here. And what it asks, so that a right that it
// lacks is seen. RequestReceived would double it.
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
  resources:
  - { group: networking.k8s.io, resources: [networkpolicies] }
  - { group: "", resources: [namespaces] }
  - { group: apps, resources: [deployments, statefulsets, daemonsets] }
- level: Metadata
  userGroups: ["system:serviceaccounts"]
- level: None
`;

/** The files that the control plane's programs share, in one folder. */
export interface ControlPlaneFiles {
  readonly folder: string;
  /** The authority of the API server's certificate, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly serviceAccountKey: string;
}

/** True where every 10.x address is this host, see bubble.mjs. */
export function inBubble(): boolean {
  return process.env['NETSLUICE_BUBBLE'] === 'yes';
}

/** A TCP port of the loopback address that was free a moment ago; or rejects if `wanted` is taken. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Where the API server listens: 443 in the bubble, so that 10.96.0.1:443 answers there as it does in a cluster. */
export async function chooseApiPort(wanted: number | undefined): Promise<number> {
  const port = wanted ?? (inBubble() ? 443 : 0);
  try {
    return await freePort(port);
  } catch (error) {
    throw new Error(
      `port ${port} for kube-apiserver is taken (${error instanceof Error ? error.message : String(error)}): ` +
        'another cluster runs in this bubble; run test files one at a time (jest -i), give each a bubble, or pass apiPort: 0',
    );
  }
}

function kubeconfig(server: string, ca: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      { name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin', namespace: 'default' } }],
  });
}

/** Writes certificates, keys, the admin's kubeconfig and the audit policy into `folder`. */
export async function writeControlPlaneFiles(
  folder: string,
  server: string,
  adminToken: string,
): Promise<ControlPlaneFiles> {
  const authority = await makeAuthority('netsluice test control plane');
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    dns: [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ],
    ip: ['127.0.0.1', KUBERNETES_SERVICE_IP, NODE_ADDRESS],
    days: 30,
  });
  const tokens = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  write('apiserver.crt', serving.cert);
  write('apiserver.key', serving.key);
  write('service-account.pub', tokens.publicKey);
  write('tokens.csv', `${adminToken},admin,admin,"system:masters"\n`);
  write('audit-policy.yaml', AUDIT_POLICY);
  return {
    folder,
    ca: authority.cert,
    caFile: write('ca.crt', authority.cert),
    kubeconfig: write('kubeconfig', kubeconfig(server, authority.cert, adminToken)),
    auditLog: join(folder, 'logs', 'audit.log'),
    serviceAccountKey: write('service-account.key', tokens.privateKey),
  };
}

/** The arguments of kube-apiserver. */
export function apiServerArguments(files: ControlPlaneFiles, etcd: string, port: number): string[] {
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    `--bind-address=${inBubble() ? '0.0.0.0' : '127.0.0.1'}`,
    `--advertise-address=${NODE_ADDRESS}`,
    `--cert-dir=${files.folder}`,
    `--tls-cert-file=${join(files.folder, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(files.folder, 'apiserver.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(files.folder, 'service-account.pub')}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${join(files.folder, 'tokens.csv')}`,
    // Webhooks behind a Service are called straight at the EndpointSlice addresses: no kube-proxy is needed.
    // Ends watches in order at SIGTERM; without it open watches hold a server that already stopped listening.
    '--shutdown-watch-termination-grace-period=2s',
    '--enable-aggregator-routing=true',
    // Where logs of pods are asked for, see kubelet-server.ts; names of nodes mean nothing here.
    '--kubelet-preferred-address-types=InternalIP',
    `--audit-policy-file=${join(files.folder, 'audit-policy.yaml')}`,
    `--audit-log-path=${files.auditLog}`,
  ];
}

/** The arguments of kube-controller-manager. The node controllers would need a kubelet's heartbeats. */
export function controllerManagerArguments(files: ControlPlaneFiles): string[] {
  return [
    `--kubeconfig=${files.kubeconfig}`,
    '--secure-port=0',
    '--leader-elect=false',
    '--use-service-account-credentials=false',
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.caFile}`,
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
    '--controllers=*,-node-lifecycle-controller,-node-ipam-controller,-taint-eviction-controller',
  ];
}
