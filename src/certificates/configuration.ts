import { type Fields, fieldsOf } from '../cluster/fields.ts';

/** Where a ValidatingWebhookConfiguration lies in the API. */
export function configurationPath(name: string): string {
  return `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`;
}

/** The `caBundle` of each entry, PEM; empty where an entry has none. */
export function bundlesIn(configuration: unknown): readonly string[] {
  return entriesOf(configuration).map((entry) => {
    const bundle = fieldsOf(entry['clientConfig'])['caBundle'];
    return typeof bundle === 'string' ? Buffer.from(bundle, 'base64').toString('utf8') : '';
  });
}

/** The same configuration with this bundle in every entry and nothing else changed. */
export function configurationWith(configuration: unknown, bundle: string): unknown {
  const caBundle = Buffer.from(bundle).toString('base64');
  return {
    ...fieldsOf(configuration),
    webhooks: entriesOf(configuration).map((entry) => ({
      ...entry,
      clientConfig: { ...fieldsOf(entry['clientConfig']), caBundle },
    })),
  };
}

function entriesOf(configuration: unknown): readonly Fields[] {
  const webhooks = fieldsOf(configuration)['webhooks'];
  return Array.isArray(webhooks) ? webhooks.map(fieldsOf) : [];
}
