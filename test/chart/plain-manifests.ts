import { templateText } from './helm.ts';

/** Which file of deploy/manifests holds what a template renders; in the order in which they can be applied. */
const files: ReadonlyMap<string, string> = new Map([
  ['service-account.yaml', '10-service-account.yaml'],
  ['rbac.yaml', '20-rbac.yaml'],
  ['settings.yaml', '30-settings.yaml'],
  ['certificate.yaml', '40-certificate.yaml'],
  ['lease.yaml', '41-lease.yaml'],
  ['service.yaml', '50-service.yaml'],
  ['network-policy.yaml', '60-network-policy.yaml'],
  ['pod-disruption-budget.yaml', '70-pod-disruption-budget.yaml'],
  ['deployment.yaml', '80-deployment.yaml'],
  ['webhook-configuration.yaml', '90-webhook-configuration.yaml'],
]);

const head = '# Rendered from charts/netsluice with its default values; change the chart instead.\n';

const namespace = `${head}apiVersion: v1
kind: Namespace
metadata:
  name: netsluice-system
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;

/** The text of every file below deploy/, by its path there. */
export async function plainManifests(): Promise<ReadonlyMap<string, string>> {
  const parts = new Map<string, string[]>();
  const text = await templateText({}, ['--skip-tests']);
  for (const document of text.split(/^---\n/m)) {
    const [, template, body] = /^# Source: netsluice\/templates\/(\S+)\n([\s\S]*)$/.exec(document) ?? [];
    if (template === undefined || body === undefined) continue;
    const file = files.get(template);
    if (file === undefined) throw new Error(`${template} has no file in deploy/manifests`);
    parts.set(file, [...(parts.get(file) ?? []), withoutHelm(body)]);
  }
  const manifests = [...parts].map(([file, bodies]): [string, string] => [
    `manifests/${file}`,
    head + bodies.join('---\n'),
  ]);
  const all = new Map<string, string>([['manifests/00-namespace.yaml', namespace], ...manifests]);
  const paths = [...all.keys()].sort();
  return all.set('kustomization.yaml', kustomization(paths));
}

/** Nothing in the cluster must believe that Helm looks after these objects. */
function withoutHelm(body: string): string {
  const lines = body
    .split('\n')
    .filter((line) => !/^ +(helm\.sh\/chart|app\.kubernetes\.io\/managed-by):/.test(line));
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Names and namespaces stand in selectors and certificates too, which Kustomize does not change: use the chart for others. */
function kustomization(paths: readonly string[]): string {
  const resources = paths.map((path) => `  - ${path}\n`).join('');
  const images =
    'images:\n  # Name the registry that holds the image here.\n  - name: netsluice\n    newName: netsluice\n';
  return `${head}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${resources}${images}`;
}
