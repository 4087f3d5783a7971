// A real control plane with the example shop in it and netsluice in front of it, and a shell to try kubectl in.
// `npm run cluster` starts it in a bubble. Without a terminal it tries one change itself and ends.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

register('./typescript-hook.mjs', import.meta.url);
const { startCluster } = await import('./cluster.ts');
const { installNetsluice } = await import('../e2e/netsluice.ts');

const SHOP = 'examples/shop';
const REJECTED = 'examples/changes/02-mailer-egress.yaml';
const WARNED = 'examples/changes/01-checkout-egress.yaml';
const SETTINGS = 'examples/settings.yaml';

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`);

/** The shop's objects; its pods are put on the one node here, because nothing in this cluster schedules. */
function shopObjects() {
  const files = readdirSync(SHOP).filter((name) => name.endsWith('.yaml'));
  const objects = files
    .flatMap((name) => parseAllDocuments(readFileSync(join(SHOP, name), 'utf8')))
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  for (const { kind, spec } of objects) {
    const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template;
    if (template?.spec !== undefined) template.spec.nodeName = 'node-1';
  }
  // Namespaces first, policies last: what stands there already is not what is tried.
  const rank = ({ kind }) => ['Namespace', 'NetworkPolicy'].indexOf(kind);
  const order = (object) => (rank(object) === 0 ? 0 : rank(object) + 2);
  return objects.sort((a, b) => order(a) - order(b));
}

async function applyShop(cluster) {
  const stdin = shopObjects()
    .map((object) => JSON.stringify(object))
    .join('\n---\n');
  // kube-system is there already, so the server merges; kubectl would warn of it.
  const args = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
  const { code, stderr } = await cluster.kubectl(args, { stdin });
  if (code !== 0) throw new Error(`the example shop was not taken:\n${stderr}`);
  await cluster.waitFor(async () => {
    const { items } = await cluster.json('GET', '/api/v1/pods');
    return items.length > 0 && items.every(({ status }) => status.phase !== 'Pending');
  }, 'the pods of the shop to run');
}

async function startAll() {
  say('starting etcd, kube-apiserver, kube-controller-manager and kwok ...');
  const cluster = await startCluster();
  let netsluice;
  try {
    say('applying the example shop ...');
    await applyShop(cluster);
    say('starting two netsluice pods ...');
    netsluice = await installNetsluice(cluster, 2, readFileSync(SETTINGS, 'utf8'));
    await netsluice.register('Fail');
    await netsluice.caughtUp();
    await cluster.waitFor(async () => {
      const { stderr } = await cluster.kubectl(['apply', '--dry-run=server', '-f', REJECTED]);
      if (stderr.includes('denied the request')) return true;
      throw new Error(`kubectl says: ${stderr}`);
    }, 'the API server to ask netsluice');
    return { cluster, netsluice };
  } catch (error) {
    await netsluice?.stop();
    await cluster.stop();
    throw error;
  }
}

/** Runs a shell in which kubectl means this cluster; resolves when it ends. */
function shell({ kubeconfig, binaries }) {
  say(`
A real API server asks netsluice now. KUBECONFIG and PATH are set. Try:

  kubectl apply -f ${REJECTED}
  kubectl apply -f ${WARNED}
  kubectl delete networkpolicy --all -n payments --dry-run=server

and any policy of your own. Leave with exit; everything is stopped then.
`);
  const path = `${dirname(binaries.kubectl)}${delimiter}${process.env.PATH ?? ''}`;
  const env = { ...process.env, KUBECONFIG: kubeconfig, PATH: path, PS1: 'netsluice$ ' };
  // Ctrl-C belongs to what runs in the shell.
  process.on('SIGINT', () => undefined);
  const child = spawn('bash', ['--norc', '--noprofile', '-i'], { stdio: 'inherit', env });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
}

/** One change tried without a person, so that a script can test that all of this works. */
async function smoke(cluster) {
  const { code, stdout, stderr } = await cluster.kubectl(['apply', '-f', REJECTED]);
  process.stdout.write(`$ kubectl apply -f ${REJECTED}\n${stdout}${stderr}`);
  if (code === 0 || !stderr.includes('admission webhook "validate.netsluice.dev" denied the request')) {
    throw new Error(`${REJECTED} should have been rejected`);
  }
  say('no terminal, so this was all; it works');
}

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..', '..'));
try {
  const { cluster, netsluice } = await startAll();
  try {
    await (process.stdin.isTTY && process.stdout.isTTY ? shell(cluster) : smoke(cluster));
  } finally {
    say('stopping ...');
    await netsluice.stop();
    await cluster.stop();
  }
} catch (error) {
  say(`netsluice: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
