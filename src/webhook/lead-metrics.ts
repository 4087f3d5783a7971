import { Gauge, type Registry } from 'prom-client';

/** What only exists in a cluster; a series is not there before its value is known. */
export interface LeadMetrics {
  readonly watchLead: (leading: () => boolean) => void;
  readonly configurationPresent: (present: boolean) => void;
}

/** Adds them to the registry of the other metrics. */
export function makeLeadMetrics(registry: Registry): LeadMetrics {
  let present: Gauge | null = null;
  return {
    watchLead: (leading) => {
      new Gauge({
        name: 'netsluice_leader',
        help: '1 in the replica that leads: it alone keeps the certificate and writes what the scan finds.',
        registers: [registry],
        collect() {
          this.set(leading() ? 1 : 0);
        },
      });
    },
    configurationPresent: (value) => {
      present ??= new Gauge({
        name: 'netsluice_webhook_configuration_present',
        help: '1 while the webhook configuration exists; without it the API server asks nobody.',
        registers: [registry],
      });
      present.set(value ? 1 : 0);
    },
  };
}
